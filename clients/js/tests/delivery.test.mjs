// What a listener in a room gets: every event once, in order, whatever happens to the connection.
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { createClient } from "../dist/index.js";
import { ScriptedServer, until } from "./scripted-server.mjs";

let server, client;

beforeEach(async () => {
  server = await ScriptedServer.start();
  client = createClient({ url: server.url, getToken: () => "t.e.st", backoff: { base: 20, cap: 50 } });
});
afterEach(async () => {
  client.stop();
  await server.stop();
});

const open = () => until(() => client.status.state === "open");
const listen = (room, options = {}) => {
  const seqs = [];
  const subscription = client.subscribe(room, { onEvent: (event) => seqs.push(event.seq), ...options });
  return { seqs, subscription, live: () => until(() => subscription.state === "live") };
};

test("events arrive in order after joining", async () => {
  client.start();
  const { seqs, live } = listen("channel:1");
  await live();
  server.emit("channel:1", { type: "message.new", data: {} });
  server.emit("channel:1", { type: "message.new", data: {} });
  await until(() => seqs.length === 2);
  assert.deepEqual(seqs, [1, 2]);
});

test("since replays what was missed before live events", async () => {
  for (let n = 0; n < 5; n++) server.emit("channel:1", { type: "message.new", data: {} });
  client.start();
  const { seqs } = listen("channel:1", { since: 2, epoch: "e1" });
  await until(() => seqs.length === 3);
  assert.deepEqual(seqs, [3, 4, 5]);
});

test("a cut connection loses nothing and repeats nothing", async () => {
  client.start();
  const { seqs, live } = listen("channel:1");
  await live();
  server.emit("channel:1", { type: "message.new", data: {} });
  await until(() => seqs.length === 1);
  server.cut();
  server.emit("channel:1", { type: "message.new", data: {} });
  await until(() => seqs.length === 2);
  assert.deepEqual(seqs, [1, 2]);
});

test("a gap in the numbers is filled from the log", async () => {
  client.start();
  const { seqs, live } = listen("channel:1");
  await live();
  server.emit("channel:1", { type: "message.new", data: {} }, { lost: true });
  server.emit("channel:1", { type: "message.new", data: {} });
  await until(() => seqs.length === 2);
  assert.deepEqual(seqs, [1, 2]);
});

test("when the log no longer reaches back, the snapshot is loaded and its number used", async () => {
  client.start();
  let snapshots = 0;
  const snapshot = async () => ({ seq: server.room("channel:1").events.length, epoch: (snapshots++, "e2") });
  const { seqs, live } = listen("channel:1", { since: 9, epoch: "e1", snapshot });
  server.room("channel:1").epoch = "e2";
  await live();
  server.emit("channel:1", { type: "message.new", data: {} });
  await until(() => seqs.length === 1);
  assert.equal(snapshots, 1);
});

test("a snapshot that fails to load is tried again and the room goes live", async () => {
  client.start();
  let attempts = 0;
  const snapshot = async () => {
    if (++attempts === 1) throw new Error("no network");
    return { seq: 0, epoch: "e1" };
  };
  const { live, subscription } = listen("channel:1", { snapshot });
  await until(() => subscription.state === "live", 6000);
  assert.equal(attempts, 2);
  await live();
});

test("two listeners of one room both get everything, and the room is left with the last", async () => {
  client.start();
  const first = listen("channel:1");
  await first.live();
  server.emit("channel:1", { type: "message.new", data: {} });
  await until(() => first.seqs.length === 1);
  const second = listen("channel:1", { since: 0 });
  await until(() => second.seqs.length === 1);
  server.emit("channel:1", { type: "message.new", data: {} });
  await until(() => second.seqs.length === 2);
  assert.deepEqual(first.seqs, [1, 2]);
  first.subscription.close();
  await client.request({ type: "history", room: "channel:1", data: { limit: 1 } });
  assert.equal(server.count("leave_room"), 0);
  second.subscription.close();
  await until(() => server.count("leave_room") === 1);
});

test("another listener's join at a later place leaves no hole", async () => {
  client.start();
  const first = listen("channel:1");
  await first.live();
  server.emit("channel:1", { type: "message.new", data: {} }, { lost: true });
  const second = listen("channel:1");
  await second.live();
  await until(() => first.seqs.length === 1);
  assert.deepEqual(first.seqs, [1]);
  assert.deepEqual(second.seqs, []);
});

test("a forbidden room says so, and so does being put out of one", async () => {
  server.forbidden.add("ticket:x");
  client.start();
  const refused = listen("ticket:x");
  await until(() => refused.subscription.state === "forbidden");
  const { live, subscription, seqs } = listen("ticket:y");
  await live();
  server.tell("ticket:y", { type: "room_left", data: { reason: "forbidden" } });
  await until(() => subscription.state === "forbidden");
  server.emit("ticket:y", { type: "message.new", data: {} });
  await client.request({ type: "history", room: "ticket:y", data: { limit: 1 } });
  assert.deepEqual(seqs, []);
});

test("members follow joins and leaves", async () => {
  client.start();
  const { live, subscription } = listen("channel:1");
  await live();
  assert.deepEqual(client.presence("channel:1").map(({ username }) => username), ["alice"]);
  server.tell("channel:1", { type: "user_joined", data: { user_id: "8", username: "bob" } });
  await until(() => subscription.members.length === 2);
  server.tell("channel:1", { type: "user_left", data: { user_id: "7", username: "alice" } });
  await until(() => subscription.members.length === 1);
  assert.equal(subscription.members[0].username, "bob");
});

test("history comes in pages, oldest first", async () => {
  for (let n = 0; n < 5; n++) server.emit("channel:1", { type: "message.new", data: {} });
  client.start();
  await open();
  const page = await client.history("channel:1", { before: 5, limit: 2 });
  assert.deepEqual(page.events.map(({ seq }) => seq), [3, 4]);
  assert.equal(page.has_more, true);
});

test("a hundred rooms are joined without more frames at once than the server takes", async () => {
  client.start();
  const rooms = Array.from({ length: 100 }, (_, n) => listen(`channel:${n}`));
  await open();
  await until(() => server.count("join_room") >= 25);
  assert.ok(server.count("join_room") <= 40);
  await until(() => rooms.every(({ subscription }) => subscription.state === "live"), 8000);
  assert.equal(server.count("join_room"), 100);
});

test("a listener that wants some types only takes nothing from another one of the same room", async () => {
  client.start();
  const all = listen("channel:1");
  await all.live();
  const some = listen("channel:1", { types: ["message.new"] });
  await some.live();
  server.emit("channel:1", { type: "task.updated", data: {} });
  await until(() => all.seqs.length === 1);
  server.emit("channel:1", { type: "message.new", data: {} });
  await until(() => some.seqs.length === 1);
  assert.deepEqual([all.seqs, some.seqs], [[1, 2], [2]]);
});

test("a listener alone in a room has the server send what it wants only", async () => {
  client.start();
  const some = listen("channel:1", { types: ["message.new"] });
  await some.live();
  assert.deepEqual(server.commands.find(({ type }) => type === "join_room").types, ["message.new"]);
});
