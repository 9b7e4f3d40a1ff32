// The inbox: a list with views beside the open ticket. Events touch the rows they concern.

import { fill, h, hiddenText, oncePerFrame, Scope, setText } from "../core/dom.js";
import { icon } from "../core/icons.js";
import { router } from "../core/router.js";
import { bind } from "../core/shortcuts.js";
import { dateTime, dueTime, updateTime } from "../core/time.js";
import { session } from "../data/session.js";
import { ACTIVE, lastActivity, nextClock, PRIORITY_NAMES, STATUS_NAMES, tickets } from "../data/tickets.js";
import { avatar, displayName } from "../ui/avatar.js";
import { menu } from "../ui/popover.js";
import { tellUnloaded } from "../ui/snackbar.js";
import { VirtualList } from "../ui/virtual-list.js";
import { failed, isNew, isUnknown, nothing, placeholder, showPlaceholder, skeleton, welcome } from "./no-tickets.js";
import { TicketView } from "./ticket.js";

const isActive = ({ status }) => ACTIVE.includes(status);
/** Whether there is something to do: what was snoozed comes back by itself. */
const isWaiting = (ticket) => isActive(ticket) && !ticket.snoozed_until;
const VIEW_KEY = "livedesk:view";
/** In rem, as in the style sheet. */
const ROW_HEIGHT = 5.25;

const AGENT_VIEWS = [
  { id: "open", label: "Open", match: isWaiting },
  { id: "mine", label: "Mine", match: (ticket) => isWaiting(ticket) && ticket.assignee?.id === session.user.id },
  { id: "unassigned", label: "Unassigned", match: (ticket) => isWaiting(ticket) && !ticket.assignee },
  { id: "solved", label: "Solved", match: (ticket) => !isActive(ticket) && ticket.status !== "merged", done: true },
  { id: "snoozed", label: "Snoozed", icon: "moon", match: (ticket) => isActive(ticket) && Boolean(ticket.snoozed_until) },
];
const CUSTOMER_VIEWS = [
  { id: "open", label: "Open", match: isActive },
  { id: "solved", label: "Solved", match: (ticket) => !isActive(ticket), done: true },
];
const ORDERS = {
  latest: { label: "Latest activity", compare: (a, b) => compare(lastActivity(b), lastActivity(a)) },
  oldest: { label: "Waiting longest", compare: (a, b) => compare(lastActivity(a), lastActivity(b)) },
  priority: { label: "Priority", compare: (a, b) => rank(b) - rank(a) || compare(lastActivity(a), lastActivity(b)) },
};

export class TicketsView {
  #scope = new Scope();
  #ticket = null;
  #order = "latest";
  #queue = "";
  #filter = "";

