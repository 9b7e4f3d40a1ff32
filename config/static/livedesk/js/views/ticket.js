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
import { SidePanel } from "./side.js";
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
    this.thread.onEdit = ({ data, note }) => this.composer.take(data, { note });
    this.composer.onSent = () => this.thread.toEnd();
    for (const part of [this.thread, this.composer, this.details]) {
      part.start();
      this.#scope.add(() => part.end());
    }
    this.merged = h("p.merged", { hidden: true }, icon("archive"), h("span", {}, "The conversation goes on in another ticket."), h("a.button.small", {}, "Go there"));
    this.side = new SidePanel(this.element, this.details.element);
    const head = this.#head();
    fill(this.element, h("div.ticket-main", {}, head, this.thread.element, this.rating.element, this.merged, this.composer.element), this.side.element);
    this.side.start(head);
    this.#scope.add(() => this.side.end(), notifications.subscribe(() => this.#nameDocument()));
    this.#showHead();
    this.#bindKeys();
    // The link that led here may have gone with what it was in. Of a page that has just been loaded, nobody has lost the focus.
    if (document.activeElement === document.body && navigator.userActivation?.hasBeenActive) this.title.focus({ preventScroll: true });
    void notifications.readTicket(this.id);
  }

  #head() {
    this.title = h("h1.ticket-title", { tabindex: "-1", dir: "auto" });
    this.number = h("span.muted");
    this.status = h("span.status");
    this.priority = h("span.priority");
    this.viewers = h("span.viewers");
    const call = h("button.icon-button", { type: "button", "aria-label": "Start a call", onclick: () => this.#startCall() }, icon("phone"));
    const more = this.more = this.conversation.isAgent && h("button.icon-button", { type: "button", "aria-label": "More actions", "aria-haspopup": "menu", onclick: () => void this.#showActions(more) }, icon("more"));
    return h("header.ticket-head", {},
      h("a.icon-button.back", { href: "/", "aria-label": "Back to the list" }, icon("arrowLeft")),
      h("div.ticket-name", {}, this.title, h("p.ticket-meta", {}, this.number, this.status, this.priority)),
      this.viewers, call, more, this.side.toggle);
  }

  #showHead() {
    const { ticket, viewers, isMerged } = this.conversation;
    setText(this.title, ticket.subject);
    this.title.title = ticket.subject;
    this.#nameDocument();
    setText(this.number, `#${ticket.number} · ${displayName(ticket.requester)}`);
    setStatus(this.status, ticket.status);
    setPriority(this.priority, ticket.priority);
    this.rating.update();
    this.merged.hidden = !isMerged;
    this.composer.element.hidden = isMerged;
    if (this.more) this.more.hidden = isMerged;
    if (isMerged) this.merged.lastChild.href = `/tickets/${ticket.merged_into}`;
    const names = viewers.map(displayName).join(", ");
    fill(this.viewers, viewers.slice(0, 4).map((viewer) => avatar(viewer, { size: "small" })));
    this.viewers.title = names ? `Also here: ${names}` : "";
    this.viewers.setAttribute("aria-label", this.viewers.title);
    this.viewers.setAttribute("role", "img");
    this.viewers.hidden = !names;
  }

  #nameDocument() {
    const { unread } = notifications.counts;
    const { number, subject } = this.conversation.ticket;
    document.title = `${unread ? `(${unread}) ` : ""}#${number} ${subject} · Livedesk`;
  }

  #bindKeys() {
    const key = (keys, description, run) => this.#scope.add(bind(keys, description, () => this.conversation.isMerged || run(), { group: "Ticket" }));
    key("r", "Write a reply", () => this.composer.focus(false));
    if (!this.conversation.isAgent) return;
    key("n", "Write a note", () => this.composer.focus(true));
    key("a", "Assign to me", () => this.details.assign(session.user.id));
    key("e", "Mark as solved", () => this.details.move("resolved"));
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
