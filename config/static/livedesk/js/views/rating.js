// "How did we do?", for the requester of a solved ticket.

import { h, setText } from "../core/dom.js";
import { icon } from "../core/icons.js";
import { api } from "../data/api.js";
import { session } from "../data/session.js";
import { tellError } from "../ui/snackbar.js";

const SCORES = [1, 2, 3, 4, 5];

export class RatingBox {
  #asked = false;
  #score = 0;

  constructor(conversation) {
    this.path = `tickets/${conversation.id}/rating/`;
    this.conversation = conversation;
    this.title = h("h2");
    this.stars = SCORES.map((score) => h("button.star", { type: "button", "aria-label": `${score} of 5`, onclick: () => this.#rate({ score }) }, icon("star")));
    this.comment = h("textarea.input", { rows: "2", placeholder: "Anything to add?", "aria-label": "Comment", maxlength: "2000" });
    this.more = h("div.rating-more", { hidden: true }, this.comment,
      h("button.button.small", { type: "button", onclick: () => this.#rate({ score: this.#score, comment: this.comment.value.trim() }) }, "Send"));
    this.element = h("section.rating", { hidden: true, "aria-label": "Rating" }, this.title, h("div.stars", { role: "group", "aria-label": "Rating" }, this.stars), this.more);
  }

  update() {
    const { ticket } = this.conversation;
    this.element.hidden = ticket.requester?.id !== session.user.id || !["resolved", "closed"].includes(ticket.status);
    if (this.element.hidden) return;
    this.#show();
    if (!this.#asked) void this.#load();
  }

  async #load() {
    this.#asked = true;
    const given = await api.get(this.path).catch(() => null);
    if (!given) return;
    this.#score = given.score;
    this.comment.value = given.comment;
    this.#show();
  }

  async #rate(given) {
    try {
      await api.put(this.path, given);
      this.#score = given.score;
      this.more.hidden = given.comment !== undefined;
      this.#show();
    } catch (error) {
      tellError(error);
    }
  }

  #show() {
    setText(this.title, this.#score ? "Thank you!" : "How did we do?");
    this.stars.forEach((star, index) => {
      star.classList.toggle("is-on", index < this.#score);
      star.setAttribute("aria-pressed", String(index + 1 === this.#score));
    });
  }
}
