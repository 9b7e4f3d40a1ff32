// Suggests whom to mention while "@al" is written. The focus stays in the text.

import { fill, h } from "../core/dom.js";
import { avatar, displayName } from "../ui/avatar.js";

const UNDER_WAY = /(?:^|[\s(])@([\w.+-]*)$/;
const MOST = 6;

export class MentionPicker {
  #people = [];
  #chosen = 0;
  #start = "";
  #asked = 0;

  /** `candidates()` resolves with the people who may be meant; `onpick()` hears that the text has changed. */
  constructor(area, { candidates, onpick }) {
    Object.assign(this, { area, candidates, onpick });
    this.element = h("ul.mentions", { id: "mentions", role: "listbox", "aria-label": "People to mention", hidden: true });
    area.setAttribute("aria-autocomplete", "list");
    area.setAttribute("aria-controls", "mentions");
  }

  async update() {
    const asked = ++this.#asked;
    const start = UNDER_WAY.exec(this.area.value.slice(0, this.area.selectionStart))?.[1];
    if (start === undefined) return this.close();
    const people = await this.candidates();
    if (asked !== this.#asked) return;
    this.#people = people.filter((person) => isMeant(person, start.toLowerCase())).slice(0, MOST);
    // A name that is complete needs no choice, and Enter sends.
    if (!this.#people.length || this.#people[0].username === start) return this.close();
    this.#start = start;
    this.#choose(0);
  }

  close() {
    this.#asked += 1;
    this.element.hidden = true;
    this.area.removeAttribute("aria-activedescendant");
  }

  /** Whether the key was for the list. */
  takes(event) {
    if (this.element.hidden) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) this.#choose((this.#chosen + step + this.#people.length) % this.#people.length);
    else if (event.key === "Enter" || event.key === "Tab") this.#pick(this.#people[this.#chosen]);
    else if (event.key === "Escape") this.close();
    else return false;
    event.preventDefault();
    return true;
  }

  #choose(index) {
    this.#chosen = index;
    fill(this.element, this.#people.map((person, place) => this.#line(person, place)));
    this.element.hidden = false;
    this.area.setAttribute("aria-activedescendant", `mention-${index}`);
  }

  #line(person, place) {
    return h("li.menu-item", {
      id: `mention-${place}`, role: "option", "aria-selected": String(place === this.#chosen),
      onpointerdown: (event) => (event.preventDefault(), this.#pick(person)),
    }, avatar(person, { size: "tiny", dot: true }), h("span", {}, displayName(person)), h("small.muted", {}, `@${person.username}`));
  }

  #pick({ username }) {
    const caret = this.area.selectionStart;
    this.area.setRangeText(`${username} `, caret - this.#start.length, caret, "end");
    this.close();
    this.onpick();
  }
}

function isMeant(person, start) {
  return [person.username, ...displayName(person).split(/\s+/)].some((name) => name.toLowerCase().startsWith(start));
}
