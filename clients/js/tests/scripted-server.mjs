// A WebSocket server that speaks the canonical dialect over an event log in memory, and fails on command.
import { once } from "node:events";
import { WebSocketServer } from "ws";

export class ScriptedServer {
  static async start() {
    const server = new ScriptedServer();
    await server.listen();
    return server;
  }

  constructor() {
    this.rooms = new Map();
    this.commands = [];
    this.tokens = [];
    this.acks = new Map();
    this.refuse = null;
    this.silent = false;
    this.dropAcks = 0;
    this.forbidden = new Set();
    this.pointers = [];
    this.refusals = [];
    this.connections = 0;
  }

  async listen(port = 0) {
    this.wss = new WebSocketServer({ port, host: "127.0.0.1", handleProtocols: () => "bearer" });
    this.wss.on("connection", (socket, request) => this.accept(socket, request));
    await once(this.wss, "listening");
    this.port = this.wss.address().port;
    this.url = `ws://127.0.0.1:${this.port}/api/v1/ws/connect`;
  }

  room(name) {
    if (!this.rooms.has(name)) this.rooms.set(name, { epoch: "e1", events: [], oldest: 1, sockets: new Set() });
    return this.rooms.get(name);
  }

  accept(socket, request) {
    this.connections += 1;
    const query = new URL(request.url, "ws://x").searchParams.get("token");
    this.tokens.push(query ?? request.headers["sec-websocket-protocol"]?.split(", ")[1]);
    socket.on("message", (text) => this.receive(socket, JSON.parse(text)));
    socket.on("close", () => this.rooms.forEach(({ sockets }) => sockets.delete(socket)));
    const code = typeof this.refuse === "function" ? this.refuse(this.tokens.at(-1)) : this.refuse;
    if (code) {
      this.reply(socket, { type: "error", data: { error: "refused", code: "refused", retry_after: this.hint } });
      socket.close(code);
    } else if (!this.silent) {
      const data = { user_id: "7", username: "alice", connection_id: `c${this.connections}`, heartbeat_interval: 30 };
      this.reply(socket, { type: "connected", data });
    }
  }

  reply(socket, frame) {
    socket.send(JSON.stringify(frame));
  }

  receive(socket, command) {
    this.commands.push(command);
    if (this.silent) return;
    const handler = { join_room: "join", leave_room: "leave", send_message: "message", history: "history", read: "read" }[command.type];
    if (handler) this[handler](socket, command);
    else if (command.type === "ping") this.reply(socket, { type: "pong" });
    else if (command.type === "authenticate") this.reply(socket, { type: "authenticated", data: {}, ref: command.ref });
    else if (command.type === "typing") this.tell(command.room, { type: "user.typing", data: command.data });
  }

  join(socket, { room: name, ref, since, epoch, types }) {
    if (this.forbidden.has(name)) return this.fail(socket, ref, "forbidden");
    const room = this.room(name);
    const seq = room.events.length;
    const resumed = since === undefined || ((!epoch || epoch === room.epoch) && since <= seq && since >= room.oldest - 1);
    room.sockets.add(socket);
    (socket.types ??= {})[name] = types;
    const data = { seq, epoch: room.epoch, resumed, members: [{ user_id: "7", username: "alice" }], history: [] };
    this.reply(socket, { type: "room_joined", room: name, ref, data });
    if (since !== undefined && resumed) room.events.slice(since).forEach((event) => this.reply(socket, event));
  }

  leave(socket, { room, ref }) {
    this.room(room).sockets.delete(socket);
    this.reply(socket, { type: "room_left", room, ref, data: { reason: "left" } });
  }

  read(socket, { room, ref }) {
    if (!this.room(room).sockets.has(socket)) this.fail(socket, ref, "not_joined");
    else this.pointers.push(this.commands.at(-1).data.seq);
  }

  message(socket, { room, ref, data }) {
    if (!this.room(room).sockets.has(socket)) return this.fail(socket, ref, "not_joined");
    if (data.content === "") return this.fail(socket, ref, "missing_field");
    if (this.refusals.length) return this.fail(socket, ref, ...this.refusals.shift());
    const known = this.acks.get(data.client_id);
    const event = known ?? this.emit(room, { type: "message.new", data });
    this.acks.set(data.client_id, event);
    if (this.dropAcks > 0) this.dropAcks -= 1;
    else this.reply(socket, { type: "ack", ref, room, seq: event.seq, data: event.data });
  }

  history(socket, { room, ref, data: { before = Infinity, limit } }) {
    const events = this.room(room).events.filter(({ seq }) => seq < before);
    const page = events.slice(-limit);
    this.reply(socket, { type: "history", room, ref, data: { events: page, has_more: page.length < events.length } });
  }

  fail(socket, ref, code, details = {}) {
    this.reply(socket, { type: "error", ref, data: { error: code, code, ref, ...details } });
  }

  /** Records an event and tells it, unless it gets `lost`. */
  emit(name, event, { lost = false } = {}) {
    const room = this.room(name);
    const full = { room: name, sender: "bob", ...event, id: `id-${room.events.length + 1}`, seq: room.events.length + 1 };
    room.events.push(full);
    const wanted = ({ types }) => !types[name] || types[name].includes(full.type);
    if (!lost) room.sockets.forEach((socket) => wanted(socket) && this.reply(socket, full));
    return full;
  }

  tell(name, event) {
    this.room(name).sockets.forEach((socket) => this.reply(socket, { room: name, ...event }));
  }

  cut(code) {
    this.wss.clients.forEach((socket) => (code ? socket.close(code) : socket.terminate()));
  }

  async stop() {
    this.cut();
    await new Promise((resolve) => this.wss.close(resolve));
  }

  count(type, room) {
    return this.commands.filter((command) => command.type === type && (!room || command.room === room)).length;
  }
}

/** Resolves when `condition()` holds; rejects after `patience` milliseconds, naming it. */
export async function until(condition, patience = 3000) {
  const end = Date.now() + patience;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`never: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
