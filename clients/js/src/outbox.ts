/** What was sent and isn't committed yet. In each room one message is under way at a time, so that order is kept. */

import { LivedeskError, newClientId, newOwner, newRef, type Command, type Frame } from "./frames.js";

/** The receipt of a message: its number in the room, and the message as REST shows it. */
export interface Receipt<Message = unknown> {
  seq: number | null;
  data: Message;
}

export interface Draft {
  content: string;
  /** Made up when absent; a retry with the same one creates nothing. */
  client_id?: string;
  kind?: string;
  in_reply_to?: string;
  [field: string]: unknown;
}

export interface Pending {
  room: string;
  data: Draft & { client_id: string };
}

interface Entry extends Pending {
  resolve(receipt: Receipt): void;
  reject(error: LivedeskError): void;
  promise: Promise<Receipt>;
}

export interface OutboxHost {
  connected(): boolean;
  transmit(command: Command): void;
  /** Keeps the room joined while messages for it wait; resolves when it is live. */
  hold(room: string): Promise<void>;
  release(room: string): void;
  changed(pending: Pending[]): void;
  /** The server won't have it. */
  refused(pending: Pending, error: LivedeskError): void;
}

const RECEIPT_TIMEOUT = 10_000;
const PREFIX = "livedesk:outbox:";

export class Outbox {
  #rooms = new Map<string, Entry[]>();
  #underWay = new Map<string, string>();
  #timers = new Map<string, ReturnType<typeof setTimeout>>();
  /** Rooms that wait to be live. */
  #starting = new Set<string>();
  readonly #owner = newOwner();
  /** When the last one was written; each has a time of its own, so that a later page knows the order. */
  #at = 0;

  /** `storage`, such as `localStorage`, keeps what waits over a reload; `scope` keeps users apart there. */
  constructor(
    readonly host: OutboxHost,
    readonly storage: Storage | undefined,
    readonly scope: string,
  ) {}

  get pending(): Pending[] {
    return [...this.#rooms.values()].flat().map(({ room, data }) => ({ room, data }));
  }

  /** Takes up what an earlier page of this user left behind. */
  restore(): void {
    const { storage } = this;
    if (!storage) return;
    const prefix = this.#key("");
    const keys = Array.from({ length: storage.length }, (_, index) => storage.key(index)!);
    const found = keys.filter((key) => key.startsWith(prefix)).map((key) => JSON.parse(storage.getItem(key)!));
    found.sort((a, b) => a.at - b.at);
    for (const { room, data } of found) this.add(room, data).catch(() => undefined);
  }

  add(room: string, draft: Draft): Promise<Receipt> {
    const data = { ...draft, client_id: draft.client_id ?? newClientId() };
    const queue = this.#rooms.get(room) ?? [];
    const known = queue.find((entry) => entry.data.client_id === data.client_id);
    if (known) return known.promise;
    const entry = { room, data } as Entry;
    entry.promise = new Promise((resolve, reject) => Object.assign(entry, { resolve, reject }));
    this.#rooms.set(room, queue);
    queue.push(entry);
    this.#at = Math.max(this.#at + 1, Date.now());
    try {
      this.storage?.setItem(this.#key(data.client_id), JSON.stringify({ room, data, at: this.#at }));
    } catch {
      // Full: it waits all the same, as long as this page is open.
    }
    this.host.changed(this.pending);
    if (queue.length === 1) this.#begin(room);
    return entry.promise;
  }

  /** Drops a message that hasn't been sent; its promise is rejected with code `stopped`. */
  cancel(clientId: string): void {
    for (const entry of [...this.#rooms.values()].flat()) {
      if (entry.data.client_id === clientId) this.#settle(entry, () => entry.reject(new LivedeskError("stopped")));
    }
  }

  /** The connection is open, again: whatever was under way may have been lost. */
  connected(): void {
    for (const room of this.#rooms.keys()) this.#begin(room);
  }

  receive(frame: Frame): boolean {
    const room = frame.ref && this.#underWay.get(frame.ref);
    const entry = room && this.#rooms.get(room)?.[0];
    if (!entry) return false;
    this.#underWay.delete(frame.ref!);
    if (frame.type !== "error") {
      this.#settle(entry, () => entry.resolve({ seq: frame.seq ?? null, data: frame.data }));
    } else if (["rate_limited", "server_error", "not_joined"].includes(frame.data?.code)) {
      this.#again(entry.room, 1_500);
    } else {
      this.#refuse(entry, LivedeskError.from(frame));
    }
    return true;
  }

  /** `keep`: what waits stays in the storage for the next page. */
  stop(keep: boolean): void {
    const entries = [...this.#rooms.values()].flat();
    this.#rooms.clear();
    this.#underWay.clear();
    for (const timer of this.#timers.values()) clearTimeout(timer);
    for (const { data, reject, promise } of entries) {
      promise.catch(() => undefined);
      reject(new LivedeskError("stopped"));
      if (!keep) this.storage?.removeItem(this.#key(data.client_id));
    }
  }

  #begin(room: string): void {
    if (!this.host.connected() || this.#starting.has(room) || !this.#rooms.get(room)?.length) return;
    this.#starting.add(room);
    this.host.hold(room).then(
      () => {
        this.#starting.delete(room);
        this.#transmit(room);
      },
      (error: LivedeskError) => {
        this.#starting.delete(room);
        if (error.code !== "forbidden") return this.#again(room, 0);
        for (const entry of [...(this.#rooms.get(room) ?? [])]) this.#refuse(entry, error);
      },
    );
  }

  #transmit(room: string): void {
    const entry = this.#rooms.get(room)?.[0];
    if (!entry || !this.host.connected()) return;
    for (const [ref, busy] of this.#underWay) if (busy === room) this.#underWay.delete(ref);
    const ref = newRef(this.#owner);
    this.#underWay.set(ref, room);
    this.host.transmit({ type: "send_message", room, ref, data: entry.data });
    this.#again(room, RECEIPT_TIMEOUT);
  }

  #again(room: string, delay: number): void {
    clearTimeout(this.#timers.get(room));
    this.#timers.set(room, setTimeout(() => this.#begin(room), delay));
  }

  #refuse(entry: Entry, error: LivedeskError): void {
    this.#settle(entry, () => entry.reject(error));
    this.host.refused({ room: entry.room, data: entry.data }, error);
  }

  #settle(entry: Entry, finish: () => void): void {
    const queue = this.#rooms.get(entry.room) ?? [];
    const first = queue[0] === entry;
    this.#rooms.set(entry.room, queue.filter((other) => other !== entry));
    this.storage?.removeItem(this.#key(entry.data.client_id));
    finish();
    this.host.changed(this.pending);
    if (queue.length > 1) {
      if (first) this.#transmit(entry.room);
      return;
    }
    clearTimeout(this.#timers.get(entry.room));
    this.#rooms.delete(entry.room);
    this.host.release(entry.room);
  }

  #key(clientId: string): string {
    return `${PREFIX}${this.scope}:${clientId}`;
  }
}
