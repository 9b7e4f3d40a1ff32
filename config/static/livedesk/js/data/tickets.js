// The tickets this user sees, live. Agents hear their queues, everybody hears their own desk.

import { Topic } from "../core/signal.js";
import { api } from "./api.js";
import { live } from "./live.js";
import { remember } from "./names.js";
import { session } from "./session.js";

export const STATUSES = ["new", "open", "pending", "on_hold", "resolved", "closed", "merged"];
export const ACTIVE = ["new", "open", "pending", "on_hold"];
const DONE = ["resolved", "closed"];
export const PRIORITIES = ["low", "normal", "high", "urgent"];
const PAGE = 200;
const TRY_AGAIN = 3000;

export const STATUS_NAMES = {
  new: "New", open: "Open", pending: "Pending", on_hold: "On hold", resolved: "Solved", closed: "Closed", merged: "Merged",
};
/** When the next promise that still runs ends, for agents: {metric, due_at, warned_at, …}, or undefined. */
export function nextClock({ clocks = [] }) {
  return clocks.filter(({ state, due_at: due }) => state === "running" && due).sort((a, b) => (a.due_at < b.due_at ? -1 : 1))[0];
}

export const PRIORITY_NAMES = { low: "Low", normal: "Normal", high: "High", urgent: "Urgent" };

export function lastActivity(ticket) {
  return ticket.last_reply_at ?? ticket.created_at;
}

class Tickets extends Topic {
  rows = new Map();
  queues = [];
  /** Tickets in which something happened that this user hasn't looked at. */
  fresh = new Set();
  /** "loading", "ready", or "failed". */
  state = "loading";
  /** The same of what is done, which is loaded when somebody looks for it. */
  doneState = "loading";
  #subscriptions = [];
  #hasDone = false;
  #moreDone = null;
  /** Rises with every user: what was asked for an earlier one is nobody else's to see. */
  #turn = 0;
  /** The one on screen: its news isn't new. */
  openId = null;

