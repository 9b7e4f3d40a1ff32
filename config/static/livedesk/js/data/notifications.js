// This user's notifications: the list, and absolute counters that every tab agrees on.

import { Topic } from "../core/signal.js";
import { api } from "./api.js";
import { live } from "./live.js";
import { session } from "./session.js";

class Notifications extends Topic {
  /** Newest first. */
  items = [];
  counts = { unread: 0, unseen: 0 };
  /** "loading", "ready", or "failed". */
  state = "loading";
  /** Told each new one. */
  arrived = new Topic();
  #subscription;
  #next = null;

  start() {
    let joined = false;
    this.#subscription = live().subscribe(`user:${session.user.id}`, {
      snapshot: () => this.load(),
      // What was read elsewhere is told once, to those who are there.
      onJoined: () => {
        if (joined) void api.get("notifications/counts/").then((counts) => this.#agree(counts), () => undefined);
        joined = true;
      },
      onEvent: (event) => this.#hear(event),
    });
  }

  stop() {
    this.#subscription?.close();
    this.items = [];
    this.counts = { unread: 0, unseen: 0 };
    this.state = "loading";
  }

  async load() {
    const page = await api.get("notifications/").catch((error) => {
      this.#become(this.state === "loading" ? "failed" : this.state);
      throw error;
    });
    this.state = "ready";
    this.items = page.results;
    this.counts = page.counts ?? this.counts;
    this.#next = page.next;
    this.tell();
    return page;
  }

  /** What couldn't be loaded at first. */
  async retry() {
    this.#become("loading");
    await this.load().catch(() => undefined);
  }

  #become(state) {
    this.state = state;
    this.tell();
  }

  get hasMore() {
    return Boolean(this.#next);
  }

  async loadMore() {
    if (!this.#next) return;
    const page = await api.get(this.#next);
    this.#next = page.next;
    const known = new Set(this.items.map(({ id }) => id));
    this.items = [...this.items, ...page.results.filter(({ id }) => !known.has(id))];
    this.tell();
  }

  async markRead(item) {
    if (item.read) return;
    this.#patch(item.id, { read: true, seen: true });
    this.#count(await api.post(`notifications/${item.id}/read/`));
  }

  async markAllRead() {
    this.items = this.items.map((item) => ({ ...item, read: true, seen: true }));
    this.#count(await api.post("notifications/mark-all-read/"));
  }

  async markAllSeen() {
    if (this.counts.unseen) this.#count(await api.post("notifications/mark-all-seen/"));
  }

  /** What is about a ticket is read with it. */
  async readTicket(id) {
    const unread = this.items.filter((item) => !item.read && item.url?.includes(id));
    for (const item of unread) await this.markRead(item).catch(() => undefined);
  }

  #hear({ type, data }) {
    if (type === "notification.counts") return this.#agree(data);
    if (type === "notification.updated") {
      const { title, message, data: about } = data;
      return this.#patch(data.id, { title, message, data: about });
    }
    if (type !== "notification.new" && type !== "notification.mentioned") return;
    // A bundled one comes again with a higher count: it moves to the top.
    this.items = [{ ...data, read: false }, ...this.items.filter(({ id }) => id !== data.id)];
    if (data.counts) this.counts = data.counts;
    this.tell();
    this.arrived.tell(data);
  }

  /** Fewer are unread than this tab shows: some were read elsewhere, and only the list says which. */
  #agree(counts) {
    this.#count(counts);
    if (this.items.filter(({ read }) => !read).length > counts.unread) void this.load().catch(() => undefined);
  }

  #patch(id, changes) {
    this.items = this.items.map((item) => (item.id === id ? { ...item, ...changes } : item));
    this.tell();
  }

  #count(counts) {
    if (!counts) return;
    const wasUnread = this.counts.unread;
    this.counts = { unread: counts.unread, unseen: counts.unseen };
    if (counts.unread === 0 && wasUnread) this.items = this.items.map((item) => ({ ...item, read: true }));
    this.tell();
  }
}

export const notifications = new Notifications();
