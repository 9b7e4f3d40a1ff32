/** What travels on the socket: the canonical dialect of `/api/v1/ws/connect`. */

/** Any frame from the server. Durable events have `id` and `seq`; replies to a frame with `ref` repeat it. */
export interface Frame {
  type: string;
  room?: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  data?: any;
  /** Username that caused it, or null. */
  sender?: string | null;
  /** ISO-8601 in UTC. */
  timestamp?: string;
  id?: string;
  /** Number of a durable event in its room: 1, 2, 3 … without gaps. */
  seq?: number;
  ref?: string;
  /** On `room_joined` only, added by this client: what the join had asked for. */
  since?: number;
}

/** Any frame to the server. */
export interface Command {
  type: string;
  room?: string;
  ref?: string;
  [field: string]: unknown;
}

/** A place in a room's log: the last number one has, and the log it belongs to. */
export interface Cursor {
  seq: number;
  epoch?: string | undefined;
}

export interface Member {
  user_id: string;
  username: string;
}

/** Close codes of the server. 4001 is 4401 on `/ws`. */
export const CloseCode = {
  malformed: 4400,
  unauthorized: 4401,
  unauthorizedLegacy: 4001,
  forbidden: 4403,
  idle: 4408,
  slowReader: 4409,
  tooLarge: 4413,
  tooMany: 4429,
  serverError: 4500,
  restarting: 4503,
} as const;

/** What the server refused, with its stable `code`; or, with code `stopped` or `timeout`, what never reached it. */
export class LivedeskError extends Error {
  override readonly name = "LivedeskError";
  constructor(
    readonly code: string,
    message: string = code,
    /** What else the server said of it, such as `message`: the id of the one that a collision is with. */
    readonly data: Record<string, unknown> = {},
  ) {
    super(message);
  }

  static from(frame: Frame): LivedeskError {
    const { reason, code = "server_error", error } = frame.data ?? {};
    return new LivedeskError(reason ?? code, error, frame.data);
  }
}

let counter = 0;
const origin = randomText(6);

/** A reference that no other frame of any tab has. */
export function newRef(owner: string): string {
  return `${owner}.${(++counter).toString(36)}`;
}

/** A name for the sender of frames, unique over tabs. */
export function newOwner(): string {
  return `${origin}.${(++counter).toString(36)}`;
}

export function ownerOf(ref: string): string {
  return ref.slice(0, ref.lastIndexOf("."));
}

/** 128 random bits; `crypto.randomUUID` is missing on plain-HTTP pages. */
export function newClientId(): string {
  return randomText(16);
}

function randomText(bytes: number): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
