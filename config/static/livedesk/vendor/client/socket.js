import { CloseCode, newOwner, newRef, ownerOf } from "./frames.js";
import { RoomOwners } from "./link.js";
import { Backoff, Pacer } from "./timing.js";
const STABLE = 10_000;
const TICK = 5_000;
const RENEW = 60;
export class SocketLink {
options;
listener;
status = { state: "idle" };
#socket;
#generation = 0;
#refresh = false;
#refused = 0;
#hint;
#backoff;
#pacer = new Pacer();
#owners = new RoomOwners();
#self = newOwner();
#retryTimer;
#deadline;
#ticker;
#tickedAt = 0;
#pingedAt = 0;
#openedAt = 0;
#renewAt = 0;
#heartbeat;
constructor(options, listener) {
this.options = options;
this.listener = listener;
this.#backoff = new Backoff(options.backoff?.base, options.backoff?.cap);
this.#heartbeat = options.heartbeat ?? 30_000;
}
start() {
if (this.status.state !== "idle" && this.status.state !== "stopped")
return;
if (!(this.options.WebSocket ?? globalThis.WebSocket))
throw Error("no WebSocket");
this.#listen(true);
this.#refused = 0;
this.#backoff.reset();
void this.#connect();
}
stop(reason = "stopped") {
if (this.status.state === "stopped")
return;
this.#listen(false);
this.#drop(1000);
this.#set({ state: "stopped", reason, code: this.status.code });
}
send(command) {
if (this.status.state !== "open")
return;
const owner = command.ref ? ownerOf(command.ref) : this.#self;
if (this.#owners.admit(command, owner))
this.#transmit(command);
}
retryNow() {
const { state } = this.status;
if (state === "waiting" || state === "offline")
void this.#connect();
else if (state === "open")
this.#probe(3_000);
}
#set(status) {
this.status = status;
this.listener.onStatus(status);
}
async #connect() {
this.#drop(1000);
const generation = this.#generation;
this.#set({ state: "connecting", code: this.status.code });
let token;
try {
token = await this.options.getToken({ refresh: this.#refresh });
}
catch {
if (generation === this.#generation)
this.#wait(this.#backoff.next());
return;
}
if (generation !== this.#generation)
return;
if (token === null)
return this.stop("unauthorized");
this.#refresh = false;
this.#renewAt = renewalTime(token);
try {
this.#open(token, generation);
}
catch {
this.#wait(this.#backoff.next());
}
}
#open(token, generation) {
const Socket = this.options.WebSocket ?? WebSocket;
const url = socketUrl(this.options.url);
const socket = this.options.tokenIn === "query"
? new Socket(`${url}${url.includes("?") ? "&" : "?"}token=${encodeURIComponent(token)}`)
: new Socket(url, ["bearer", token]);
this.#socket = socket;
const current = () => generation === this.#generation;
socket.onmessage = (message) => {
if (current())
this.#receive(message.data);
};
socket.onclose = (close) => {
if (current())
this.#closed(close.code);
};
this.#expect(this.options.patience ?? 10_000);
}
#receive(text) {
clearTimeout(this.#deadline);
let frame;
try {
frame = JSON.parse(text);
}
catch {
return;
}
if (frame.type === "reconnect")
this.#hint = frame.data?.after * 1000;
if (frame.type === "connected")
this.#opened(frame);
else if (frame.type === "pong")
this.#settle();
else
this.listener.onFrame(frame.type === "room_joined" ? this.#owners.annotate(frame) : frame);
}
#opened(frame) {
const now = Date.now();
this.#openedAt = this.#pingedAt = this.#tickedAt = now;
const interval = frame.data?.heartbeat_interval;
if (!this.options.heartbeat && interval > 0)
this.#heartbeat = interval * 1000;
this.#ticker = setInterval(() => this.#tick(), Math.min(TICK, this.#heartbeat));
const connection = frame.data?.connection_id ?? String(now);
this.#set({ state: "open", connection, hello: frame.data });
}
#tick() {
const now = Date.now();
const slept = now - this.#tickedAt > 3 * TICK;
this.#tickedAt = now;
this.#settle();
if (slept)
this.#probe(3_000);
else if (now - this.#pingedAt >= this.#heartbeat)
this.#probe(this.options.patience ?? 10_000);
if (now >= this.#renewAt)
void this.#renew();
}
#settle() {
if (this.status.state !== "open" || Date.now() - this.#openedAt < STABLE)
return;
this.#refused = 0;
this.#backoff.reset();
}
#probe(patience) {
this.#pingedAt = Date.now();
this.#transmit({ type: "ping" });
this.#expect(patience);
}
#expect(patience) {
clearTimeout(this.#deadline);
this.#deadline = setTimeout(() => this.#closed(0), patience);
}
async #renew() {
this.#renewAt = Infinity;
const generation = this.#generation;
try {
const token = await this.options.getToken({ refresh: true });
if (token === null || generation !== this.#generation)
return;
this.#renewAt = renewalTime(token);
this.#transmit({ type: "authenticate", token, ref: newRef(this.#self) });
}
catch {
this.#renewAt = Date.now() + 15_000;
}
}
#transmit(command) {
const socket = this.#socket;
const text = JSON.stringify(command);
this.#pacer.run(() => {
if (socket === this.#socket && socket?.readyState === 1)
socket.send(text);
});
}
#closed(code) {
const hint = this.#hint;
this.#drop(1000);
this.status = { ...this.status, code };
if (code === CloseCode.forbidden)
return this.stop("forbidden");
if (code === CloseCode.unauthorized || code === CloseCode.unauthorizedLegacy) {
this.#refresh = true;
if (++this.#refused > 3)
return this.stop("unauthorized");
return this.#refused === 1 ? void this.#connect() : this.#wait(this.#backoff.next());
}
if (code === CloseCode.restarting) {
return this.#wait(hint >= 0 ? hint : 500 + Math.random() * 2_000);
}
this.#wait(code === CloseCode.tooMany ? Math.max(5_000, this.#backoff.next()) : this.#backoff.next());
}
#wait(delay) {
const offline = globalThis.navigator?.onLine === false;
const retryIn = offline ? this.#backoff.cap : delay;
this.#retryTimer = setTimeout(() => void this.#connect(), retryIn);
this.#set({ state: offline ? "offline" : "waiting", retryIn, code: this.status.code });
}
#drop(code) {
this.#generation++;
clearTimeout(this.#retryTimer);
clearTimeout(this.#deadline);
clearInterval(this.#ticker);
this.#pacer.clear();
this.#owners.clear();
this.#hint = undefined;
const socket = this.#socket;
this.#socket = undefined;
if (socket && socket.readyState < 2)
socket.close(code);
}
#listen(on) {
const target = globalThis;
const change = on ? target.addEventListener : target.removeEventListener;
for (const name of ["online", "offline", "pageshow", "visibilitychange"]) {
change?.call(globalThis, name, this.#wake, true);
}
}
#wake = (event) => {
if (event.type === "visibilitychange" && document.visibilityState === "hidden")
return;
if (event.type === "offline") {
if (this.status.state === "open")
this.#probe(3_000);
else if (this.status.state === "waiting")
this.#set({ ...this.status, state: "offline" });
}
else
this.retryNow();
};
}
function socketUrl(url) {
const absolute = globalThis.location ? new URL(url, location.href).href : url;
return absolute.replace(/^http/, "ws");
}
function renewalTime(token) {
try {
const payload = token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/");
const { exp } = JSON.parse(atob(payload));
return typeof exp === "number" ? Math.max((exp - RENEW) * 1000, Date.now() + 5_000) : Infinity;
}
catch {
return Infinity;
}
}
