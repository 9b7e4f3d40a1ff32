// The side panel: what a ticket is, and for agents what can be done about it.

import { fill, h, Scope, setText } from "../core/dom.js";
import { icon } from "../core/icons.js";
import { age, dateTime, timeElement } from "../core/time.js";
import { api } from "../data/api.js";
import { agents } from "../data/people.js";
import { session } from "../data/session.js";
import { PRIORITIES, PRIORITY_NAMES, STATUS_NAMES, tickets } from "../data/tickets.js";
import { avatar, displayName } from "../ui/avatar.js";
import { notify, tellError } from "../ui/snackbar.js";
import { AttachmentList } from "./attachments.js";
import { changedKeys, editFields, fieldsOf, shownValue } from "./custom-fields.js";
import { Field } from "./field.js";
import { TagsField } from "./tags.js";

export class DetailsPanel {
  #scope = new Scope();

  constructor(conversation) {
    this.conversation = conversation;
    this.status = new Field("Status", () => this.#statuses());
    this.assignee = new Field("Assignee", () => this.#assignees(), async () => (this.agents = await agents()));
    this.priority = new Field("Priority", () => this.#priorities());
    this.queue = new Field("Queue", () => this.#queues());
    this.muting = new Field("Notify me", () => this.#mutings());
    this.tags = new TagsField((tags) => this.#change({ tags }));
    this.times = h("div");
    this.fields = h("div.fields", {}, [this.status, this.assignee, this.priority, this.queue, this.muting, this.tags].map(({ element }) => element), this.times);
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
    this.#showFields(ticket, isAgent);
    fill(this.times, time("Opened", ticket.created_at), time("Snoozed until", ticket.snoozed_until), time("First reply", ticket.first_reply_at));
    this.#renderCustom();
    fill(this.people, this.#people(ticket));
    if (this.historyOpen) void this.#loadHistory();
  }

  #showFields({ status, viewer, assignee, priority, queue_name: queue, tags }, isAgent) {
    this.status.show(STATUS_NAMES[status], { changeable: viewer.legal_moves.length > 0, data: { status } });
    this.assignee.show(assignee ? displayName(assignee) : "Nobody", { changeable: isAgent, before: assignee && avatar(assignee, { size: "tiny", dot: true }) });
    this.priority.show(PRIORITY_NAMES[priority], { changeable: isAgent, data: { priority } });
    this.queue.show(queue, { changeable: isAgent });
    this.muting.show(viewer.muted ? "Mentions only" : "All", { changeable: true });
    this.tags.element.hidden = !isAgent;
    this.tags.show(tags ?? []);
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

  #statuses() {
    return this.conversation.ticket.viewer.legal_moves.map((status) => ({
      value: status, label: STATUS_NAMES[status], node: h("span.status-dot", { data: { status } }), run: () => this.move(status),
    }));
  }

  #assignees() {
    const { assignee } = this.conversation.ticket;
    return [
      ...this.agents.map((person) => ({
        value: person.id, label: person.id === session.user.id ? `${displayName(person)} (me)` : displayName(person),
        node: avatar(person, { size: "tiny", dot: true }), checked: person.id === assignee?.id, run: () => this.assign(person.id),
      })),
      { value: "nobody", label: "Nobody", icon: "close", run: () => this.assign(null) },
    ];
  }

  #priorities() {
    return PRIORITIES.map((priority) => ({
      value: priority, label: PRIORITY_NAMES[priority], checked: priority === this.conversation.ticket.priority, run: () => this.#change({ priority }),
    }));
  }

  #mutings() {
    const { muted } = this.conversation.ticket.viewer;
    return [
      { value: "all", label: "All", checked: !muted, run: () => this.#do(() => this.conversation.mute(false)) },
      { value: "mentions", label: "Mentions only", checked: muted, run: () => this.#do(() => this.conversation.mute(true)) },
    ];
  }

  #queues() {
    return tickets.queues.map(({ slug, name }) => ({
      value: slug, label: name, checked: slug === this.conversation.ticket.queue, run: () => this.#change({ queue: slug }),
    }));
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

  /** Whether it was done; who did it is told why not. */
  async #do(run) {
    try {
      await run();
      return true;
    } catch (error) {
      if (error.status === 412) notify({ title: "Somebody was faster", text: "The ticket has just been changed. You now see what it is.", tone: "warning" });
      else tellError(error);
      return false;
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

function time(name, moment) {
  return moment && h("div.field-row", {}, h("span.field-name", {}, name), timeElement(moment, dateTime));
}
