// A line of the side panel: what a field is called, its value, and for those who may change it a menu that opens there. It is kept
// and shows what the ticket has become: whoever presses the button, or has the menu open, goes on with that.

import { fill, h } from "../core/dom.js";
import { icon } from "../core/icons.js";
import { menu } from "../ui/popover.js";

export class Field {
  #menu = null;

  /** `items()` are those of the menu, after what `prepare()` waits for. */
  constructor(name, items, prepare = null) {
    Object.assign(this, { name, items, prepare });
    this.value = h("span.field-value");
    this.button = h("button.field-button", { type: "button", "aria-haspopup": "menu", onclick: () => void this.#open() });
    this.element = h("div.field-row");
  }

  show(text, { changeable, data = {}, before = null }) {
    Object.assign(this.value.dataset, data);
    fill(this.value, before, h("span", {}, text));
    this.button.setAttribute("aria-label", `${this.name}: ${text}`);
    if (changeable !== this.changeable) this.#allow(changeable);
    if (changeable) this.#menu?.show(this.items());
    else this.#menu?.close();
  }

  #allow(changeable) {
    this.changeable = changeable;
    if (changeable) fill(this.button, this.value, icon("chevron"));
    fill(this.element, h("span.field-name", {}, this.name), changeable ? this.button : this.value);
  }

  async #open() {
    await this.prepare?.();
    this.#menu = menu(this.button, this.items(), { label: this.name, align: "end" });
  }
}
