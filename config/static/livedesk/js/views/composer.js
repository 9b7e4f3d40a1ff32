// Where replies and notes are written. Drafts survive a reload; what is sent without a connection waits in the thread.

import { fill, h, Scope } from "../core/dom.js";
import { icon } from "../core/icons.js";
import { api } from "../data/api.js";
import { live } from "../data/live.js";
import { agents } from "../data/people.js";
import { session } from "../data/session.js";
import { displayName } from "../ui/avatar.js";
import { menu } from "../ui/popover.js";
import { notify, tellError } from "../ui/snackbar.js";
import { ComposerFiles } from "./composer-files.js";
import { MentionPicker } from "./mentions.js";
import { excerpt } from "./message.js";

export class Composer {
  #scope = new Scope();
  #note = false;
  #replyTo = null;

  constructor(conversation) {
    this.conversation = conversation;
    this.area = h("textarea.composer-input", { rows: "1", "aria-label": "Message", dir: "auto", enterkeyhint: enterSends() ? "send" : "enter" });
    this.warning = h("div.composer-warning", { role: "status", hidden: true });
    this.quoteLine = h("div.composer-quote", { hidden: true });
    this.send = h("button.button.primary", { type: "button", onclick: () => this.#send() });
    this.tabs = conversation.isAgent ? h("div.composer-tabs", { role: "radiogroup", "aria-label": "Kind of message" }, this.#tab("Reply", false), this.#tab("Note", true)) : null;
    this.files = new ComposerFiles(conversation, () => this.#grow());
    this.files.onremoved = () => this.area.focus();
    this.mentions = new MentionPicker(this.area, { candidates: () => this.#mentionable(), onpick: () => this.#edited() });
    this.element = h("div.composer", {}, this.mentions.element, this.warning, this.tabs, this.quoteLine, this.area, this.files.element, this.#bar());
  }

  start() {
    const { conversation } = this;
    this.#setNote(false);
    this.#scope.listen(this.area, "input", () => this.#edited());
    this.#scope.listen(this.area, "blur", () => this.mentions.close());
    this.#scope.listen(this.area, "keydown", (event) => this.#key(event));
    this.#scope.add(
      conversation.subscribe((what) => (what === "typing" || what === "viewers") && this.#warn()),
      conversation.arrived.subscribe((message) => this.#answered(message)),
    );
  }

  end() {
    this.#scope.end();
    if (this.area.value) live()?.typing(this.#room, false);
    this.element.remove();
  }

  focus(note) {
    this.#setNote(note);
    this.area.focus();
  }

  quote(message) {
    this.#replyTo = message;
    if (message.kind === "note") this.#setNote(true);
    this.quoteLine.hidden = false;
    fill(this.quoteLine, icon("reply"), h("strong", {}, displayName(message.author)), h("span", { dir: "auto" }, excerpt(message)),
      h("button.icon-button.small", { type: "button", "aria-label": "Don’t quote", onclick: () => this.#unquote() }, icon("close")));
    this.area.focus();
  }

  get #room() {
    return this.#note ? this.conversation.notesRoom : this.conversation.room;
  }

  get #draftKey() {
    return `livedesk:draft:${session.user?.id}:${this.conversation.id}:${this.#note ? "note" : "reply"}`;
  }

  #tab(label, note) {
    return h("button.composer-tab", { type: "button", role: "radio", data: { note: String(note) }, onclick: () => this.focus(note) }, note && icon("lock"), label);
  }

  #bar() {
    const attach = h("input", { type: "file", multiple: true, hidden: true, "aria-label": "File", onchange: () => this.#attach(attach) });
    const canned = h("button.icon-button", { type: "button", "aria-label": "Canned replies", "aria-haspopup": "menu" }, icon("bolt"));
    canned.addEventListener("click", () => this.#canned(canned));
    return h("div.composer-bar", {},
      h("button.icon-button", { type: "button", "aria-label": "Attach a file", onclick: () => attach.click() }, icon("paperclip")), attach,
      this.conversation.isAgent && canned,
      h("span.composer-hint", {}, enterSends() && [h("kbd", {}, "Enter"), " to send"]),
      this.send);
  }

  #setNote(note) {
    this.#note = note && this.conversation.isAgent;
    this.element.classList.toggle("is-note", this.#note);
    for (const tab of this.tabs?.children ?? []) {
      const chosen = tab.dataset.note === String(this.#note);
      tab.setAttribute("aria-checked", String(chosen));
    }
    this.area.placeholder = this.#note ? "Only agents will see this note. Mention with @name." : "Write a reply …";
    fill(this.send, icon(this.#note ? "lock" : "send"), this.#note ? "Add note" : "Send");
    // No customer may read what a note says.
    if (this.#replyTo?.kind === "note" && !this.#note) this.#unquote();
    this.area.value = localStorage.getItem(this.#draftKey) ?? "";
    this.files.show(this.#draftKey);
  }

  #edited() {
    const text = this.area.value;
    void this.mentions.update();
    if (text) localStorage.setItem(this.#draftKey, text);
    else localStorage.removeItem(this.#draftKey);
    this.#grow();
    live()?.typing(this.#room, Boolean(text.trim()));
    this.#warn();
  }

  /** Agents, and in a reply the one who asked; customers mention nobody. */
  async #mentionable() {
    if (!this.conversation.isAgent) return [];
    const { requester } = this.conversation.ticket;
    const people = (await agents()).filter(({ id }) => id !== session.user.id);
    return this.#note || !requester || people.some(({ id }) => id === requester.id) ? people : [requester, ...people];
  }

  #grow() {
    this.area.style.height = "auto";
    this.area.style.height = `${Math.min(this.area.scrollHeight, 260)}px`;
    this.send.disabled = !this.#isReady;
  }

  #key(event) {
    if (event.isComposing || this.mentions.takes(event)) return;
    const sends = event.ctrlKey || event.metaKey || (enterSends() && !event.shiftKey && !event.altKey);
    if (event.key === "Enter" && sends) {
      event.preventDefault();
      this.#send();
    } else if (event.key === "Escape") {
      event.preventDefault();
      if (this.#replyTo) this.#unquote();
      else this.area.blur();
    }
  }

  #send() {
    if (!this.#isReady) return;
    const said = { content: this.area.value.trim(), note: this.#note, inReplyTo: this.#replyTo?.id, attachments: this.files.ids };
    const giveBack = this.files.hand();
    this.conversation.send(said).catch((error) => (giveBack(), tellError(error)));
    localStorage.removeItem(this.#draftKey);
    this.area.value = "";
    this.#unquote();
    this.#hideWarning();
    this.#grow();
    this.onSent?.();
  }

  /** There is something to be sent, and all of it has been uploaded. */
  get #isReady() {
    return (this.area.value.trim() || this.files.areThere) && !this.files.areComing;
  }

  /** Takes a text, and files by their ids, to be changed before it is sent again, below what is being written. */
  take({ content, attachments = [] }, { note }) {
    this.focus(note);
    this.files.take(attachments);
    this.area.value = [this.area.value.trim(), content].filter(Boolean).join("\n\n");
    this.#edited();
  }

  #unquote() {
    this.#replyTo = null;
    this.quoteLine.hidden = true;
  }

  /** Somebody else is answering, too. Customers needn't know. */
  #warn() {
    if (!this.conversation.isAgent) return;
    const requester = this.conversation.ticket.requester?.id;
    const others = [...this.conversation.typing].filter(([id]) => id !== requester).map(([, { person }]) => displayName(person));
    if (others.length && this.area.value.trim()) this.#showWarning(`${others.join(" and ")} ${others.length > 1 ? "are" : "is"} writing, too.`);
    else if (!this.answered) this.#hideWarning();
  }

  #answered(message) {
    const fromOther = message.author && message.author.id !== session.user.id && message.author.id !== this.conversation.ticket.requester?.id;
    if (!fromOther || message.kind !== "reply" || !this.area.value.trim()) return;
    this.answered = true;
    this.#showWarning(`${displayName(message.author)} has replied while you were writing.`);
  }

  #showWarning(text) {
    if (this.warning.dataset.text === text && !this.warning.hidden) return;
    this.warning.dataset.text = text;
    this.warning.hidden = false;
    fill(this.warning, icon("users"), h("span", {}, text),
      h("button.icon-button.small", { type: "button", "aria-label": "Dismiss", onclick: () => this.#hideWarning() }, icon("close")));
  }

  #hideWarning() {
    this.answered = false;
    this.warning.hidden = true;
  }

  async #canned(anchor) {
    const replies = await api.all("canned-replies/").catch(tellError);
    if (!replies) return;
    if (!replies.length) return notify({ text: "There are no canned replies yet. They are made in the administration." });
    menu(anchor, replies.map(({ id, name }) => ({ label: name, run: () => this.#insert(id) })), { label: "Canned replies" });
  }

  async #insert(id) {
    const filled = await api.get(`canned-replies/${id}/render/`, { ticket: this.conversation.id }).catch(tellError);
    if (!filled) return;
    this.area.setRangeText(filled.content, this.area.selectionStart, this.area.selectionEnd, "end");
    this.#edited();
    this.area.focus();
  }

  #attach(input) {
    for (const file of [...input.files]) void this.files.add(file);
    input.value = "";
    this.area.focus();
  }
}

/** Where there is no key for a second line, Enter makes one. */
function enterSends() {
  return !matchMedia("(hover: none) and (pointer: coarse)").matches;
}
