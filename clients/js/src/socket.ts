/** The connection: one socket at a time, kept open by a small state machine. */

import { CloseCode, newOwner, newRef, ownerOf, type Command, type Frame } from "./frames.js";
import { RoomOwners, type ConnectionStatus, type Link, type Listener, type StopReason } from "./link.js";
import { Backoff, Pacer } from "./timing.js";

export interface SocketOptions {
  /** `ws:`, `wss:`, `http:` or `https:` address, or a path of this page's server, of the `/api/v1/ws/connect` endpoint. */
  url: string;
  /**
   * An access token; `refresh` asks for a new one, since the last was refused or is about to expire. Null: signed out,
   * the client stops. A rejection counts as a network fault and is tried again.
   */
  getToken(options: { refresh: boolean }): Promise<string | null> | string | null;
  /** How the token goes to the server; in a query string it ends up in access logs. */
  tokenIn?: "subprotocol" | "query" | undefined;
  WebSocket?: typeof WebSocket | undefined;
  /** First and longest wait between attempts, in milliseconds; 1,000 and 30,000. */
  backoff?: { base?: number; cap?: number } | undefined;
  /** Milliseconds that an answer may take before the connection counts as dead; 10,000. */
  patience?: number | undefined;
  /** Milliseconds between pings, when the server doesn't say; 30,000. */
  heartbeat?: number | undefined;
}

/** Milliseconds open before the backoff starts from the beginning. */
const STABLE = 10_000;
const TICK = 5_000;
/** Seconds before its expiry that a token is renewed. */
const RENEW = 60;

export class SocketLink implements Link {
  status: ConnectionStatus = { state: "idle" };
  #socket: WebSocket | undefined;
  /** Rises with every attempt; what belongs to an older one is ignored. */
  #generation = 0;
  #refresh = false;
  #refused = 0;
  /** Milliseconds after which a server that restarts wants to be asked again. */
  #hint: number | undefined;
  #backoff: Backoff;
  #pacer = new Pacer();
  #owners = new RoomOwners();
  #self = newOwner();
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #deadline: ReturnType<typeof setTimeout> | undefined;
  #ticker: ReturnType<typeof setInterval> | undefined;
  #tickedAt = 0;
  #pingedAt = 0;
  #openedAt = 0;
  #renewAt = 0;
  #heartbeat: number;

  constructor(
    readonly options: SocketOptions,
    readonly listener: Listener,
  ) {
    this.#backoff = new Backoff(options.backoff?.base, options.backoff?.cap);
    this.#heartbeat = options.heartbeat ?? 30_000;
  }

  start(): void {
    if (this.status.state !== "idle" && this.status.state !== "stopped") return;
    if (!(this.options.WebSocket ?? globalThis.WebSocket)) throw Error("no WebSocket");
    this.#listen(true);
    this.#refused = 0;
    this.#backoff.reset();
    void this.#connect();
  }

  stop(reason: StopReason = "stopped"): void {
    if (this.status.state === "stopped") return;
    this.#listen(false);
    this.#drop(1000);
    this.#set({ state: "stopped", reason, code: this.status.code });
  }

  send(command: Command): void {
    if (this.status.state !== "open") return;
    const owner = command.ref ? ownerOf(command.ref) : this.#self;
    if (this.#owners.admit(command, owner)) this.#transmit(command);
  }

  retryNow(): void {
    const { state } = this.status;
    if (state === "waiting" || state === "offline") void this.#connect();
    else if (state === "open") this.#probe(3_000);
  }

  #set(status: ConnectionStatus): void {
    this.status = status;
    this.listener.onStatus(status);
  }

