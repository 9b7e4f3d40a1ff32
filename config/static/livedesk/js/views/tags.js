// The tags of a ticket, in the side panel. What somebody is about to add stays while the ticket changes.

import { h, KeyedList } from "../core/dom.js";
import { icon } from "../core/icons.js";

export class TagsField {
  #names = [];

  /** `change(names)` stores other ones, and returns whether that was possible. */
  constructor(change) {
    this.change = change;
    this.input = h("input.tag-input", { placeholder: "Add tag", "aria-label": "Add tag", maxlength: "60", onkeydown: ({ key }) => key === "Enter" && void this.#add() });
    const tags = h("div.tags", {}, this.input);
    this.list = new KeyedList(tags, { key: (name) => name, create: (name) => this.#tag(name), update: () => undefined });
    this.element = h("div.field-row.tags-row", {}, h("span.field-name", {}, "Tags"), tags);
  }

  show(names, { changeable }) {
    this.#names = names;
    this.element.hidden = !changeable && !names.length;
    this.input.hidden = !changeable;
    this.element.classList.toggle("is-fixed", !changeable);
    this.list.render(names);
  }

  async #add() {
    const name = this.input.value.trim();
    if (!name || this.#names.includes(name)) return;
    if (await this.change([...this.#names, name]) && this.input.value.trim() === name) this.input.value = "";
  }

  #tag(name) {
    const remove = async () => {
      await this.change(this.#names.filter((other) => other !== name));
      if (document.activeElement === document.body) this.input.focus();
    };
    return h("span.tag", {}, h("span", {}, name), h("button", { type: "button", "aria-label": `Remove tag ${name}`, onclick: remove }, icon("close")));
  }
}