  constructor() {
    this.views = session.user.is_staff ? AGENT_VIEWS : CUSTOMER_VIEWS;
    this.view = this.views.find(({ id }) => id === localStorage.getItem(VIEW_KEY)) ?? this.views[0];
    this.list = new VirtualList({
      label: "Tickets", rowHeight: ROW_HEIGHT * parseFloat(getComputedStyle(document.documentElement).fontSize), key: ({ id }) => id, create: createRow,
      update: (node, ticket) => updateRow(node, ticket, this.#ticket?.id),
      onend: () => this.view.done && tickets.doneState !== "failed" && this.#moreDone(),
    });
    this.empty = h("div.empty", { hidden: true });
    this.tabs = new Map(this.views.map((view) => [view, this.#tab(view)]));
    this.placeholder = placeholder();
    this.detail = h("section.detail", { "aria-label": "Ticket" }, this.placeholder);
    this.element = h("div.tickets", {}, this.#panel(), this.detail);
  }

  start() {
    const render = oncePerFrame(() => this.render());
    this.#scope.add(tickets.subscribe(render), () => this.list.destroy(), () => this.#closeTicket());
    this.#scope.add(
      bind("j", "Next ticket", () => this.#step(1), { group: "Inbox" }),
      bind("k", "Previous ticket", () => this.#step(-1), { group: "Inbox" }),
      bind("u", "Back to the list", () => router.go("/"), { group: "Inbox" }),
      ...this.views.map((view, index) => bind(String(index + 1), view.label, () => this.#choose(view), { group: "Inbox" })),
    );
    this.render();
    if (this.view.done) this.#moreDone();
  }

  end() {
    this.#scope.end();
  }

  open(id) {
    if (this.#ticket?.id === id) return;
    this.#closeTicket();
    tickets.looked(id);
    this.element.classList.toggle("has-open", Boolean(id));
    if (id) {
      this.#ticket = new TicketView(id);
      fill(this.detail, this.#ticket.element);
      this.#ticket.start();
    } else fill(this.detail, this.placeholder);
    this.render();
  }

  render() {
    const all = [...tickets.rows.values()].filter((ticket) => !this.#queue || ticket.queue === this.#queue);
    for (const [view, tab] of this.tabs) {
      const isCounted = !view.done && !view.icon && tickets.state !== "loading";
      setText(tab.lastElementChild, (isCounted && all.filter(view.match).length) || "");
      tab.setAttribute("aria-selected", String(view === this.view));
      tab.tabIndex = view === this.view ? 0 : -1;
    }
    const text = this.#filter.toLowerCase();
    // A ticket that was opened by its address may be here before all others: it isn't the only one.
    const shown = this.#state === "loading" ? [] : all.filter((ticket) => this.view.match(ticket) && (!text || textOf(ticket).includes(text)));
    shown.sort(ORDERS[this.#order].compare);
    this.list.set(shown);
    this.#showEmpty(shown.length);
    showPlaceholder(this.placeholder);
  }

  get #state() {
    return this.view.done ? tickets.doneState : tickets.state;
  }

  #closeTicket() {
    this.#ticket?.end();
    this.#ticket = null;
    tickets.looked(null);
  }

  #panel() {
    const filter = h("input.input.quiet", {
      type: "search", placeholder: "Filter this list", "aria-label": "Filter this list",
      oninput: ({ target }) => ((this.#filter = target.value), this.render()),
    });
    const order = h("button.icon-button", { type: "button", "aria-label": "Sort and narrow", "aria-haspopup": "menu" }, icon("filter"));
    order.addEventListener("click", () => this.#orderMenu(order));
    const title = session.user.is_staff ? "Inbox" : "My tickets";
    return h("section.list-panel", { "aria-label": title },
      h("header.list-head", {}, h("h1", {}, title), h("div.list-tools", {}, h("div.filter", {}, icon("search"), filter), order)),
      h("div.tabs", { role: "tablist", "aria-label": "Views", onkeydown: (event) => this.#tabKeys(event) }, [...this.tabs.values()]),
      h("div.list-body", {}, this.empty, this.list.element));
  }

  #tab(view) {
    const name = view.icon ? [icon(view.icon), hiddenText(view.label)] : view.label;
    return h("button.tab", { type: "button", role: "tab", title: view.icon && view.label, onclick: () => this.#choose(view) }, name, h("span.tab-count"));
  }

  #tabKeys(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const index = this.views.indexOf(this.view);
    this.#choose(this.views[(index + step + this.views.length) % this.views.length]);
    this.tabs.get(this.view).focus();
  }

  #choose(view) {
    this.view = view;
    localStorage.setItem(VIEW_KEY, view.id);
    this.list.element.scrollTop = 0;
    this.render();
    if (view.done) this.#moreDone();
  }

  #moreDone() {
    this.doneUnderWay ??= tickets.loadDone().finally(() => (this.doneUnderWay = null));
  }

  #orderMenu(anchor) {
    const orders = Object.entries(ORDERS).map(([id, { label }]) => ({
      label, checked: id === this.#order, run: () => ((this.#order = id), this.render()),
    }));
    const queues = [{ slug: "", name: "All queues" }, ...tickets.queues].map(({ slug, name }) => ({
      label: name, checked: slug === this.#queue, run: () => ((this.#queue = slug), this.render()),
    }));
    menu(anchor, session.user.is_staff ? [{ heading: "Order" }, ...orders, { heading: "Queue" }, ...queues] : orders, { label: "Sort and narrow", align: "end" });
  }

  #step(by) {
    const index = this.#ticket ? this.list.indexOf(this.#ticket.id) : -1;
    const next = this.list.at(Math.max(0, Math.min(this.list.length - 1, index + by)));
    if (!next) return;
    router.go(`/tickets/${next.id}`);
    this.list.reveal(this.list.indexOf(next.id));
  }

  #showEmpty(count) {
    this.empty.hidden = count > 0;
    this.list.element.hidden = count === 0;
    if (count) return;
    const state = this.#state;
    if (state === "failed") return fill(this.empty, failed(() => void (this.view.done ? this.#moreDone() : tickets.load())));
    // Whether somebody has none at all is known when those that are done are.
    if (!session.user.is_staff && state === "ready" && tickets.doneState === "loading") this.#moreDone();
    if (state === "loading" || isUnknown()) return fill(this.empty, skeleton());
    fill(this.empty, isNew() ? welcome(newTicket) : nothing(this.view, this.#filter));
  }
}

export async function newTicket() {
  const part = await import("./new-ticket.js").catch(tellUnloaded);
  part?.showNewTicket();
}

function createRow() {
  const parts = {
    avatar: h("span.row-avatar"),
    subject: h("span.row-subject", { dir: "auto" }),
    time: h("time.row-time"),
    from: h("span.row-from"),
    due: h("time.row-due"),
    status: h("span.status"),
    priority: h("span.priority"),
    assignee: h("span.row-assignee"),
    fresh: h("span.fresh", {}, hiddenText("New activity")),
  };
  const link = h("a.row", {},
    parts.avatar,
    h("span.row-main", {},
      h("span.row-line", {}, parts.subject, parts.fresh, parts.time),
      h("span.row-line.muted", {}, parts.from, parts.due),
      h("span.row-line", {}, parts.status, parts.priority, parts.assignee)));
  const node = h("div.row-slot", { role: "listitem" }, link);
  node.parts = { ...parts, link };
  return node;
}

function updateRow(node, ticket, openId) {
  const { parts } = node;
  const isFresh = tickets.fresh.has(ticket.id);
  const open = ticket.id === openId;
  if (node.shown === ticket && node.isFresh === isFresh && node.open === open) return;
  const arrived = node.shown?.id === ticket.id && node.shown !== ticket;
  Object.assign(node, { shown: ticket, isFresh, open });
  parts.link.href = `/tickets/${ticket.id}`;
  if (open) parts.link.setAttribute("aria-current", "true");
  else parts.link.removeAttribute("aria-current");
  setText(parts.subject, ticket.subject);
  // Customers know who they are: their rows show who answers.
  const isAgent = session.user.is_staff;
  const other = isAgent ? ticket.requester : ticket.assignee;
  setText(parts.from, `${isAgent ? displayName(ticket.requester) : ticket.queue_name} · #${ticket.number}`);
  updateTime(parts.time, lastActivity(ticket));
  showDue(parts.due, nextClock(ticket));
  setStatus(parts.status, ticket.status);
  if (ticket.snoozed_until) setText(parts.status, `Until ${dateTime(ticket.snoozed_until)}`);
  setPriority(parts.priority, ticket.priority);
  setText(parts.assignee, ticket.assignee ? displayName(ticket.assignee) : isAgent ? "Unassigned" : "");
  parts.assignee.classList.toggle("nobody", !ticket.assignee);
  parts.fresh.hidden = !isFresh;
  node.classList.toggle("is-fresh", isFresh);
  if (parts.avatarOf !== (other?.id ?? null)) {
    parts.avatarOf = other?.id ?? null;
    fill(parts.avatar, avatar(other, { dot: true }));
  }
  if (arrived) flash(parts.link);
}

/** When the next thing that was promised is due, for those who are to do it. */
function showDue(element, clock) {
  element.hidden = !clock;
  if (!clock) return;
  const isReply = clock.metric === "first_response";
  element.dataset.state = clock.breached_at ? "overdue" : clock.warned_at ? "soon" : "";
  updateTime(element, clock.due_at, (moment) => `${isReply ? "Reply" : "Solution"} ${dueTime(moment)}`);
}

export function setStatus(element, status) {
  element.dataset.status = status;
  setText(element, STATUS_NAMES[status]);
}

export function setPriority(element, priority) {
  element.dataset.priority = priority;
  element.hidden = priority === "normal";
  setText(element, PRIORITY_NAMES[priority]);
}

function flash(element) {
  element.classList.remove("flash");
  void element.offsetWidth;
  element.classList.add("flash");
}

function textOf({ subject, number, requester, tags = [] }) {
  return `${subject} #${number} ${requester?.username ?? ""} ${requester?.name ?? ""} ${tags.join(" ")}`.toLowerCase();
}

function compare(one, other) {
  return one < other ? -1 : one > other ? 1 : 0;
}

function rank({ priority }) {
  return ["low", "normal", "high", "urgent"].indexOf(priority);
}
