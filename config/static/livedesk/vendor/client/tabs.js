import { ownerOf } from "./frames.js";
import { SocketLink } from "./socket.js";
export function canShare() {
    return typeof BroadcastChannel === "function" && !!globalThis.navigator?.locks;
}
export class TabLink {
    options;
    name;
    listener;
    status = { state: "idle" };
    #channel;
    #socket;
    #release;
    #abort;
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
        this.#set({ state: "connecting" });
        this.#post({ kind: "hello" });
        const abort = (this.#abort = new AbortController());
        const held = () => (abort.signal.aborted ? undefined : this.#hold());
        navigator.locks.request(`livedesk:${this.name}`, { signal: abort.signal }, held).catch(() => undefined);
        globalThis.addEventListener?.("pagehide", this.#leave);
    }
    stop(reason = "stopped") {
        if (!this.#channel)
            return;
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
        else
            this.#post({ kind: "retry" });
    }
    #hold() {
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
    #hear(post) {
        if (this.#socket)
            this.#serve(post, this.#socket);
        else if (post.kind === "frame")
            this.listener.onFrame(post.frame);
        else if (post.kind === "status")
            this.#set(post.status);
    }
    #serve(post, socket) {
        if (post.kind === "hello")
            this.#post({ kind: "status", status: socket.status });
        else if (post.kind === "retry") {
            socket.start();
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
    #leave = () => {
        if (!this.#socket && this.#joined.size)
            this.#post({ kind: "leave", rooms: [...this.#joined.values()] });
        this.#joined.clear();
    };
}
