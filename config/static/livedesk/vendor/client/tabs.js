import { ownerOf } from "./frames.js";
import { SocketLink } from "./socket.js";
export function canShare() {
return typeof BroadcastChannel === "function" && !!globalThis.navigator?.locks;
}
const ASK = 10_000;
const ANSWER = 8_000;
export class TabLink {
options;
name;
listener;
status = { state: "idle" };
#channel;
#socket;
#release;
#abort;
#ticker;
#tickedAt = 0;
#deadline;
#joined = new Map();
constructor(options, name, listener) {
this.options = options;
this.name = name;
this.listener = listener;
}
start() {
if (this.#channel)
return this.retryNow();
const channel = (this.#channel = new BroadcastChannel(`livedesk:${this.name}`));
channel.onmessage = ({ data }) => this.#hear(data);
this.#compete();
this.#ask("ask");
this.#tickedAt = Date.now();
this.#ticker = setInterval(() => this.#tick(), ASK);
this.#listen(true);
}
stop(reason = "stopped") {
if (!this.#channel)
return;
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
send(command) {
const { types: _, ...plain } = command;
if (plain.ref && plain.room) {
const owner = ownerOf(plain.ref);
if (plain.type === "join_room")
this.#joined.set(owner, [plain.room, plain.ref]);
if (plain.type === "leave_room")
this.#joined.delete(owner);
}
if (this.#socket)
this.#socket.send(plain);
else
this.#post({ kind: "command", command: plain });
}
retryNow() {
if (this.#socket)
this.#serve({ kind: "retry" }, this.#socket);
else if (this.#channel)
this.#ask("retry");
}
#compete(steal = false) {
this.#abort?.abort();
const abort = (this.#abort = new AbortController());
const held = () => (abort.signal.aborted ? undefined : this.#hold());
this.#set({ state: "connecting" });
this.#post({ kind: "hello" });
navigator.locks.request(`livedesk:${this.name}`, steal ? { steal } : { signal: abort.signal }, held).catch(() => {
if (abort.signal.aborted || !this.#socket)
return;
this.#giveUp();
this.#compete();
});
}
#hold() {
this.#joined.clear();
clearTimeout(this.#deadline);
const socket = new SocketLink(this.options, {
onStatus: (status) => {
if (socket !== this.#socket)
return;
if (status.state === "stopped")
return this.stop(status.reason);
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
#giveUp() {
const socket = this.#socket;
this.#socket = undefined;
socket?.stop();
this.#release?.();
}
#hear(post) {
if (this.#socket)
return this.#serve(post, this.#socket);
if (post.kind === "frame")
this.listener.onFrame(post.frame);
else if (post.kind === "status")
this.#set(post.status);
else if (post.kind !== "here")
return;
clearTimeout(this.#deadline);
}
#tick() {
const slept = Date.now() - this.#tickedAt > 2 * ASK;
this.#tickedAt = Date.now();
if (!this.#socket && !isHidden())
this.#ask(slept ? "retry" : "ask");
}
#ask(kind) {
this.#post({ kind });
clearTimeout(this.#deadline);
this.#deadline = setTimeout(() => this.#compete(true), ANSWER);
}
#serve(post, socket) {
if (post.kind === "hello")
this.#post({ kind: "status", status: socket.status });
else if (post.kind === "ask" || post.kind === "retry") {
this.#post({ kind: "here" });
if (post.kind === "retry")
socket.retryNow();
}
else if (post.kind === "command")
socket.send(post.command);
else if (post.kind === "leave") {
for (const [room, ref] of post.rooms)
socket.send({ type: "leave_room", room, ref });
}
}
#set(status) {
this.status = status;
this.listener.onStatus(status);
}
#post(post) {
this.#channel?.postMessage(post);
}
#listen(on) {
const target = globalThis;
const change = on ? target.addEventListener : target.removeEventListener;
change?.call(globalThis, "pagehide", this.#leave);
for (const name of ["online", "pageshow", "visibilitychange"])
change?.call(globalThis, name, this.#wake, true);
}
#wake = (event) => {
if (this.#socket || isHidden())
return;
if (event.persisted)
this.#compete();
else
this.#ask("retry");
};
#leave = () => {
if (!this.#socket && this.#joined.size)
this.#post({ kind: "leave", rooms: [...this.#joined.values()] });
this.#joined.clear();
};
}
function isHidden() {
return globalThis.document?.visibilityState === "hidden";
}
