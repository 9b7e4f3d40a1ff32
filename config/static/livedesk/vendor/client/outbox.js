import { LivedeskError, newClientId, newOwner, newRef } from "./frames.js";
const RECEIPT_TIMEOUT = 10_000;
const PREFIX = "livedesk:outbox:";
export class Outbox {
host;
storage;
scope;
#rooms = new Map();
#underWay = new Map();
#timers = new Map();
#starting = new Set();
#owner = newOwner();
#at = 0;
constructor(host, storage, scope) {
this.host = host;
this.storage = storage;
this.scope = scope;
}
get pending() {
return [...this.#rooms.values()].flat().map(({ room, data }) => ({ room, data }));
}
restore() {
const { storage } = this;
if (!storage)
return;
const prefix = this.#key("");
const keys = Array.from({ length: storage.length }, (_, index) => storage.key(index));
const found = keys.filter((key) => key.startsWith(prefix)).map((key) => JSON.parse(storage.getItem(key)));
found.sort((a, b) => a.at - b.at);
for (const { room, data } of found)
this.add(room, data).catch(() => undefined);
}
add(room, draft) {
const data = { ...draft, client_id: draft.client_id ?? newClientId() };
const queue = this.#rooms.get(room) ?? [];
const known = queue.find((entry) => entry.data.client_id === data.client_id);
if (known)
return known.promise;
const entry = { room, data };
entry.promise = new Promise((resolve, reject) => Object.assign(entry, { resolve, reject }));
this.#rooms.set(room, queue);
queue.push(entry);
this.#at = Math.max(this.#at + 1, Date.now());
try {
this.storage?.setItem(this.#key(data.client_id), JSON.stringify({ room, data, at: this.#at }));
}
catch {
}
this.host.changed(this.pending);
if (queue.length === 1)
this.#begin(room);
return entry.promise;
}
cancel(clientId) {
for (const entry of [...this.#rooms.values()].flat()) {
if (entry.data.client_id === clientId)
this.#settle(entry, () => entry.reject(new LivedeskError("stopped")));
}
}
connected() {
for (const room of this.#rooms.keys())
this.#begin(room);
}
receive(frame) {
const room = frame.ref && this.#underWay.get(frame.ref);
const entry = room && this.#rooms.get(room)?.[0];
if (!entry)
return false;
this.#underWay.delete(frame.ref);
if (frame.type !== "error") {
this.#settle(entry, () => entry.resolve({ seq: frame.seq ?? null, data: frame.data }));
}
else if (["rate_limited", "server_error", "not_joined"].includes(frame.data?.code)) {
this.#again(entry.room, 1_500);
}
else {
this.#refuse(entry, LivedeskError.from(frame));
}
return true;
}
stop(keep) {
const entries = [...this.#rooms.values()].flat();
this.#rooms.clear();
this.#underWay.clear();
for (const timer of this.#timers.values())
clearTimeout(timer);
for (const { data, reject, promise } of entries) {
promise.catch(() => undefined);
reject(new LivedeskError("stopped"));
if (!keep)
this.storage?.removeItem(this.#key(data.client_id));
}
}
#begin(room) {
if (!this.host.connected() || this.#starting.has(room) || !this.#rooms.get(room)?.length)
return;
this.#starting.add(room);
this.host.hold(room).then(() => {
this.#starting.delete(room);
this.#transmit(room);
}, (error) => {
this.#starting.delete(room);
if (error.code !== "forbidden")
return this.#again(room, 0);
for (const entry of [...(this.#rooms.get(room) ?? [])])
this.#refuse(entry, error);
});
}
#transmit(room) {
const entry = this.#rooms.get(room)?.[0];
if (!entry || !this.host.connected())
return;
for (const [ref, busy] of this.#underWay)
if (busy === room)
this.#underWay.delete(ref);
const ref = newRef(this.#owner);
this.#underWay.set(ref, room);
this.host.transmit({ type: "send_message", room, ref, data: entry.data });
this.#again(room, RECEIPT_TIMEOUT);
}
#again(room, delay) {
clearTimeout(this.#timers.get(room));
this.#timers.set(room, setTimeout(() => this.#begin(room), delay));
}
#refuse(entry, error) {
this.#settle(entry, () => entry.reject(error));
this.host.refused({ room: entry.room, data: entry.data }, error);
}
#settle(entry, finish) {
const queue = this.#rooms.get(entry.room) ?? [];
const first = queue[0] === entry;
this.#rooms.set(entry.room, queue.filter((other) => other !== entry));
this.storage?.removeItem(this.#key(entry.data.client_id));
finish();
this.host.changed(this.pending);
if (queue.length > 1) {
if (first)
this.#transmit(entry.room);
return;
}
clearTimeout(this.#timers.get(entry.room));
this.#rooms.delete(entry.room);
this.host.release(entry.room);
}
#key(clientId) {
return `${PREFIX}${this.scope}:${clientId}`;
}
}
