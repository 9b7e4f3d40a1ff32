/** One listener's place in a room: joins, notices gaps, resumes, and hands each event over once and in order. */

import { newOwner, newRef, LivedeskError, type Command, type Cursor, type Frame, type Member } from "./frames.js";
import type { EventOf } from "./events.js";

export type RoomState =
  /** There is no connection. */
  | "waiting"
  | "joining"
  /** The log no longer reaches back to what one has: `snapshot` is being loaded. */
  | "reloading"
  | "live"
  /** Not allowed, or no longer. Tried again after a reconnect. */
  | "forbidden"
  | "closed";

export interface Joined extends Cursor {
  resumed: boolean;
  members: Member[];
  history: Frame[];
}

export interface SubscribeOptions<T extends string = string> {
  /** The last `seq` one has, and its `epoch`; 0: from the beginning. Without: from now on. */
  since?: number | undefined;
  epoch?: string | undefined;
  /** Only these types; gaps can't be noticed then. */
  types?: T[] | undefined;
  /** How many past events `onJoined` gets. */
  history?: number | undefined;
  /**
   * Loads what the room's events change and returns the `seq` and `epoch` it agrees with. Called at the start when
   * `since` isn't given, and whenever the log can't fill the gap.
   */
  snapshot?: (() => Promise<Cursor>) | undefined;
  onEvent?: ((event: EventOf<T>) => void) | undefined;
  onState?: ((state: RoomState) => void) | undefined;
  onJoined?: ((joined: Joined) => void) | undefined;
  onMembers?: ((members: Member[]) => void) | undefined;
}

export interface SubscriptionHost {
  connected(): boolean;
  transmit(command: Command): void;
  forget(subscription: Subscription): void;
}

const JOIN_TIMEOUT = 15_000;
const SNAPSHOT_RETRY = 3_000;

// eslint-disable-next-line @typescript-eslint/no-explicit-any
export class Subscription<T extends string = any> {
  state: RoomState = "waiting";
  /** The last event that was handed over. */
  cursor: Cursor | undefined;
  members: Member[] = [];
  readonly #owner = newOwner();
  #joinRef: string | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly room: string,
    readonly options: SubscribeOptions<T>,
    readonly host: SubscriptionHost,
  ) {
    if (options.since !== undefined) this.cursor = { seq: options.since, epoch: options.epoch };
    if (host.connected()) queueMicrotask(() => this.connected());
  }

  /** Leaves the room, when nobody else here wants it. */
  close(): void {
    if (this.state === "closed") return;
    clearTimeout(this.#timer);
    this.host.transmit({ type: "leave_room", room: this.room, ref: newRef(this.#owner) });
    this.#set("closed");
    this.host.forget(this);
  }

  /** Resolves when live; rejects when forbidden or closed. */
  ready(): Promise<void> {
    return new Promise((resolve, reject) => {
      const check = (): boolean => {
        if (this.state === "live") resolve();
        else if (this.state === "forbidden" || this.state === "closed") reject(new LivedeskError(this.state));
        else return false;
        return true;
      };
      if (!check()) this.#waiting.add(() => check());
    });
  }
  #waiting = new Set<() => boolean>();

  /** The connection is open, again. */
  connected(): void {
    if (this.state === "closed") return;
    if (this.cursor || !this.options.snapshot) this.#join();
    else void this.#reload();
  }

  disconnected(): void {
    clearTimeout(this.#timer);
    this.#joinRef = undefined;
    if (this.state !== "closed") this.#set("waiting");
  }

  receive(frame: Frame): void {
    if (this.state === "closed") return;
    if (frame.type === "room_joined") this.#joined(frame);
    else if (frame.type === "room_left") this.#left(frame);
    else if (frame.type === "error") this.#refused(frame);
    else if (this.state === "live") this.#event(frame);
  }

  #join(): void {
    if (!this.host.connected()) return;
    clearTimeout(this.#timer);
    this.#joinRef = newRef(this.#owner);
    this.#set("joining");
    const { types, history } = this.options;
    this.host.transmit({
      type: "join_room",
      room: this.room,
      ref: this.#joinRef,
      ...(this.cursor && { since: this.cursor.seq, epoch: this.cursor.epoch }),
      ...(types && { types }),
      ...(history && !this.cursor && { history }),
    });
    this.#timer = setTimeout(() => this.#join(), JOIN_TIMEOUT);
  }

  #joined(frame: Frame): void {
    if (!frame.ref || frame.ref !== this.#joinRef) return this.#joinedBySomebodyElse(frame);
    clearTimeout(this.#timer);
    this.#joinRef = undefined;
    const { seq, epoch, resumed = true, members = [], history = [] } = frame.data;
    if (this.cursor && !resumed && this.options.snapshot) return void this.#reload();
    if (!this.cursor || !resumed) this.cursor = { seq, epoch };
    this.cursor.epoch ??= epoch;
    this.options.onJoined?.({ seq, epoch, resumed, members, history });
    this.#setMembers(members);
    this.#set("live");
  }

  /** Another owner's join moved the socket's place in the room: does that leave a hole for this one? */
  #joinedBySomebodyElse(frame: Frame): void {
    if (this.state !== "live" || !this.cursor) return;
    const { seq, resumed, members } = frame.data;
    if (members) this.#setMembers(members);
    const covered = resumed !== false && frame.since !== undefined && frame.since <= this.cursor.seq;
    if (seq > this.cursor.seq && !covered) this.#join();
  }

  #left(frame: Frame): void {
    const reason = frame.data?.reason;
    if (reason === "forbidden") this.#set("forbidden");
  }

  #refused(frame: Frame): void {
    if (!frame.ref || frame.ref !== this.#joinRef) return;
    clearTimeout(this.#timer);
    const code = frame.data?.code;
    if (code === "forbidden" || code === "not_allowed") this.#set("forbidden");
    else this.#timer = setTimeout(() => this.#join(), 1_000 + Math.random() * 1_000);
  }

  #event(frame: Frame): void {
    if (frame.type === "user_joined" || frame.type === "user_left") this.#moveMember(frame);
    if (frame.seq !== undefined && this.cursor) {
      if (frame.seq <= this.cursor.seq) return;
      if (frame.seq > this.cursor.seq + 1 && !this.options.types) return this.#join();
      this.cursor = { seq: frame.seq, epoch: this.cursor.epoch };
    }
    const { types, onEvent } = this.options;
    if (!types || types.includes(frame.type as T)) onEvent?.(frame as EventOf<T>);
  }

  async #reload(): Promise<void> {
    this.#set("reloading");
    try {
      const { seq, epoch } = await this.options.snapshot!();
      this.cursor = { seq, epoch };
      if (this.state === "reloading") this.#join();
    } catch {
      if (this.state === "reloading") this.#timer = setTimeout(() => void this.#reload(), SNAPSHOT_RETRY);
    }
  }

  #moveMember(frame: Frame): void {
    const member = frame.data as Member;
    const others = this.members.filter(({ user_id }) => user_id !== member.user_id);
    this.#setMembers(frame.type === "user_joined" ? [...others, member] : others);
  }

  #setMembers(members: Member[]): void {
    this.members = members;
    this.options.onMembers?.(members);
  }

  #set(state: RoomState): void {
    if (this.state === state) return;
    this.state = state;
    this.options.onState?.(state);
    for (const check of this.#waiting) if (check()) this.#waiting.delete(check);
  }
}