  async start() {
    const user = session.user;
    const turn = this.#turn;
    this.#listen(`desk:${user.id}`);
    const queues = await this.#loadQueues(turn);
    if (turn !== this.#turn) return;
    this.queues = queues;
    this.tell();
    if (user.is_staff) for (const { slug } of this.queues) this.#listen(`queue:${slug}`);
    await Promise.race([Promise.all(this.#subscriptions.map((one) => one.ready().catch(() => undefined))), pause(1500)]);
    if (turn === this.#turn) await this.load();
  }

  stop() {
    this.#turn += 1;
    this.#subscriptions.splice(0).forEach((one) => one.close());
    this.rows.clear();
    this.queues = [];
    this.fresh.clear();
    this.#hasDone = false;
    this.state = this.doneState = "loading";
  }

  /** As long as it takes: without them an agent would hear of nothing. */
  async #loadQueues(turn) {
    for (;;) {
      try {
        return (await api.get("queues/", { page_size: PAGE })).results;
      } catch (error) {
        if ((error.status >= 400 && error.status < 429) || turn !== this.#turn) return [];
        await pause(TRY_AGAIN);
      }
    }
  }

  /** All that somebody still has to do something about, page by page. What was so before and is no more goes. */
  async load() {
    const turn = this.#turn;
    if (this.state === "failed") this.#become({ state: "loading" });
    const before = [...this.rows.values()].filter(({ status }) => ACTIVE.includes(status));
    const found = new Set();
    try {
      let page = await api.get("tickets/", { status: ACTIVE, page_size: PAGE });
      while (turn === this.#turn) {
        for (const row of page.results) found.add(row.id), this.#keep(row);
        this.state = "ready";
        this.tell();
        if (!page.next) break;
        page = await api.get(page.next);
      }
      if (turn !== this.#turn) return;
      const gone = before.filter((row) => !found.has(row.id) && this.rows.get(row.id) === row);
      for (const { id } of gone) this.rows.delete(id);
      if (before.length) this.#hasDone = false;
      if (gone.length) this.tell();
    } catch {
      if (turn === this.#turn) this.#become({ state: this.state === "loading" ? "failed" : this.state });
    }
  }

  /** The next page of what is done; false when there is no more, or it couldn't be loaded. */
  async loadDone() {
    if (this.#hasDone && !this.#moreDone) return false;
    const turn = this.#turn;
    if (this.doneState === "failed") this.#become({ doneState: "loading" });
    try {
      const page = this.#hasDone ? await api.get(this.#moreDone) : await api.get("tickets/", { status: doneStatuses(), page_size: PAGE });
      if (turn !== this.#turn) return false;
      this.#hasDone = true;
      this.#moreDone = page.next;
      page.results.forEach((row) => this.#keep(row));
      this.#become({ doneState: "ready" });
      return Boolean(page.next);
    } catch {
      if (turn === this.#turn && !this.#hasDone) this.#become({ doneState: "failed" });
      return false;
    }
  }

  #become(states) {
    Object.assign(this, states);
    this.tell();
  }

  get(id) {
    return this.rows.get(id);
  }

  /** Takes a row that came with an answer or an event. */
  take(row) {
    this.#keep(row);
    this.tell(row.id);
  }

  looked(id) {
    this.openId = id;
    if (this.fresh.delete(id)) this.tell(id);
  }

  #listen(room) {
    let joined = false;
    this.#subscriptions.push(
      live().subscribe(room, {
        onJoined: ({ resumed }) => {
          if ((joined && !resumed) || this.state === "failed") void this.load();
          joined = true;
        },
        onEvent: (event) => this.#hear(event),
      }),
    );
  }

  #hear({ type, data, sender }) {
    if (type === "sla.warning" || type === "sla.breached") return this.#mark(data);
    if (!type.startsWith("ticket.")) return;
    if (type === "ticket.deleted") {
      this.rows.delete(data.id);
      this.fresh.delete(data.id);
      return this.tell(data.id);
    }
    if (type === "ticket.replied" && !this.rows.has(data.id)) return void this.#fetch(data.id, sender);
    if (type === "ticket.replied" && this.#wasAwaited(data, sender)) void this.#reload(data.id);
    this.#keep(data);
    if (sender !== session.user.username && data.id !== this.openId) {
      if (type === "ticket.created" || type === "ticket.replied") this.fresh.add(data.id);
    }
    this.tell(data.id);
  }

  /** Whether a reply may have stopped a clock, of which the event of lists says nothing. */
  #wasAwaited({ id }, sender) {
    const { clocks = [], requester } = this.rows.get(id);
    return sender !== requester?.username && clocks.some(({ metric, state }) => metric === "first_response" && state !== "stopped");
  }

  async #reload(id) {
    const row = await api.get(`tickets/${id}/`).catch(() => null);
    if (row) this.take(row);
  }

  /** A clock has come to its warning or its end. */
  #mark({ ticket_id: id, ...clock }) {
    const row = this.rows.get(id);
    if (!row?.clocks) return;
    this.rows.set(id, { ...row, clocks: row.clocks.map((one) => (one.metric === clock.metric ? { ...one, ...clock } : one)) });
    this.tell(id);
  }

  async #fetch(id, sender) {
    const row = await api.get(`tickets/${id}/`).catch(() => null);
    if (!row) return;
    this.#keep(row);
    if (sender !== session.user.username && id !== this.openId) this.fresh.add(id);
    this.tell(id);
  }

  /** Rows come from several places in any order: a higher version wins, and the later of two replies. */
  #keep(row) {
    const known = this.rows.get(row.id);
    remember(row.requester, row.assignee);
    if (!known) {
      if (row.status) this.rows.set(row.id, row);
      return;
    }
    const stale = row.version !== undefined && row.version < known.version;
    const merged = stale ? { ...known } : { ...known, ...row };
    merged.last_reply_at = latest(known.last_reply_at, row.last_reply_at);
    this.rows.set(row.id, merged);
  }
}

/** Where a customer's merged ticket went is found in it; agents find it in the one that stays. */
function doneStatuses() {
  return session.user.is_staff ? DONE : [...DONE, "merged"];
}

function latest(one, other) {
  if (!one || !other) return one ?? other ?? null;
  return one > other ? one : other;
}

function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

export const tickets = new Tickets();
