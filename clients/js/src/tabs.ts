/**
 * One socket for all tabs of a user. The tab that holds a Web Lock has the socket; the others reach it over a
 * BroadcastChannel. When it goes, the lock passes to another tab, and to the rest it looks like a reconnect.
 */

import { ownerOf, type Command, type Frame } from "./frames.js";
import type { ConnectionStatus, Link, Listener, StopReason } from "./link.js";
import { SocketLink, type SocketOptions } from "./socket.js";

type Post =
  | { kind: "frame"; frame: Frame }
  | { kind: "status"; status: ConnectionStatus }
  | { kind: "command"; command: Command }
  /** A tab that is new; that wants to know whether the holder lives; that wants it to try again now. */
  | { kind: "hello" | "ask" | "retry" }
  /** The holder lives. */
  | { kind: "here" }
  /** A tab goes, and with it what it had joined. */
  | { kind: "leave"; rooms: [room: string, ref: string][] };

/** Whether this browser, on this page, has what sharing takes; Web Locks need HTTPS or localhost. */
export function canShare(): boolean {
  return typeof BroadcastChannel === "function" && !!globalThis.navigator?.locks;
}

/** Milliseconds between two questions whether the holder lives, and how long it has for the answer. */
const ASK = 10_000;
const ANSWER = 8_000;

export class TabLink implements Link {
  status: ConnectionStatus = { state: "idle" };
  #channel: BroadcastChannel | undefined;
  #socket: SocketLink | undefined;
  #release: (() => void) | undefined;
  #abort: AbortController | undefined;
  #ticker: ReturnType<typeof setInterval> | undefined;
  #tickedAt = 0;
  #deadline: ReturnType<typeof setTimeout> | undefined;
  /** What this tab has joined, with the owner's last reference. */
  #joined = new Map<string, [string, string]>();

  constructor(
    readonly options: SocketOptions,
    readonly name: string,
    readonly listener: Listener,
  ) {}

  start(): void {
    if (this.#channel) return this.retryNow();
    const channel = (this.#channel = new BroadcastChannel(`livedesk:${this.name}`));
    channel.onmessage = ({ data }: MessageEvent<Post>) => this.#hear(data);
    this.#compete();
    this.#ask("ask");
    this.#tickedAt = Date.now();
    this.#ticker = setInterval(() => this.#tick(), ASK);
    this.#listen(true);
  }

  stop(reason: StopReason = "stopped"): void {
    if (!this.#channel) return;
    this.#leave();
    this.#listen(false);
    clearInterval(this.#ticker);
    clearTimeout(this.#deadline);
    this.#channel.close();
    this.#channel = undefined;
    this.#abort?.abort();
    this.#giveUp();
    this.#set({ state: "stopped", reason });
  }

  send(command: Command): void {
    // What one tab filters out another may want: each filters for itself.
    const { types: _, ...plain } = command;
    if (plain.ref && plain.room) {
      const owner = ownerOf(plain.ref);
      if (plain.type === "join_room") this.#joined.set(owner, [plain.room, plain.ref]);
      if (plain.type === "leave_room") this.#joined.delete(owner);
    }
    if (this.#socket) this.#socket.send(plain as Command);
    else this.#post({ kind: "command", command: plain as Command });
  }

  retryNow(): void {
    if (this.#socket) this.#serve({ kind: "retry" }, this.#socket);
    else if (this.#channel) this.#ask("retry");
  }

  /** Waits for the lock; `steal`: takes it from a holder that is frozen. */
  #compete(steal = false): void {
    this.#abort?.abort();
    const abort = (this.#abort = new AbortController());
    const held = () => (abort.signal.aborted ? undefined : this.#hold());
    this.#set({ state: "connecting" });
    this.#post({ kind: "hello" });
    navigator.locks.request(`livedesk:${this.name}`, steal ? { steal } : { signal: abort.signal }, held).catch(() => {
      // Another tab took this one for dead.
      if (abort.signal.aborted || !this.#socket) return;
      this.#giveUp();
      this.#compete();
    });
  }

  /** Has the socket until the returned promise resolves. */
  #hold(): Promise<void> {
    this.#joined.clear();
    clearTimeout(this.#deadline);
    const socket = new SocketLink(this.options, {
      onStatus: (status) => {
        if (socket !== this.#socket) return;
        // Without a token of its own this tab is of no use; another one may have a better.
        if (status.state === "stopped") return this.stop(status.reason);
        this.#post({ kind: "status", status });
        this.#set(status);
      },
      onFrame: (frame) => {
        this.#post({ kind: "frame", frame });
        this.listener.onFrame(frame);
      },
    });
    this.#socket = socket;
    socket.start();
    return new Promise((resolve) => (this.#release = resolve));
  }

  #giveUp(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.stop();
    this.#release?.();
  }

  #hear(post: Post): void {
    if (this.#socket) return this.#serve(post, this.#socket);
    if (post.kind === "frame") this.listener.onFrame(post.frame);
    else if (post.kind === "status") this.#set(post.status);
    else if (post.kind !== "here") return;
    clearTimeout(this.#deadline);
  }

  /** Asks whether the holder lives, and after a sleep, whether its connection does. */
  #tick(): void {
    const slept = Date.now() - this.#tickedAt > 2 * ASK;
    this.#tickedAt = Date.now();
    if (!this.#socket && !isHidden()) this.#ask(slept ? "retry" : "ask");
  }

  #ask(kind: "ask" | "retry"): void {
    this.#post({ kind });
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => this.#compete(true), ANSWER);
  }

  #serve(post: Post, socket: SocketLink): void {
    if (post.kind === "hello") this.#post({ kind: "status", status: socket.status });
    else if (post.kind === "ask" || post.kind === "retry") {
      this.#post({ kind: "here" });
      if (post.kind === "retry") socket.retryNow();
    } else if (post.kind === "command") socket.send(post.command);
    else if (post.kind === "leave") {
      for (const [room, ref] of post.rooms) socket.send({ type: "leave_room", room, ref });
    }
  }

  #set(status: ConnectionStatus): void {
    this.status = status;
    this.listener.onStatus(status);
  }

  #post(post: Post): void {
    this.#channel?.postMessage(post);
  }

  #listen(on: boolean): void {
    const target = globalThis as Partial<Pick<Window, "addEventListener" | "removeEventListener">>;
    const change = on ? target.addEventListener : target.removeEventListener;
    change?.call(globalThis, "pagehide", this.#leave);
    for (const name of ["online", "pageshow", "visibilitychange"]) change?.call(globalThis, name, this.#wake, true);
  }

  /** The holder may be a tab that nobody looks at, and hear of nothing. */
  readonly #wake = (event: Event): void => {
    if (this.#socket || isHidden()) return;
    // Back from the browser's cache, and out of all rooms since.
    if ((event as PageTransitionEvent).persisted) this.#compete();
    else this.#ask("retry");
  };

  readonly #leave = (): void => {
    if (!this.#socket && this.#joined.size) this.#post({ kind: "leave", rooms: [...this.#joined.values()] });
    this.#joined.clear();
  };
}

function isHidden(): boolean {
  return globalThis.document?.visibilityState === "hidden";
}
