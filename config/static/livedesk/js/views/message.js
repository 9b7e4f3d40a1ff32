// One message, made once and kept in step with what the server says of it.

import { fill, h, KeyedList, setText } from "../core/dom.js";
import { icon } from "../core/icons.js";
import { clockTime, fullTime } from "../core/time.js";
import { live } from "../data/live.js";
import { session } from "../data/session.js";
import { avatar, displayName } from "../ui/avatar.js";
import { safeFragment } from "../ui/markup.js";
import { confirmed, menu, popover } from "../ui/popover.js";
import { tellError } from "../ui/snackbar.js";
import { openFile } from "./attachments.js";

const EMOJI = ["👍", "🎉", "❤️", "😀", "🙏", "👀", "✅", "🤔"];

export function createMessage(item, conversation, actions) {
  const { message } = item;
  if (message.kind === "event") return h("div.event-line", {}, h("span"));
  const own = message.author?.id === session.user.id;
  const parts = {
    name: h("strong.message-name"),
    time: h("time.message-time"),
    state: h("span.message-state"),
    quote: h("div.message-quote", { hidden: true }),
    body: h("div.message-body", { dir: "auto" }),
    files: h("div.message-files"),
    reactions: h("div.reactions"),
    refusal: h("div.message-refusal", { hidden: true }),
  };
  const tools = h("div.message-tools", {});
  const node = h(`article.message${own ? ".own" : ""}${message.kind === "note" ? ".note" : ""}`, {},
    h("span.message-avatar", {}, avatar(message.author, { size: "medium", dot: !own })),
    h("div.message-bubble", {},
      h("header.message-head", {}, parts.name, message.kind === "note" && h("span.note-mark", {}, icon("lock"), "Internal note"), parts.time, parts.state),
      parts.quote, parts.body, parts.files, parts.reactions, parts.refusal, tools));
  // Where nothing hovers, a tap shows what can be done.
  node.addEventListener("click", ({ target }) => {
    if (!matchMedia("(hover: none)").matches || target.closest("a, button, textarea")) return;
    node.parentElement.querySelectorAll(".tools-open").forEach((other) => other !== node && other.classList.remove("tools-open"));
    node.classList.toggle("tools-open");
  });
  node.parts = parts;
  node.current = () => node.item.message;
  node.actions = actions;
  node.reactions = reactionList(node, conversation);
  fill(tools, toolButtons(node, conversation, actions, own));
  return node;
}

export function updateMessage(node, item, conversation) {
  node.item = item;
  const { message } = item;
  const quoted = message.in_reply_to && conversation.messages.get(message.in_reply_to);
  const seen = isSeen(message, conversation);
  const shown = [message, item.pending, item.offline, item.refused?.code, item.follows, seen, quoted];
  if (node.shown?.every((value, index) => value === shown[index])) return;
  node.shown = shown;
  if (message.kind === "event") return setText(node.firstChild, message.content);
  const { parts } = node;
  node.classList.toggle("follows", item.follows);
  node.classList.toggle("pending", Boolean(item.pending));
  node.classList.toggle("refused", Boolean(item.refused));
  node.classList.toggle("deleted", Boolean(message.deleted_at));
  setText(parts.name, displayName(message.author));
  parts.time.dateTime = message.created_at;
  parts.time.title = fullTime(message.created_at);
  setText(parts.time, clockTime(message.created_at));
  setText(parts.state, stateText(item, seen));
  if (node.content !== contentOf(message)) {
    node.content = contentOf(message);
    showBody(parts.body, message);
  }
  showFiles(parts.files, message, conversation);
  showQuote(parts.quote, quoted);
  showReactions(node, message);
  showRefusal(node, item.refused, conversation);
}

function contentOf(message) {
  return message.deleted_at ? null : (message.html ?? message.content);
}

function showBody(body, message) {
  if (message.deleted_at) fill(body, h("p.muted", {}, "This message was deleted."));
  else if (message.html) markMentions(fill(body, safeFragment(message.html)), message.mentions ?? []);
  else fill(body, message.content && message.content.split("\n").map((line) => h("p", {}, line)));
}

/** Names of those who are meant stand out, one's own most. */
function markMentions(body, people) {
  const byName = new Map(people.map((person) => [`@${person.username}`, person]));
  if (!byName.size) return;
  const texts = document.createTreeWalker(body, NodeFilter.SHOW_TEXT, (node) =>
    (node.parentElement.closest("code") ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT));
  const found = [];
  while (texts.nextNode()) if (texts.currentNode.data.includes("@")) found.push(texts.currentNode);
  for (const text of found) {
    text.replaceWith(...text.data.split(/(@[\w.@+-]*[\w@])/).map((part) => {
      const person = byName.get(part);
      return person ? h(`span.mention${person.id === session.user.id ? ".me" : ""}`, { title: displayName(person) }, part) : part;
    }));
  }
}

function stateText(item, seen) {
  if (item.refused) return "Not sent";
  if (item.pending) return item.offline ? "Waiting for connection" : "Sending …";
  return [item.message.edited_at && !item.message.deleted_at && "Edited", seen && "Seen"].filter(Boolean).join(" · ");
}

/** The other side has read this far, and this is the last own message up to there. */
function isSeen(message, conversation) {
  if (message.author?.id !== session.user.id || message.kind !== "reply" || !message.seq) return false;
  const furthest = Math.max(0, ...conversation.readers.values());
  if (message.seq > furthest) return false;
  for (const other of conversation.messages.values()) {
    if (other.author?.id === session.user.id && other.kind === "reply" && other.seq > message.seq && other.seq <= furthest) return false;
  }
  return true;
}

