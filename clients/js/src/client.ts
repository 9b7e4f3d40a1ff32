/** The client: subscriptions, sending and requests over one link. */

import { LivedeskError, newOwner, newRef, type Command, type Frame, type Member } from "./frames.js";
import type { EventOf } from "./events.js";
import type { ConnectionStatus, Link, Listener } from "./link.js";
import { Outbox, type Draft, type OutboxHost, type Pending, type Receipt } from "./outbox.js";
import { SocketLink, type SocketOptions } from "./socket.js";
import { Subscription, type SubscribeOptions, type SubscriptionHost } from "./subscription.js";
import { canShare, TabLink } from "./tabs.js";

export interface ClientOptions extends SocketOptions {
  /** Name of a group of tabs that share one socket, such as the user's id; they must belong to the same user. */
  share?: string | undefined;
  /** Where messages that wait to be sent survive a reload, such as `localStorage`. */
  storage?: Storage | undefined;
}

export interface HistoryPage {
  /** Oldest first. */
  events: Frame[];
  has_more: boolean;
}

type FrameListener = (frame: Frame) => void;

const TYPING_REPEAT = 3_000;
const TYPING_END = 5_000;

export class Client {
  readonly #link: Link;
  readonly #host: SubscriptionHost & OutboxHost;
  readonly #subscriptions = new Set<Subscription>();
  readonly #outbox: Outbox;
  readonly #owner = newOwner();
  readonly #requests = new Map<string, { resolve: FrameListener; reject(error: Error): void }>();
  readonly #listeners = new Map<string, Set<FrameListener>>();
  readonly #stateListeners = new Set<(status: ConnectionStatus) => void>();
  readonly #pendingListeners = new Set<(pending: Pending[]) => void>();
  readonly #refusedListeners = new Set<(pending: Pending, error: LivedeskError) => void>();
  readonly #held = new Map<string, Subscription>();
  readonly #typing = new Map<string, { sentAt: number; timer: ReturnType<typeof setTimeout> }>();
  readonly #readTo = new Map<string, number>();
  #connection: string | undefined;

