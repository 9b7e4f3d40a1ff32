// The side panel: what a ticket is, and for agents what can be done about it.

import { fill, h, Scope, setText } from "../core/dom.js";
import { icon } from "../core/icons.js";
import { dateTime, duration, fromNow, timeElement } from "../core/time.js";
import { agents } from "../data/people.js";
import { session } from "../data/session.js";
import { PRIORITIES, PRIORITY_NAMES, STATUS_NAMES, tickets } from "../data/tickets.js";
import { avatar, displayName } from "../ui/avatar.js";
import { notify, tellError } from "../ui/snackbar.js";
import { AttachmentList } from "./attachments.js";
import { editFields, fieldsOf, shownValue } from "./custom-fields.js";
import { Field } from "./field.js";
import { History } from "./history.js";
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
    this.subject = h("p.side-subject", { dir: "auto" });
    this.clocks = h("div");
    this.times = h("div");
    this.fields = h("div.fields", {}, [this.status, this.assignee, this.priority, this.queue, this.muting, this.tags].map(({ element }) => element), this.clocks, this.times);
    this.custom = h("div.fields");
    this.people = h("div.people");
    this.attachments = new AttachmentList(conversation);
    this.history = new History(conversation);
    this.element = h("div.side-inner", {},
      section("Ticket", this.subject, this.fields), conversation.isAgent && this.#customSection(), section("People", this.people),
      this.attachments.element, conversation.isAgent && this.history.element);
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
    const { ticket, isAgent, isMerged } = this.conversation;
    if (this.shown === ticket) return;
    this.shown = ticket;
    // The head may have cut it.
    this.subject.hidden = ticket.subject.length < 40;
    setText(this.subject, ticket.subject);
    this.#showFields(ticket, isAgent && !isMerged);
    fill(this.clocks, (ticket.clocks ?? []).map(clockLine));
    fill(this.times, time("Opened", ticket.created_at), time("Snoozed until", ticket.snoozed_until), time("First reply", ticket.first_reply_at));
    this.#renderCustom();
    fill(this.people, this.#people(ticket));
    this.history.update();
  }

  #showFields({ status, viewer, assignee, priority, queue_name: queue, tags }, changeable) {
    this.status.show(STATUS_NAMES[status], { changeable: viewer.legal_moves.length > 0, data: { status } });
    this.assignee.show(assignee ? displayName(assignee) : "Nobody", { changeable, before: assignee && avatar(assignee, { size: "tiny", dot: true }) });
    this.priority.show(PRIORITY_NAMES[priority], { changeable, data: { priority } });
    this.queue.show(queue, { changeable });
    this.muting.show(viewer.muted ? "Mentions only" : "All", { changeable: true });
    this.tags.show(tags ?? [], { changeable });
  }

  /** Once more when the queues have arrived, which say what fields there are. */
  #renderCustom() {
    const { ticket, isMerged } = this.conversation;
    if (!this.customSection || (this.customOf === ticket && this.queues === tickets.queues)) return;
    Object.assign(this, { customOf: ticket, queues: tickets.queues });
    const definitions = fieldsOf(ticket.queue);
    this.customSection.hidden = !definitions.length;
    this.editCustom.hidden = isMerged;
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
    const edit = this.editCustom = h("button.icon-button.small", { type: "button", "aria-label": "Edit fields", onclick: () => editFields(this.conversation) }, icon("edit"));
    this.customSection = h("section.side-section", { hidden: true }, h("div.side-head", {}, h("h2", {}, "Fields"), edit), this.custom);
    return this.customSection;
  }
}

const CLOCK_NAMES = { first_response: "Reply due", resolution: "Solve by" };

/** A promise to the customer, while there is still something to be done about it. */
function clockLine({ metric, state, due_at: due, remaining, breached_at: breached, warned_at: warned }) {
  if (state === "stopped") return null;
  const tone = breached || isPast(due) ? "danger" : warned ? "warning" : "";
  const left = state === "running" ? timeElement(due, untilDue) : h("span", {}, remaining < 0 ? "Overdue, rests" : `Rests, ${duration(remaining)} left`);
  return h("div.field-row", {}, h("span.field-name", {}, CLOCK_NAMES[metric]), h("span.clock", { data: { tone } }, left));
}

function untilDue(due) {
  return isPast(due) ? `Overdue by ${duration((Date.now() - new Date(due)) / 1000)}` : fromNow(due);
}

function isPast(due) {
  return due && new Date(due) < new Date();
}

function section(title, ...content) {
  return h("section.side-section", {}, h("h2", {}, title), content);
}

function time(name, moment) {
  return moment && h("div.field-row", {}, h("span.field-name", {}, name), timeElement(moment, dateTime));
}
