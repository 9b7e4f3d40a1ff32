// One ticket: its head, the thread, the composer, and the side panel.

import { fill, h, Scope, setText } from "../core/dom.js";
import { icon } from "../core/icons.js";
import { bind } from "../core/shortcuts.js";
import { Conversation } from "../data/conversation.js";
import { notifications } from "../data/notifications.js";
import { session } from "../data/session.js";
import { avatar, displayName } from "../ui/avatar.js";
import { tellUnloaded } from "../ui/snackbar.js";
import { Composer } from "./composer.js";
import { DetailsPanel } from "./details.js";
import { RatingBox } from "./rating.js";
import { Thread } from "./thread.js";
import { setPriority, setStatus } from "./tickets.js";

export class TicketView {
  #scope = new Scope();

  constructor(id) {
    this.id = id;
    this.conversation = new Conversation(id);
    this.element = h("article.ticket", { "aria-busy": "true" }, h("div.empty", {}, h("span.spinner"), h("p.visually-hidden", {}, "Loading")));
  }

  start() {
    this.#scope.add(this.conversation.subscribe((what, data) => this.#changed(what, data)), () => this.conversation.close());
    void this.conversation.open();
  }

  end() {
    this.#scope.end();
    this.call?.end();
  }

  #changed(what, data) {
    if (what === "all") return this.#build();
    if (!this.thread) return;
    if (what === "ticket" || what === "viewers") this.#showHead();
    if (what === "signal") void this.#signal(data);
  }

  #build() {
    this.element.removeAttribute("aria-busy");
    const { state } = this.conversation;
    if (state !== "ready") return this.#showGone(state);
    if (this.thread) return this.thread.render();
    this.thread = new Thread(this.conversation);
    this.composer = new Composer(this.conversation);
    this.details = new DetailsPanel(this.conversation);
    this.rating = new RatingBox(this.conversation);
    this.thread.onReply = (message) => this.composer.quote(message);
    this.thread.onEdit = ({ data, note }) => this.composer.take(data.content, { note });
    this.composer.onSent = () => this.thread.toEnd();
    for (const part of [this.thread, this.composer, this.details]) {
      part.start();
      this.#scope.add(() => part.end());
    }
    this.merged = h("p.merged", { hidden: true }, icon("archive"), h("span", {}, "The conversation goes on in another ticket."), h("a.button.small", {}, "Go there"));
    this.aside = h("aside.side", { "aria-label": "Details" }, this.details.element);
    fill(this.element, h("div.ticket-main", {}, this.#head(), this.thread.element, this.rating.element, this.merged, this.composer.element), this.aside);
    this.#showHead();
    this.#bindKeys();
    void notifications.readTicket(this.id);
  }

  #head() {
    this.title = h("h1.ticket-title", { tabindex: "-1" });
    this.number = h("span.muted");
    this.status = h("span.status");
    this.priority = h("span.priority");
    this.viewers = h("span.viewers");
    const call = h("button.icon-button", { type: "button", "aria-label": "Start a call", onclick: () => this.#startCall() }, icon("phone"));
    const more = this.conversation.isAgent && h("button.icon-button", { type: "button", "aria-label": "More actions", "aria-haspopup": "menu", onclick: () => void this.#showActions(more) }, icon("more"));
    const toggle = h("button.icon-button.side-toggle", {
      type: "button", "aria-label": "Details", "aria-expanded": "false",
      onclick: () => toggle.setAttribute("aria-expanded", String(this.element.classList.toggle("side-open"))),
    }, icon("info"));
    return h("header.ticket-head", {},
      h("a.icon-button.back", { href: "/", "aria-label": "Back to the list" }, icon("arrowLeft")),
      h("div.ticket-name", {}, this.title, h("p.ticket-meta", {}, this.number, this.status, this.priority)),
      this.viewers, call, more, toggle);
  }

  #showHead() {
    const { ticket, viewers } = this.conversation;
    setText(this.title, ticket.subject);
    setText(this.number, `#${ticket.number} · ${displayName(ticket.requester)}`);
    setStatus(this.status, ticket.status);
    setPriority(this.priority, ticket.priority);
    this.rating.update();
    this.merged.hidden = !ticket.merged_into;
    this.composer.element.hidden = Boolean(ticket.merged_into);
    if (ticket.merged_into) this.merged.lastChild.href = `/tickets/${ticket.merged_into}`;
    const names = viewers.map(displayName).join(", ");
    fill(this.viewers, viewers.slice(0, 4).map((viewer) => avatar(viewer, { size: "small" })));
    this.viewers.title = names ? `Also here: ${names}` : "";
    this.viewers.setAttribute("aria-label", this.viewers.title);
    this.viewers.setAttribute("role", "img");
    this.viewers.hidden = !names;
  }

  #bindKeys() {
    const inTicket = { group: "Ticket" };
    this.#scope.add(bind("r", "Write a reply", () => this.composer.focus(false), inTicket));
    if (!this.conversation.isAgent) return;
    this.#scope.add(
      bind("n", "Write a note", () => this.composer.focus(true), inTicket),
      bind("a", "Assign to me", () => this.details.assign(session.user.id), inTicket),
      bind("e", "Mark as solved", () => this.details.move("resolved"), inTicket),
    );
  }

  async #showActions(anchor) {
    const part = await import("./ticket-actions.js").catch(tellUnloaded);
    part?.ticketMenu(anchor, this.conversation);
  }

  async #startCall() {
    this.call ??= await this.#newCall();
    this.call?.choose();
  }

  async #signal(data) {
    this.call ??= await this.#newCall();
    this.call?.receive(data);
  }

  async #newCall() {
    const part = await import("./call.js").catch(tellUnloaded);
    return part && new part.Call(this.conversation);
  }

  #showGone(state) {
    const text = state === "gone" ? "This ticket isn’t there, or isn’t yours to see." : "The ticket couldn’t be loaded. Trying again …";
    fill(this.element, h("div.empty", {}, icon(state === "gone" ? "lock" : "offline"), h("p", {}, text), h("a.button", { href: "/" }, "Back to the list")));
    this.composer?.end();
  }
}
