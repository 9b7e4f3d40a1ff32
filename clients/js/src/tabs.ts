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
  /** A tab that is new, or wants the holder to try again now. */
  | { kind: "hello" | "retry" }
  /** A tab goes, and with it what it had joined. */
  | { kind: "leave"; rooms: [room: string, ref: string][] };

/** Whether this browser, on this page, has what sharing takes; Web Locks need HTTPS or localhost. */
export function canShare(): boolean {
  return typeof BroadcastChannel === "function" && !!globalThis.navigator?.locks;
}

export class TabLink implements Link {
  status: ConnectionStatus = { state: "idle" };
  #channel: BroadcastChannel | undefined;
  #socket: SocketLink | undefined;
  #release: (() => void) | undefined;
  #abort: AbortController | undefined;
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
    this.#set({ state: "connecting" });
    this.#post({ kind: "hello" });
    const abort = (this.#abort = new AbortController());
    const held = () => (abort.signal.aborted ? undefined : this.#hold());
    navigator.locks.request(`livedesk:${this.name}`, { signal: abort.signal }, held).catch(() => undefined);
    globalThis.addEventListener?.("pagehide", this.#leave);
  }

  stop(reason: StopReason = "stopped"): void {
    if (!this.#channel) return;
    this.#leave();
    globalThis.removeEventListener?.("pagehide", this.#leave);
    this.#channel.close();
    this.#channel = undefined;
    this.#abort?.abort();
    this.#socket?.stop(reason);
    this.#socket = undefined;
    this.#release?.();
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
    else this.#post({ kind: "retry" });
  }

  /** Has the socket until the returned promise resolves. */
  #hold(): Promise<void> {
    this.#joined.clear();
    this.#socket = new SocketLink(this.options, {
      onStatus: (status) => {
        this.#post({ kind: "status", status });
        this.#set(status);
      },
      onFrame: (frame) => {
        this.#post({ kind: "frame", frame });
        this.listener.onFrame(frame);
      },
    });
    this.#socket.start();
    return new Promise((resolve) => (this.#release = resolve));
  }

  #hear(post: Post): void {
    if (this.#socket) this.#serve(post, this.#socket);
    else if (post.kind === "frame") this.listener.onFrame(post.frame);
    else if (post.kind === "status") this.#set(post.status);
  }

  #serve(post: Post, socket: SocketLink): void {
    if (post.kind === "hello") this.#post({ kind: "status", status: socket.status });
    else if (post.kind === "retry") {
      socket.start();
      socket.retryNow();
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

  readonly #leave = (): void => {
    if (!this.#socket && this.#joined.size) this.#post({ kind: "leave", rooms: [...this.#joined.values()] });
    this.#joined.clear();
  };
}
