import { newOwner, newRef, LivedeskError } from "./frames.js";
const JOIN_TIMEOUT = 15_000;
const SNAPSHOT_RETRY = 3_000;
export class Subscription {
room;
options;
host;
state = "waiting";
cursor;
members = [];
#owner = newOwner();
#joinRef;
#timer;
constructor(room, options, host) {
this.room = room;
this.options = options;
this.host = host;
if (options.since !== undefined)
this.cursor = { seq: options.since, epoch: options.epoch };
if (host.connected())
queueMicrotask(() => this.connected());
}
close() {
if (this.state === "closed")
return;
clearTimeout(this.#timer);
this.host.transmit({ type: "leave_room", room: this.room, ref: newRef(this.#owner) });
this.#set("closed");
this.host.forget(this);
}
ready() {
return new Promise((resolve, reject) => {
const check = () => {
if (this.state === "live")
resolve();
else if (this.state === "forbidden" || this.state === "closed")
reject(new LivedeskError(this.state));
else
return false;
return true;
};
if (!check())
this.#waiting.add(() => check());
});
}
#waiting = new Set();
connected() {
if (this.state === "closed")
return;
if (this.cursor || !this.options.snapshot)
this.#join();
else
void this.#reload();
}
disconnected() {
clearTimeout(this.#timer);
this.#joinRef = undefined;
if (this.state !== "closed")
this.#set("waiting");
}
receive(frame) {
if (this.state === "closed")
return;
if (frame.type === "room_joined")
this.#joined(frame);
else if (frame.type === "room_left")
this.#left(frame);
else if (frame.type === "error")
this.#refused(frame);
else if (this.state === "live")
this.#event(frame);
}
#join() {
if (!this.host.connected())
return;
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
#joined(frame) {
if (!frame.ref || frame.ref !== this.#joinRef)
return this.#joinedBySomebodyElse(frame);
clearTimeout(this.#timer);
this.#joinRef = undefined;
const { seq, epoch, resumed = true, members = [], history = [] } = frame.data;
if (this.cursor && !resumed && this.options.snapshot)
return void this.#reload();
if (!this.cursor || !resumed)
this.cursor = { seq, epoch };
this.cursor.epoch ??= epoch;
this.options.onJoined?.({ seq, epoch, resumed, members, history });
this.#setMembers(members);
this.#set("live");
}
#joinedBySomebodyElse(frame) {
if (this.state !== "live" || !this.cursor)
return;
const { seq, resumed, members } = frame.data;
if (members)
this.#setMembers(members);
const covered = resumed !== false && frame.since !== undefined && frame.since <= this.cursor.seq;
if (seq > this.cursor.seq && !covered)
this.#join();
}
#left(frame) {
const reason = frame.data?.reason;
if (reason === "forbidden")
this.#set("forbidden");
}
#refused(frame) {
if (!frame.ref || frame.ref !== this.#joinRef)
return;
clearTimeout(this.#timer);
const code = frame.data?.code;
if (code === "forbidden" || code === "not_allowed")
this.#set("forbidden");
else
this.#timer = setTimeout(() => this.#join(), 1_000 + Math.random() * 1_000);
}
#event(frame) {
if (frame.type === "user_joined" || frame.type === "user_left")
this.#moveMember(frame);
if (frame.seq !== undefined && this.cursor) {
if (frame.seq <= this.cursor.seq)
return;
if (frame.seq > this.cursor.seq + 1 && !this.options.types)
return this.#join();
this.cursor = { seq: frame.seq, epoch: this.cursor.epoch };
}
const { types, onEvent } = this.options;
if (!types || types.includes(frame.type))
onEvent?.(frame);
}
async #reload() {
this.#set("reloading");
try {
const { seq, epoch } = await this.options.snapshot();
this.cursor = { seq, epoch };
if (this.state === "reloading")
this.#join();
}
catch {
if (this.state === "reloading")
this.#timer = setTimeout(() => void this.#reload(), SNAPSHOT_RETRY);
}
}
#moveMember(frame) {
const member = frame.data;
const others = this.members.filter(({ user_id }) => user_id !== member.user_id);
this.#setMembers(frame.type === "user_joined" ? [...others, member] : others);
}
#setMembers(members) {
this.members = members;
this.options.onMembers?.(members);
}
#set(state) {
if (this.state === state)
return;
this.state = state;
this.options.onState?.(state);
for (const check of this.#waiting)
if (check())
this.#waiting.delete(check);
}
}