/** Why the server didn't take it, and what can be done. What a colleague said meanwhile stands above. */
function showRefusal({ parts, actions }, draft, conversation) {
  parts.refusal.hidden = !draft;
  if (!draft) return;
  const collides = draft.code === "collision";
  const author = conversation.messages.get(draft.other)?.author;
  const edit = () => {
    conversation.drop(draft);
    actions.edit({ ...draft, note: draft.room === conversation.notesRoom });
  };
  fill(parts.refusal,
    h("p", {}, icon("alert"), collides && author ? `${displayName(author)} has replied meanwhile.` : draft.text),
    h("div.form-buttons", {},
      h("button.button.primary.small", { type: "button", onclick: () => conversation.sendAnyway(draft) }, collides ? "Send anyway" : "Send again"),
      h("button.button.small", { type: "button", onclick: edit }, "Edit"),
      h("button.button.quiet.small", { type: "button", onclick: () => conversation.drop(draft) }, "Discard")));
}

function showFiles(element, { attachments }, conversation) {
  fill(element, attachments.map((file) => h("button.file-chip", { type: "button", onclick: () => openFile(conversation, file) }, icon("paperclip"), h("span", {}, file.name))));
}

function showQuote(element, quoted) {
  element.hidden = !quoted;
  if (quoted) fill(element, h("strong", {}, displayName(quoted.author)), h("span", { dir: "auto" }, quoted.deleted_at ? "Deleted message" : excerpt(quoted)));
}

/** The beginning of what a message says, or what comes with it. */
export function excerpt({ content, attachments }) {
  const line = (content || attachments.map(({ name }) => name).join(", ")).replace(/\s+/g, " ").trim();
  return line.length > 120 ? `${line.slice(0, 119)}…` : line;
}

/** Buttons that stay as long as somebody reacts so: whoever has pressed one is still on it. */
function reactionList(node, conversation) {
  return new KeyedList(node.parts.reactions, {
    key: ({ emoji }) => emoji,
    create: ({ emoji }) => {
      const press = () => react(node.current(), conversation, emoji, button.getAttribute("aria-pressed") === "true");
      const button = h("button.reaction", { type: "button", onclick: press }, emoji, h("span"));
      return button;
    },
    update: (button, { emoji, count, users }) => {
      button.title = users.map(displayName).join(", ");
      button.setAttribute("aria-label", `${emoji}, ${count}: ${button.title}`);
      button.setAttribute("aria-pressed", String(users.some(({ id }) => id === session.user.id)));
      setText(button.lastChild, count);
    },
  });
}

function showReactions({ parts, reactions }, message) {
  const focused = parts.reactions.contains(document.activeElement);
  reactions.render(message.reactions);
  if (focused && !parts.reactions.contains(document.activeElement)) parts.smile.focus();
}

async function react(message, conversation, emoji, mine) {
  const room = message.kind === "note" ? conversation.notesRoom : conversation.room;
  const type = mine ? "unreact" : "react";
  await live().request({ type, room, data: { message_id: message.id, emoji } }).catch(tellError);
}

function toolButtons(node, conversation, actions, own) {
  const smile = node.parts.smile = h("button.icon-button.small", { type: "button", "aria-label": "React" }, icon("smile"));
  smile.addEventListener("click", () => {
    const close = popover(smile, h("div.emoji-grid", {}, EMOJI.map((emoji) =>
      h("button.emoji", { type: "button", onclick: () => (close(), react(node.current(), conversation, emoji, false)) }, emoji))), { label: "Reactions" });
  });
  const reply = h("button.icon-button.small", { type: "button", "aria-label": "Reply to this message", onclick: () => actions.reply(node.current()) }, icon("reply"));
  const more = node.parts.more = h("button.icon-button.small", { type: "button", "aria-label": "More", "aria-haspopup": "menu" }, icon("more"));
  more.addEventListener("click", () => menu(more, [
    { label: "Edit", icon: "edit", run: () => edit(node, conversation) },
    { label: "Delete …", icon: "trash", run: () => remove(node, conversation) },
  ], { label: "Message", align: "end" }));
  return [smile, reply, own && more];
}

function edit(node, conversation) {
  const message = node.current();
  const area = h("textarea.input", { "aria-label": "Edit message", dir: "auto", rows: String(Math.min(8, message.content.split("\n").length + 1)), value: message.content });
  const button = h("button.button.primary.small", { type: "button", onclick: () => void save() }, "Save");
  const done = () => {
    node.content = undefined;
    node.shown = undefined;
    updateMessage(node, node.item, conversation);
    node.parts.more.focus();
  };
  // What was written stays until the server has it.
  const save = async () => {
    const content = area.value.trim();
    if (!content || button.disabled) return area.focus();
    button.disabled = true;
    try {
      if (content !== message.content) await conversation.edit(message.id, content);
      done();
    } catch (error) {
      tellError(error);
      button.disabled = false;
    }
  };
  area.addEventListener("keydown", (event) => {
    if (event.key === "Escape") event.preventDefault(), done();
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void save();
  });
  fill(node.parts.body, h("div.edit-box", {}, area, h("div.edit-buttons", {}, h("button.button.small", { type: "button", onclick: done }, "Cancel"), button)));
  area.focus();
}

function remove(node, conversation) {
  const run = async () => {
    await conversation.remove(node.current().id).catch(tellError);
    node.closest(".thread")?.focus();
  };
  confirmed("Delete this message?", { text: "What it says can’t be brought back.", label: "Delete", run });
}