  async #connect(): Promise<void> {
    this.#drop(1000);
    const generation = this.#generation;
    this.#set({ state: "connecting", code: this.status.code });
    let token: string | null;
    try {
      token = await this.options.getToken({ refresh: this.#refresh });
    } catch {
      if (generation === this.#generation) this.#wait(this.#backoff.next());
      return;
    }
    if (generation !== this.#generation) return;
    if (token === null) return this.stop("unauthorized");
    this.#refresh = false;
    this.#renewAt = renewalTime(token);
    try {
      this.#open(token, generation);
    } catch {
      // The browser refuses the address or the token's characters: nothing that waiting makes worse.
      this.#wait(this.#backoff.next());
    }
  }

  #open(token: string, generation: number): void {
    const Socket = this.options.WebSocket ?? WebSocket;
    const url = socketUrl(this.options.url);
    const socket =
      this.options.tokenIn === "query"
        ? new Socket(`${url}${url.includes("?") ? "&" : "?"}token=${encodeURIComponent(token)}`)
        : new Socket(url, ["bearer", token]);
    this.#socket = socket;
    const current = () => generation === this.#generation;
    socket.onmessage = (message) => {
      if (current()) this.#receive(message.data);
    };
    socket.onclose = (close) => {
      if (current()) this.#closed(close.code);
    };
    this.#expect(this.options.patience ?? 10_000);
  }

  #receive(text: unknown): void {
    clearTimeout(this.#deadline);
    let frame: Frame;
    try {
      frame = JSON.parse(text as string);
    } catch {
      return;
    }
    if (frame.type === "reconnect") this.#hint = frame.data?.after * 1000;
    if (frame.type === "connected") this.#opened(frame);
    else if (frame.type === "pong") this.#settle();
    else this.listener.onFrame(frame.type === "room_joined" ? this.#owners.annotate(frame) : frame);
  }

  #opened(frame: Frame): void {
    const now = Date.now();
    this.#openedAt = this.#pingedAt = this.#tickedAt = now;
    const interval = frame.data?.heartbeat_interval;
    if (!this.options.heartbeat && interval > 0) this.#heartbeat = interval * 1000;
    this.#ticker = setInterval(() => this.#tick(), Math.min(TICK, this.#heartbeat));
    const connection = frame.data?.connection_id ?? String(now);
    this.#set({ state: "open", connection, hello: frame.data });
  }

  /** Renews the token, pings, and notices that the device slept: timers come late then. */
  #tick(): void {
    const now = Date.now();
    const slept = now - this.#tickedAt > 3 * TICK;
    this.#tickedAt = now;
    this.#settle();
    if (slept) this.#probe(3_000);
    else if (now - this.#pingedAt >= this.#heartbeat) this.#probe(this.options.patience ?? 10_000);
    if (now >= this.#renewAt) void this.#renew();
  }

  #settle(): void {
    if (this.status.state !== "open" || Date.now() - this.#openedAt < STABLE) return;
    this.#refused = 0;
    this.#backoff.reset();
  }

  #probe(patience: number): void {
    this.#pingedAt = Date.now();
    this.#transmit({ type: "ping" });
    this.#expect(patience);
  }

  /** Any frame within `patience`, or the connection is dead: browsers don't show protocol pings. */
  #expect(patience: number): void {
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => this.#closed(0), patience);
  }

  async #renew(): Promise<void> {
    this.#renewAt = Infinity;
    const generation = this.#generation;
    try {
      const token = await this.options.getToken({ refresh: true });
      if (token === null || generation !== this.#generation) return;
      this.#renewAt = renewalTime(token);
      this.#transmit({ type: "authenticate", token, ref: newRef(this.#self) });
    } catch {
      this.#renewAt = Date.now() + 15_000;
    }
  }

  #transmit(command: Command): void {
    const socket = this.#socket;
    const text = JSON.stringify(command);
    this.#pacer.run(() => {
      if (socket === this.#socket && socket?.readyState === 1) socket.send(text);
    });
  }

  #closed(code: number): void {
    const hint = this.#hint;
    this.#drop(1000);
    this.status = { ...this.status, code };
    if (code === CloseCode.forbidden) return this.stop("forbidden");
    if (code === CloseCode.unauthorized || code === CloseCode.unauthorizedLegacy) {
      this.#refresh = true;
      if (++this.#refused > 3) return this.stop("unauthorized");
      return this.#refused === 1 ? void this.#connect() : this.#wait(this.#backoff.next());
    }
    if (code === CloseCode.restarting) {
      return this.#wait(hint! >= 0 ? hint! : 500 + Math.random() * 2_000);
    }
    this.#wait(code === CloseCode.tooMany ? Math.max(5_000, this.#backoff.next()) : this.#backoff.next());
  }

  #wait(delay: number): void {
    const offline = globalThis.navigator?.onLine === false;
    const retryIn = offline ? this.#backoff.cap : delay;
    this.#retryTimer = setTimeout(() => void this.#connect(), retryIn);
    this.#set({ state: offline ? "offline" : "waiting", retryIn, code: this.status.code });
  }

  #drop(code: number): void {
    this.#generation++;
    clearTimeout(this.#retryTimer);
    clearTimeout(this.#deadline);
    clearInterval(this.#ticker);
    this.#pacer.clear();
    this.#owners.clear();
    this.#hint = undefined;
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket && socket.readyState < 2) socket.close(code);
  }

  #listen(on: boolean): void {
    const target = globalThis as Partial<Pick<Window, "addEventListener" | "removeEventListener">>;
    const change = on ? target.addEventListener : target.removeEventListener;
    for (const name of ["online", "offline", "pageshow", "visibilitychange"]) {
      change?.call(globalThis, name, this.#wake, true);
    }
  }

  readonly #wake = (event: Event): void => {
    if (event.type === "visibilitychange" && document.visibilityState === "hidden") return;
    if (event.type === "offline") {
      if (this.status.state === "open") this.#probe(3_000);
      else if (this.status.state === "waiting") this.#set({ ...this.status, state: "offline" });
    } else this.retryNow();
  };
}

function socketUrl(url: string): string {
  const absolute = globalThis.location ? new URL(url, location.href).href : url;
  return absolute.replace(/^http/, "ws");
}

/** When to renew a token, in milliseconds since 1970; never, for one that doesn't say when it expires. */
function renewalTime(token: string): number {
  try {
    const payload = token.split(".")[1]!.replace(/-/g, "+").replace(/_/g, "/");
    const { exp } = JSON.parse(atob(payload)) as { exp?: unknown };
    return typeof exp === "number" ? Math.max((exp - RENEW) * 1000, Date.now() + 5_000) : Infinity;
  } catch {
    return Infinity;
  }
}
