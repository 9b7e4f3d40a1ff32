/** A link carries frames to and from the server: a socket of this tab, or that of another tab. */

import type { Command, Frame } from "./frames.js";

export type ConnectionState =
  /** Not started yet. */
  | "idle"
  /** Getting a token, opening a socket, or waiting for the server's `connected`. */
  | "connecting"
  | "open"
  /** The connection was lost; the next attempt is in `retryIn` milliseconds. */
  | "waiting"
  /** The device says that it has no network. An attempt follows when it says otherwise, or after 30 s. */
  | "offline"
  /** Over for good, for `reason`. Only `start()` begins again. */
  | "stopped";

export type StopReason =
  /** `stop()` was called. */
  | "stopped"
  /** There is no token any more: sign in again. */
  | "unauthorized"
  /** The server says that this user may not be here. */
  | "forbidden";

export interface ConnectionStatus {
  state: ConnectionState;
  /** Close code of the last connection, once there was one. */
  code?: number | undefined;
  retryIn?: number | undefined;
  reason?: StopReason | undefined;
  /** The server's name for the open connection; changes with every reconnect. */
  connection?: string | undefined;
  /** Data of the `connected` frame. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  hello?: any;
}

export interface Listener {
  onStatus(status: ConnectionStatus): void;
  onFrame(frame: Frame): void;
}

export interface Link {
  readonly status: ConnectionStatus;
  start(): void;
  /** Closes; `reason` goes into the status. */
  stop(reason?: StopReason): void;
  /** Sends when open, else drops: whoever sent it asks again after a reconnect. */
  send(command: Command): void;
  /** Doesn't wait for the backoff any longer. */
  retryNow(): void;
}

/** Which owners want which room of a shared socket. A room is left when the last one leaves. */
export class RoomOwners {
  #owners = new Map<string, Set<string>>();
  #asked = new Map<string, number | undefined>();

  /** Notes a join or leave; false: don't send it, somebody still wants the room. */
  admit(command: Command, owner: string): boolean {
    const { room } = command;
    if (!room) return true;
    if (command.type === "join_room") {
      this.#asked.set(command.ref!, command.since as number | undefined);
      const owners = this.#owners.get(room) ?? new Set();
      this.#owners.set(room, owners.add(owner));
    } else if (command.type === "leave_room") {
      const owners = this.#owners.get(room);
      owners?.delete(owner);
      if (owners?.size) return false;
      this.#owners.delete(room);
    }
    return true;
  }

  /** Adds to a `room_joined` what was asked for, so that other owners can tell whether it covers them. */
  annotate(frame: Frame): Frame {
    if (!frame.ref || !this.#asked.has(frame.ref)) return frame;
    const since = this.#asked.get(frame.ref);
    this.#asked.delete(frame.ref);
    return since === undefined ? frame : { ...frame, since };
  }

  clear(): void {
    this.#owners.clear();
    this.#asked.clear();
  }
}
