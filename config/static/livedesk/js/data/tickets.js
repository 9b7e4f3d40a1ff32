// The tickets this user sees, live. Agents hear their queues, everybody hears their own desk.

import { Topic } from "../core/signal.js";
import { api } from "./api.js";
import { live } from "./live.js";
import { remember } from "./names.js";
import { session } from "./session.js";

export const STATUSES = ["new", "open", "pending", "on_hold", "resolved", "closed", "merged"];
export const ACTIVE = ["new", "open", "pending", "on_hold"];
export const PRIORITIES = ["low", "normal", "high", "urgent"];
const PAGE = 200;
const TRY_AGAIN = 3000;

export const STATUS_NAMES = {
  new: "New", open: "Open", pending: "Pending", on_hold: "On hold", resolved: "Solved", closed: "Closed", merged: "Merged",
};
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
    this.state = "loading";
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
      if (turn !== this.#turn) return;
      if (this.state === "loading") this.state = "failed";
      this.tell();
    }
  }

  /** The next page of what is solved or closed; false when there is no more. */
  async loadDone() {
    if (this.#hasDone && !this.#moreDone) return false;
    const turn = this.#turn;
    const page = this.#hasDone
      ? await api.get(this.#moreDone)
      : await api.get("tickets/", { status: ["resolved", "closed"], page_size: PAGE });
    if (turn !== this.#turn) return false;
    this.#hasDone = true;
    this.#moreDone = page.next;
    page.results.forEach((row) => this.#keep(row));
    this.tell();
    return Boolean(page.next);
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
    if (!type.startsWith("ticket.")) return;
    if (type === "ticket.deleted") {
      this.rows.delete(data.id);
      this.fresh.delete(data.id);
      return this.tell(data.id);
    }
    if (type === "ticket.replied" && !this.rows.has(data.id)) return void this.#fetch(data.id, sender);
    this.#keep(data);
    if (sender !== session.user.username && data.id !== this.openId) {
      if (type === "ticket.created" || type === "ticket.replied") this.fresh.add(data.id);
    }
    this.tell(data.id);
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

function latest(one, other) {
  if (!one || !other) return one ?? other ?? null;
  return one > other ? one : other;
}

function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

export const tickets = new Tickets();
