import { LivedeskError, newOwner, newRef } from "./frames.js";
import { Outbox } from "./outbox.js";
import { SocketLink } from "./socket.js";
import { Subscription } from "./subscription.js";
import { canShare, TabLink } from "./tabs.js";
const TYPING_REPEAT = 3_000;
const TYPING_END = 5_000;
export class Client {
options;
#link;
#host;
#subscriptions = new Set();
#outbox;
#owner = newOwner();
#requests = new Map();
#listeners = new Map();
#stateListeners = new Set();
#pendingListeners = new Set();
#refusedListeners = new Set();
#held = new Map();
#typing = new Map();
#readTo = new Map();
#connection;
constructor(options) {
this.options = options;
const listener = {
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
get status() {
return this.#link.status;
}
get connected() {
return this.#connection !== undefined && this.#link.status.state === "open";
}
get pending() {
return this.#outbox.pending;
}
start() {
this.#link.start();
this.#outbox.restore();
return this;
}
stop({ forget = false } = {}) {
this.#outbox.stop(!forget);
this.#link.stop();
for (const subscription of [...this.#subscriptions])
subscription.close();
for (const { timer } of this.#typing.values())
clearTimeout(timer);
this.#typing.clear();
this.#held.clear();
}
retryNow() {
this.#link.retryNow();
}
subscribe(room, options = {}) {
const subscription = new Subscription(room, options, this.#host);
this.#subscriptions.add(subscription);
return subscription;
}
send(room, draft) {
this.typing(room, false);
const data = typeof draft === "string" ? { content: draft } : draft;
return this.#outbox.add(room, data);
}
cancel(clientId) {
this.#outbox.cancel(clientId);
}
request(command, timeout = 10_000) {
if (!this.connected)
return Promise.reject(new LivedeskError("disconnected"));
const ref = newRef(this.#owner);
return new Promise((resolve, reject) => {
const timer = setTimeout(() => settle(reject, new LivedeskError("timeout")), timeout);
const settle = (finish, value) => {
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
async history(room, { before, limit = 50 } = {}) {
const data = { ...(before !== undefined && { before }), limit };
return (await this.request({ type: "history", room, data })).data;
}
typing(room, active = true) {
const known = this.#typing.get(room);
clearTimeout(known?.timer);
if (!active) {
this.#typing.delete(room);
if (known)
this.#link.send({ type: "typing", room, data: { state: "stop" } });
return;
}
const now = Date.now();
const due = !known || now - known.sentAt >= TYPING_REPEAT;
if (due)
this.#link.send({ type: "typing", room, data: { state: "start" } });
const timer = setTimeout(() => this.typing(room, false), TYPING_END);
this.#typing.set(room, { sentAt: due ? now : known.sentAt, timer });
}
read(room, seq) {
if (seq <= (this.#readTo.get(room) ?? 0))
return;
this.#readTo.set(room, seq);
this.#tellRead(room);
}
presence(room) {
for (const subscription of this.#subscriptions)
if (subscription.room === room)
return subscription.members;
return [];
}
signal(room, to, data) {
this.#link.send({ type: "signal", room, data: { ...data, to } });
}
on(type, fn) {
const listeners = this.#listeners.get(type) ?? new Set();
this.#listeners.set(type, listeners);
return keep(listeners, fn);
}
onState(fn) {
return keep(this.#stateListeners, fn);
}
onPending(fn) {
return keep(this.#pendingListeners, fn);
}
onRefused(fn) {
return keep(this.#refusedListeners, fn);
}
#transmit(command) {
const { types: _, ...plain } = command;
const listeners = [...this.#subscriptions].filter(({ room }) => room === command.room);
this.#link.send(listeners.length > 1 ? plain : command);
}
#tellRead(room) {
const seq = this.#readTo.get(room);
if (!seq || ![...this.#subscriptions].some((one) => one.room === room && one.state === "live"))
return;
this.#link.send({ type: "read", room, data: { seq } });
}
#hold(room) {
for (const known of this.#subscriptions)
if (known.room === room && known.state !== "forbidden")
return known;
const subscription = this.subscribe(room);
this.#held.set(room, subscription);
return subscription;
}
#release(room) {
this.#held.get(room)?.close();
this.#held.delete(room);
}
#onStatus(status) {
const was = this.#connection;
this.#connection = status.state === "open" ? status.connection : undefined;
if (was !== undefined && was !== this.#connection)
this.#disconnected();
this.#stateListeners.forEach((fn) => fn(status));
if (this.#connection !== undefined && was !== this.#connection) {
for (const subscription of [...this.#subscriptions])
subscription.connected();
this.#outbox.connected();
}
}
#disconnected() {
for (const subscription of this.#subscriptions)
subscription.disconnected();
for (const { reject } of [...this.#requests.values()])
reject(new LivedeskError("disconnected"));
}
#onFrame(frame) {
const request = frame.ref !== undefined && this.#requests.get(frame.ref);
if (request) {
if (frame.type === "error")
request.reject(LivedeskError.from(frame));
else
request.resolve(frame);
}
else {
this.#outbox.receive(frame);
}
for (const subscription of [...this.#subscriptions]) {
if (frame.room === subscription.room || frame.type === "error")
subscription.receive(frame);
}
if (frame.type === "room_joined")
this.#tellRead(frame.room);
this.#listeners.get(frame.type)?.forEach((fn) => fn(frame));
this.#listeners.get("*")?.forEach((fn) => fn(frame));
}
}
export function createClient(options) {
return new Client(options);
}
function keep(set, value) {
set.add(value);
return () => set.delete(value);
}
