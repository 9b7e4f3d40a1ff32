// The side panel: what a ticket is, and for agents what can be done about it.

import { fill, h, Scope, setText } from "../core/dom.js";
import { icon } from "../core/icons.js";
import { age, dateTime, timeElement } from "../core/time.js";
import { api } from "../data/api.js";
import { agents } from "../data/people.js";
import { session } from "../data/session.js";
import { PRIORITIES, PRIORITY_NAMES, STATUS_NAMES, tickets } from "../data/tickets.js";
import { avatar, displayName } from "../ui/avatar.js";
import { menu } from "../ui/popover.js";
import { notify, tellError } from "../ui/snackbar.js";
import { AttachmentList } from "./attachments.js";
import { changedKeys, editFields, fieldsOf, shownValue } from "./custom-fields.js";

export class DetailsPanel {
  #scope = new Scope();

  constructor(conversation) {
    this.conversation = conversation;
    this.fields = h("div.fields");
    this.custom = h("div.fields");
    this.people = h("div.people");
    this.attachments = new AttachmentList(conversation);
    this.history = h("div.history");
    this.element = h("div.side-inner", {},
      section("Ticket", this.fields), conversation.isAgent && this.#customSection(), section("People", this.people),
      this.attachments.element, conversation.isAgent && this.#historySection());
  }

  start() {
    this.#scope.add(this.conversation.subscribe((what) => {
      if (what === "ticket" || what === "all") this.render();
      if (what === "attachments" || what === "all") void this.attachments.load();
    }));
    this.#scope.add(tickets.subscribe(() => this.#renderCustom()));
    void this.attachments.load();
    this.#scope.add(() => this.attachments.end());
    this.render();
  }

  end() {
    this.#scope.end();
  }

  render() {
    const { ticket, isAgent } = this.conversation;
    if (this.shown === ticket) return;
    this.shown = ticket;
    fill(this.fields,
      this.#field("Status", STATUS_NAMES[ticket.status], ticket.viewer.legal_moves.length > 0 && ((anchor) => this.#statusMenu(anchor)), { status: ticket.status }),
      this.#field("Assignee", ticket.assignee ? displayName(ticket.assignee) : "Nobody", isAgent && ((anchor) => void this.#assigneeMenu(anchor)), {}, ticket.assignee && avatar(ticket.assignee, { size: "tiny", dot: true })),
      this.#field("Priority", PRIORITY_NAMES[ticket.priority], isAgent && ((anchor) => this.#priorityMenu(anchor)), { priority: ticket.priority }),
      this.#field("Queue", ticket.queue_name, isAgent && ((anchor) => this.#queueMenu(anchor))),
      this.#field("Notify me", ticket.viewer.muted ? "Mentions only" : "All", (anchor) => this.#mutingMenu(anchor)),
      isAgent && this.#tags(ticket),
      h("div.field-row", {}, h("span.field-name", {}, "Opened"), timeElement(ticket.created_at, dateTime)),
      ticket.snoozed_until && h("div.field-row", {}, h("span.field-name", {}, "Snoozed until"), timeElement(ticket.snoozed_until, dateTime)),
      ticket.first_reply_at && h("div.field-row", {}, h("span.field-name", {}, "First reply"), timeElement(ticket.first_reply_at, dateTime)));
    this.#renderCustom();
    fill(this.people, this.#people(ticket));
    if (this.historyOpen) void this.#loadHistory();
  }

  /** Once more when the queues have arrived, which say what fields there are. */
  #renderCustom() {
    const { ticket } = this.conversation;
    if (!this.customSection || (this.customOf === ticket && this.queues === tickets.queues)) return;
    Object.assign(this, { customOf: ticket, queues: tickets.queues });
    const definitions = fieldsOf(ticket.queue);
    this.customSection.hidden = !definitions.length;
    fill(this.custom, definitions.map((definition) => h("div.field-row.custom-row", {}, h("span.field-name", {}, definition.label),
      h("span.field-value", {}, shownValue(definition, ticket.custom_fields?.[definition.key])))));
  }

  move(status) {
    return this.#do(() => this.conversation.act("transition", { status }));
  }

  assign(assignee) {
    return this.#do(() => this.conversation.act("assign", { assignee }));
  }

  #field(name, value, open, data = {}, before = null) {
    const text = h("span.field-value", { data }, before, h("span", {}, value));
    if (!open) return h("div.field-row", {}, h("span.field-name", {}, name), text);
    const button = h("button.field-button", { type: "button", "aria-haspopup": "menu", "aria-label": `${name}: ${value}` }, text, icon("chevron"));
    button.addEventListener("click", () => open(button));
    return h("div.field-row", {}, h("span.field-name", {}, name), button);
  }

  #statusMenu(anchor) {
    const { ticket } = this.conversation;
    menu(anchor, ticket.viewer.legal_moves.map((status) => ({ label: STATUS_NAMES[status], node: h("span.status-dot", { data: { status } }), run: () => this.move(status) })), { label: "Status", align: "end" });
  }

  async #assigneeMenu(anchor) {
    const { ticket } = this.conversation;
    const people = await agents();
    menu(anchor, [
      ...people.map((person) => ({
        label: person.id === session.user.id ? `${displayName(person)} (me)` : displayName(person), node: avatar(person, { size: "tiny", dot: true }),
        checked: person.id === ticket.assignee?.id, run: () => this.assign(person.id),
      })),
      { label: "Nobody", icon: "close", run: () => this.assign(null) },
    ], { label: "Assignee", align: "end" });
  }

  #priorityMenu(anchor) {
    menu(anchor, PRIORITIES.map((priority) => ({
      label: PRIORITY_NAMES[priority], checked: priority === this.conversation.ticket.priority, run: () => this.#change({ priority }),
    })), { label: "Priority", align: "end" });
  }

  #mutingMenu(anchor) {
    const { muted } = this.conversation.ticket.viewer;
    menu(anchor, [
      { label: "All", checked: !muted, run: () => this.#do(() => this.conversation.mute(false)) },
      { label: "Mentions only", checked: muted, run: () => this.#do(() => this.conversation.mute(true)) },
    ], { label: "Notify me", align: "end" });
  }

  #queueMenu(anchor) {
    menu(anchor, tickets.queues.map(({ slug, name }) => ({
      label: name, checked: slug === this.conversation.ticket.queue, run: () => this.#change({ queue: slug }),
    })), { label: "Queue", align: "end" });
  }

  #tags(ticket) {
    const tags = ticket.tags ?? [];
    const input = h("input.tag-input", { placeholder: "Add tag", "aria-label": "Add tag", maxlength: "60" });
    const add = () => {
      const name = input.value.trim();
      if (name && !tags.includes(name)) void this.#change({ tags: [...tags, name] });
    };
    input.addEventListener("keydown", (event) => {
      if (event.key === "Enter") add();
    });
    return h("div.field-row.tags-row", {}, h("span.field-name", {}, "Tags"), h("div.tags", {}, tags.map((name) =>
      h("span.tag", {}, name, h("button", { type: "button", "aria-label": `Remove tag ${name}`, onclick: () => this.#change({ tags: tags.filter((other) => other !== name) }) }, icon("close")))), input));
  }

  #people(ticket) {
    const seen = new Set();
    const lines = [];
    const add = (person, role) => {
      if (!person || seen.has(person.id)) return;
      seen.add(person.id);
      lines.push(h("div.person", {}, avatar(person, { size: "small", dot: true }), h("span", {}, displayName(person), h("small", {}, role))));
    };
    add(ticket.requester, "Requester");
    add(ticket.assignee, "Assignee");
    for (const { user, role } of ticket.participants) add(user, { cc: "Copied in", watcher: "Watching", agent: "Agent", requester: "Requester" }[role]);
    return lines;
  }

  #change(changes) {
    return this.#do(() => this.conversation.change(changes));
  }

  async #do(run) {
    try {
      await run();
    } catch (error) {
      if (error.status === 412) notify({ title: "Somebody was faster", text: "The ticket has just been changed. You now see what it is.", tone: "warning" });
      else tellError(error);
    }
  }

  #customSection() {
    const edit = h("button.icon-button.small", { type: "button", "aria-label": "Edit fields", onclick: () => editFields(this.conversation) }, icon("edit"));
    this.customSection = h("section.side-section", { hidden: true }, h("div.side-head", {}, h("h2", {}, "Fields"), edit), this.custom);
    return this.customSection;
  }

  #historySection() {
    const toggle = h("button.section-toggle", { type: "button", "aria-expanded": "false" }, h("h2", {}, "History"), icon("chevron"));
    toggle.addEventListener("click", () => {
      this.historyOpen = !this.historyOpen;
      toggle.setAttribute("aria-expanded", String(this.historyOpen));
      if (this.historyOpen) void this.#loadHistory();
      else fill(this.history);
    });
    return h("section.side-section", {}, toggle, this.history);
  }

  async #loadHistory() {
    const page = await api.get(`tickets/${this.conversation.id}/events/`).catch(() => ({ results: [] }));
    fill(this.history, page.results.map((entry) => h("div.history-line", {},
      h("span", {}, h("strong", {}, entry.actor?.username ?? entry.actor_name ?? "The desk"), ` ${sentence(entry)}`), timeElement(entry.created_at, age))));
    if (!page.results.length) setText(this.history, "Nothing yet.");
  }
}

function sentence({ action, before = {}, after = {} }) {
  const { custom_fields: fields, ...columns } = after;
  const changes = [...changed(Object.keys(columns), before, after), ...changed(changedKeys(before.custom_fields, fields), before.custom_fields, fields)];
  return changes.length && changes.join(", ").length < 120 ? changes.join(", ") : action.replace(/[._]/g, " ");
}

function changed(names, before, after) {
  return names.map((name) => `${name.replaceAll("_", " ")} ${show(before?.[name])} → ${show(after?.[name])}`);
}

function show(value) {
  if (value === null || value === undefined || value === "") return "none";
  if (typeof value === "object") return Array.isArray(value) ? value.join(" ") || "none" : (value.username ?? value.name ?? JSON.stringify(value));
  return String(value);
}

function section(title, ...content) {
  return h("section.side-section", {}, h("h2", {}, title), content);
}