  constructor(readonly options: ClientOptions) {
    const listener: Listener = {
      onStatus: (status) => this.#onStatus(status),
      onFrame: (frame) => this.#onFrame(frame),
    };
    this.#link =
      options.share && canShare() ? new TabLink(options, options.share, listener) : new SocketLink(options, listener);
    this.#host = {
      connected: () => this.connected,
      transmit: (command) => this.#transmit(command),
      forget: (subscription) => this.#subscriptions.delete(subscription),
      hold: (room) => this.#hold(room).ready(),
      release: (room) => this.#release(room),
      changed: (pending) => this.#pendingListeners.forEach((fn) => fn(pending)),
      refused: (pending, error) => this.#refusedListeners.forEach((fn) => fn(pending, error)),
    };
    this.#outbox = new Outbox(this.#host, options.storage, options.share ?? "");
  }

  get status(): ConnectionStatus {
    return this.#link.status;
  }

  get connected(): boolean {
    return this.#connection !== undefined && this.#link.status.state === "open";
  }

  /** Messages that aren't committed yet, oldest first. */
  get pending(): Pending[] {
    return this.#outbox.pending;
  }

  /** Connects, and stays connected. */
  start(): this {
    this.#link.start();
    this.#outbox.restore();
    return this;
  }

  /** Closes the socket and all subscriptions. `forget` drops messages that wait, too: at sign-out. */
  stop({ forget = false } = {}): void {
    this.#outbox.stop(!forget);
    this.#link.stop();
    for (const subscription of [...this.#subscriptions]) subscription.close();
    for (const { timer } of this.#typing.values()) clearTimeout(timer);
    this.#typing.clear();
    this.#held.clear();
  }

  /** Doesn't wait for the next attempt any longer. */
  retryNow(): void {
    this.#link.retryNow();
  }

  subscribe<T extends string = string>(room: string, options: SubscribeOptions<T> = {}): Subscription<T> {
    const subscription = new Subscription<T>(room, options, this.#host);
    this.#subscriptions.add(subscription);
    return subscription;
  }

  /** Stores a message; resolves once it is committed. Waits for the connection as long as it takes. */
  send<Message = unknown>(room: string, draft: Draft | string): Promise<Receipt<Message>> {
    this.typing(room, false);
    const data = typeof draft === "string" ? { content: draft } : draft;
    return this.#outbox.add(room, data) as Promise<Receipt<Message>>;
  }

  /** Takes back a message that waits. */
  cancel(clientId: string): void {
    this.#outbox.cancel(clientId);
  }

  /** Sends a frame with a `ref` and resolves with its reply. Rejects when refused, disconnected or unanswered. */
  request(command: Command, timeout = 10_000): Promise<Frame> {
    if (!this.connected) return Promise.reject(new LivedeskError("disconnected"));
    const ref = newRef(this.#owner);
    return new Promise<Frame>((resolve, reject) => {
      const timer = setTimeout(() => settle(reject, new LivedeskError("timeout")), timeout);
      const settle = <V>(finish: (value: V) => void, value: V) => {
        clearTimeout(timer);
        this.#requests.delete(ref);
        finish(value);
      };
      this.#requests.set(ref, {
        resolve: (frame) => settle(resolve, frame),
        reject: (error) => settle(reject, error),
      });
      this.#link.send({ ...command, ref });
    });
  }

  /** Events of the room before `before`, oldest first. */
  async history(room: string, { before, limit = 50 }: { before?: number; limit?: number } = {}): Promise<HistoryPage> {
    const data = { ...(before !== undefined && { before }), limit };
    return (await this.request({ type: "history", room, data })).data;
  }

  /** Call it on every key press; stops by itself. */
  typing(room: string, active = true): void {
    const known = this.#typing.get(room);
    clearTimeout(known?.timer);
    if (!active) {
      this.#typing.delete(room);
      if (known) this.#link.send({ type: "typing", room, data: { state: "stop" } });
      return;
    }
    const now = Date.now();
    const due = !known || now - known.sentAt >= TYPING_REPEAT;
    if (due) this.#link.send({ type: "typing", room, data: { state: "start" } });
    const timer = setTimeout(() => this.typing(room, false), TYPING_END);
    this.#typing.set(room, { sentAt: due ? now : known.sentAt, timer });
  }

  /** Tells that everything up to `seq` has been read: now, or once the room is live. */
  read(room: string, seq: number): void {
    if (seq <= (this.#readTo.get(room) ?? 0)) return;
    this.#readTo.set(room, seq);
    this.#tellRead(room);
  }

  /** Who is in a room that is subscribed to. */
  presence(room: string): Member[] {
    for (const subscription of this.#subscriptions) if (subscription.room === room) return subscription.members;
    return [];
  }

  /** WebRTC signalling to one member of the room. */
  signal(room: string, to: string, data: Record<string, unknown>): void {
    this.#link.send({ type: "signal", room, data: { ...data, to } });
  }

  /** Every frame of a type, of any room; `*`: all. Returns what ends it. */
  on<T extends string>(type: T, fn: (frame: EventOf<T>) => void): () => void {
    const listeners = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, listeners);
    return keep(listeners, fn as FrameListener);
  }

  onState(fn: (status: ConnectionStatus) => void): () => void {
    return keep(this.#stateListeners, fn);
  }

  /** Tells whenever `pending` changes. */
  onPending(fn: (pending: Pending[]) => void): () => void {
    return keep(this.#pendingListeners, fn);
  }

  /** Tells of messages that the server won't have; also of those that an earlier page left behind. */
  onRefused(fn: (pending: Pending, error: LivedeskError) => void): () => void {
    return keep(this.#refusedListeners, fn);
  }

  /** Of several listeners in one room each filters for itself: the server goes by what the last one asked for. */
  #transmit(command: Command): void {
    const { types: _, ...plain } = command;
    const listeners = [...this.#subscriptions].filter(({ room }) => room === command.room);
    this.#link.send(listeners.length > 1 ? (plain as Command) : command);
  }

  #tellRead(room: string): void {
    const seq = this.#readTo.get(room);
    if (!seq || ![...this.#subscriptions].some((one) => one.room === room && one.state === "live")) return;
    this.#link.send({ type: "read", room, data: { seq } });
  }

  #hold(room: string): Subscription {
    for (const known of this.#subscriptions) if (known.room === room && known.state !== "forbidden") return known;
    const subscription = this.subscribe(room);
    this.#held.set(room, subscription);
    return subscription;
  }

  #release(room: string): void {
    this.#held.get(room)?.close();
    this.#held.delete(room);
  }

  #onStatus(status: ConnectionStatus): void {
    const was = this.#connection;
    this.#connection = status.state === "open" ? status.connection : undefined;
    if (was !== undefined && was !== this.#connection) this.#disconnected();
    this.#stateListeners.forEach((fn) => fn(status));
    if (this.#connection !== undefined && was !== this.#connection) {
      for (const subscription of [...this.#subscriptions]) subscription.connected();
      this.#outbox.connected();
    }
  }

  #disconnected(): void {
    for (const subscription of this.#subscriptions) subscription.disconnected();
    for (const { reject } of [...this.#requests.values()]) reject(new LivedeskError("disconnected"));
  }

  #onFrame(frame: Frame): void {
    const request = frame.ref !== undefined && this.#requests.get(frame.ref);
    if (request) {
      if (frame.type === "error") request.reject(LivedeskError.from(frame));
      else request.resolve(frame);
    } else {
      this.#outbox.receive(frame);
    }
    for (const subscription of [...this.#subscriptions]) {
      if (frame.room === subscription.room || frame.type === "error") subscription.receive(frame);
    }
    if (frame.type === "room_joined") this.#tellRead(frame.room!);
    this.#listeners.get(frame.type)?.forEach((fn) => fn(frame));
    this.#listeners.get("*")?.forEach((fn) => fn(frame));
  }
}

/** A client that does nothing until `start()`. */
export function createClient(options: ClientOptions): Client {
  return new Client(options);
}

function keep<V>(set: Set<V>, value: V): () => void {
  set.add(value);
  return () => set.delete(value);
}
