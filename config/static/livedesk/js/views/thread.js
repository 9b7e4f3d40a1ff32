// The conversation: messages by day, a marker before what is new, who types, what waits to be sent.

import { fill, h, KeyedList, oncePerFrame, Scope, setText } from "../core/dom.js";
import { icon } from "../core/icons.js";
import { dayName, sameDay } from "../core/time.js";
import { session } from "../data/session.js";
import { live } from "../data/live.js";
import { displayName } from "../ui/avatar.js";
import { createMessage, updateMessage } from "./message.js";
import { tellError } from "../ui/snackbar.js";

const NEAR_END = 80;

export class Thread {
  #scope = new Scope();
  #atEnd = true;
  #unseen = 0;

  constructor(conversation) {
    this.conversation = conversation;
    this.items = h("div.thread-items");
    this.older = h("button.button.quiet.small.older", { type: "button", hidden: true, onclick: () => this.#loadOlder() }, "Show earlier messages");
    this.typing = h("div.typing-line", { "aria-live": "polite" });
    this.jump = h("button.jump", { type: "button", hidden: true, onclick: () => this.toEnd() }, icon("arrowDown"), h("span"));
    this.log = h("div.thread", { tabindex: "0", role: "log", "aria-label": "Conversation", "aria-live": "polite" }, this.older, this.items, this.typing);
    this.element = h("div.thread-frame", {}, this.log, this.jump);
    const actions = { reply: (message) => this.onReply(message), edit: (draft) => this.onEdit(draft) };
    this.list = new KeyedList(this.items, {
      key: (item) => item.key,
      create: (item) => (item.day ? dayLine(item.day) : item.marker ? markerLine() : createMessage(item, conversation, actions)),
      update: (node, item) => (item.day ? setText(node.firstChild, dayName(item.day)) : item.marker ? null : updateMessage(node, item, conversation)),
    });
  }

  start() {
    const render = oncePerFrame(() => this.render());
    this.#scope.add(this.conversation.subscribe((what) => {
      if (what === "typing") this.#showTyping();
      else if (what !== "viewers" && what !== "signal") render();
    }));
    this.#scope.add(this.conversation.arrived.subscribe((message) => this.#arrived(message)));
    this.#scope.listen(this.log, "scroll", () => this.#scrolled(), { passive: true });
    this.#scope.listen(document, "visibilitychange", () => this.#read());
    const observer = new ResizeObserver(() => this.#atEnd && this.#scrollToEnd());
    observer.observe(this.log);
    observer.observe(this.items);
    this.#scope.add(() => observer.disconnect());
    this.render();
    this.toEnd();
    this.#read();
  }

  end() {
    this.#scope.end();
  }

  render() {
    this.older.hidden = !this.conversation.hasOlder;
    this.list.render(this.#lines());
    if (this.#atEnd) this.#scrollToEnd();
    this.#showTyping();
  }

  toEnd() {
    this.#atEnd = true;
    this.#unseen = 0;
    this.jump.hidden = true;
    this.#scrollToEnd();
    this.#read();
  }

  #lines() {
    const lines = [];
    const messages = this.conversation.sorted;
    const confirmed = new Set(messages.map(({ client_id }) => client_id).filter(Boolean));
    let before = null;
    let marked = false;
    for (const message of messages) {
      if (!before || !sameDay(before.created_at, message.created_at)) {
        lines.push({ key: `day ${new Date(message.created_at).toDateString()}`, day: message.created_at });
        before = null;
      }
      if (!marked && this.#isNew(message)) {
        marked = true;
        lines.push({ key: "marker", marker: true });
        before = null;
      }
      lines.push({ key: keyOf(message), message, follows: follows(before, message) });
      before = message;
    }
    for (const [waiting, isRefused] of [[this.conversation.refused, true], [this.conversation.pending, false]]) {
      for (const draft of waiting) {
        if (confirmed.has(draft.data.client_id)) continue;
        const message = this.#unsent(draft);
        const item = isRefused ? { refused: draft } : { offline: !live().connected };
        lines.push({ key: message.id, message, pending: true, ...item, follows: follows(before, message) });
        before = message;
      }
    }
    return lines;
  }

  #unsent({ room, data }) {
    const kind = room === this.conversation.notesRoom ? "note" : "reply";
    const attachments = (data.attachments ?? []).map((id) => this.conversation.files.get(id) ?? { id, name: "File" });
    return { id: data.client_id, kind, content: data.content, author: session.user, reactions: [], attachments, created_at: new Date().toISOString() };
  }

  /** Somebody else's, in the conversation, later than what was read when the ticket was opened. */
  #isNew(message) {
    const { readUpTo } = this.conversation;
    return readUpTo > 0 && message.kind === "reply" && message.seq > readUpTo && message.author?.id !== session.user.id;
  }

  #arrived(message) {
    const own = message.author?.id === session.user.id;
    if (own || this.#atEnd) {
      if (own) this.#atEnd = true;
      return this.#read();
    }
    this.#unseen += 1;
    this.jump.hidden = false;
    setText(this.jump.lastChild, this.#unseen === 1 ? "1 new message" : `${this.#unseen} new messages`);
  }

  #scrolled() {
    const { scrollTop, clientHeight, scrollHeight } = this.log;
    this.#atEnd = scrollHeight - scrollTop - clientHeight < NEAR_END;
    if (this.#atEnd && !this.jump.hidden) this.toEnd();
  }

  #scrollToEnd() {
    this.log.scrollTop = this.log.scrollHeight;
  }

  #read() {
    if (!document.hidden && this.#atEnd) this.conversation.markRead();
  }

  async #loadOlder() {
    const height = this.log.scrollHeight;
    const top = this.log.scrollTop;
    await this.conversation.loadOlder().catch(tellError);
    this.render();
    this.log.scrollTop = top + this.log.scrollHeight - height;
  }

  #showTyping() {
    const names = [...this.conversation.typing.values()].map(({ person }) => displayName(person));
    const shown = names.join(", ");
    if (this.typing.dataset.names === shown) return;
    this.typing.dataset.names = shown;
    fill(this.typing, names.length > 0 && [
      h("span.typing-dots", { "aria-hidden": "true" }, h("i"), h("i"), h("i")),
      h("span", {}, `${shown} ${names.length === 1 ? "is" : "are"} typing …`),
    ]);
    if (this.#atEnd) this.#scrollToEnd();
  }
}

/** A message keeps its node from the moment it is sent: its `client_id` was its key then. */
function keyOf(message) {
  return message.author?.id === session.user.id && message.client_id ? message.client_id : message.id;
}

/** Same person, same kind, within five minutes: no need to name them again. */
function follows(before, message) {
  return Boolean(before && before.kind === message.kind && before.author && before.author.id === message.author?.id
    && new Date(message.created_at) - new Date(before.created_at) < 300_000);
}

function dayLine(day) {
  return h("div.day", {}, h("span", {}, dayName(day)));
}

function markerLine() {
  return h("div.new-marker", {}, h("span", {}, "New"));
}
