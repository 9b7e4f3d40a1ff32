/** The small older interface: one socket, listeners by type, a few attempts. For pages that know `/ws`. */

type Handler = (frame: Record<string, unknown>) => void;

const PING_EVERY = 30_000;
const ATTEMPTS = 5;

export class LivedeskSocket {
  #socket: WebSocket | undefined;
  #handlers = new Map<string, Set<Handler>>();
  #attempts = 0;
  #token: string | undefined;
  #ping: ReturnType<typeof setInterval> | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;

  /** `url`: that of any of the server's socket endpoints; `delay`: milliseconds before the first new attempt. */
  constructor(
    readonly url: string,
    readonly delay = 1000,
    readonly Socket: typeof WebSocket = WebSocket,
  ) {}

  get connected(): boolean {
    return this.#socket?.readyState === 1;
  }

  connect(token: string): void {
    this.disconnect();
    this.#token = token;
    this.#attempts = 0;
    this.#open();
  }

  disconnect(): void {
    this.#token = undefined;
    clearTimeout(this.#retry);
    clearInterval(this.#ping);
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close(1000);
  }

  /** Sends as JSON; false when there is no connection. */
  send(data: unknown): boolean {
    if (!this.connected) return false;
    this.#socket!.send(JSON.stringify(data));
    return true;
  }

  /** `type`: of the frame (`action` or `event` where it has no `type`), `open`, `close`, or `*` for every frame. */
  on(type: string, fn: Handler): void {
    this.#handlers.set(type, (this.#handlers.get(type) ?? new Set()).add(fn));
  }

  /** Without `fn`: all of the type. */
  off(type: string, fn?: Handler): void {
    if (fn) this.#handlers.get(type)?.delete(fn);
    else this.#handlers.delete(type);
  }

  #open(): void {
    const separator = this.url.includes("?") ? "&" : "?";
    const socket = new this.Socket(`${this.url}${separator}token=${encodeURIComponent(this.#token!)}`);
    this.#socket = socket;
    socket.onopen = () => {
      this.#ping = setInterval(() => this.send({ type: "ping" }), PING_EVERY);
      this.#tell("open", {});
    };
    // What a socket says that was given up says nothing of the one that took its place.
    socket.onmessage = ({ data }) => {
      if (socket === this.#socket) this.#receive(data as string);
    };
    socket.onclose = ({ code }) => {
      if (socket === this.#socket) this.#closed(code);
    };
  }

  #receive(text: string): void {
    let frame: Record<string, unknown>;
    try {
      frame = JSON.parse(text);
    } catch {
      return;
    }
    if (frame["type"] !== "error") this.#attempts = 0;
    const type = frame["type"] ?? frame["action"] ?? frame["event"];
    this.#tell(String(type), frame);
    this.#tell("*", frame);
  }

  #closed(code: number): void {
    clearInterval(this.#ping);
    this.#tell("close", { code });
    const final = [1000, 4001, 4401, 4403].includes(code);
    if (!this.#token || final || this.#attempts >= ATTEMPTS) return;
    this.#retry = setTimeout(() => this.#open(), this.delay * 2 ** this.#attempts++);
  }

  #tell(type: string, frame: Record<string, unknown>): void {
    this.#handlers.get(type)?.forEach((fn) => fn(frame));
  }
}

export default LivedeskSocket;
