// What a sender may rely on: a message is stored once, in order, and the promise says so.
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { createClient } from "../dist/index.js";
import { ScriptedServer, until } from "./scripted-server.mjs";

let server, client, storage;

class MemoryStorage {
  #items = new Map();
  get length() { return this.#items.size; }
  key(index) { return [...this.#items.keys()][index] ?? null; }
  getItem(key) { return this.#items.get(key) ?? null; }
  setItem(key, value) { this.#items.set(key, value); }
  removeItem(key) { this.#items.delete(key); }
  /** Browsers promise no order. */
  shuffle() { this.#items = new Map([...this.#items].reverse()); }
}

const make = () =>
  createClient({ url: server.url, getToken: () => "t.e.st", backoff: { base: 20, cap: 50 }, storage });

beforeEach(async () => {
  server = await ScriptedServer.start();
  storage = new MemoryStorage();
  client = make();
});
afterEach(async () => {
  client.stop();
  await server.stop();
});

const stored = () => server.room("channel:1").events.map(({ data }) => data.content);

test("send resolves with the number and the stored message", async () => {
  client.start();
  const receipt = await client.send("channel:1", "hello");
  assert.equal(receipt.seq, 1);
  assert.equal(receipt.data.content, "hello");
  assert.deepEqual(client.pending, []);
});

test("messages sent before there is a connection wait and go out in order", async () => {
  const sent = ["one", "two", "three"].map((content) => client.send("channel:1", content));
  assert.equal(client.pending.length, 3);
  client.start();
  await Promise.all(sent);
  assert.deepEqual(stored(), ["one", "two", "three"]);
});

test("a message whose receipt is lost with the connection is stored once", async () => {
  client.start();
  server.dropAcks = 1;
  const sent = client.send("channel:1", "hello");
  await until(() => stored().length === 1);
  server.cut();
  assert.equal((await sent).seq, 1);
  assert.deepEqual(stored(), ["hello"]);
  const ids = server.commands.filter(({ type }) => type === "send_message").map(({ data }) => data.client_id);
  assert.equal(new Set(ids).size, 1);
});

test("a refused message rejects with the server's code and doesn't block the next", async () => {
  client.start();
  const refused = client.send("channel:1", "");
  const next = client.send("channel:1", "next");
  await assert.rejects(refused, { name: "LivedeskError", code: "missing_field" });
  assert.equal((await next).seq, 1);
});

test("a message to a forbidden room rejects", async () => {
  server.forbidden.add("ticket:x");
  client.start();
  await assert.rejects(client.send("ticket:x", "hi"), { code: "forbidden" });
});

test("what waits survives a reload of the page", async () => {
  const sent = client.send("channel:1", "from the tunnel");
  client.stop();
  await assert.rejects(sent, { code: "stopped" });
  client = make().start();
  await until(() => stored().length === 1);
  await until(() => storage.length === 0);
});

test("signing out forgets what waits", async () => {
  client.send("channel:1", "never").catch(() => undefined);
  client.stop({ forget: true });
  assert.equal(storage.length, 0);
});

test("a message that waits can be taken back", async () => {
  const sent = client.send("channel:1", { content: "oops", client_id: "c-1" });
  client.cancel("c-1");
  await assert.rejects(sent, { code: "stopped" });
  assert.equal(storage.length, 0);
});

test("typing is told once while keys are pressed, and ends with sending", async () => {
  client.start();
  const room = client.subscribe("channel:1");
  await room.ready();
  for (let n = 0; n < 20; n++) client.typing("channel:1");
  await client.send("channel:1", "done");
  const states = server.commands.filter(({ type }) => type === "typing").map(({ data }) => data.state);
  assert.deepEqual(states, ["start", "stop"]);
});

test("the read pointer only moves forward", async () => {
  client.start();
  await client.subscribe("channel:1").ready();
  for (const seq of [3, 2, 3, 5]) client.read("channel:1", seq);
  await client.request({ type: "history", room: "channel:1", data: { limit: 1 } });
  assert.deepEqual(server.commands.filter(({ type }) => type === "read").map(({ data }) => data.seq), [3, 5]);
});

test("a request that nobody answers rejects when the connection goes", async () => {
  client.start();
  await until(() => client.status.state === "open");
  const asked = client.request({ type: "no_such_type" });
  server.cut();
  await assert.rejects(asked, { code: "disconnected" });
});

test("what is read before the room is live is told once it is", async () => {
  server.emit("channel:1", { type: "message.new", data: {} });
  client.start();
  await until(() => client.status.state === "open");
  client.subscribe("channel:1");
  client.read("channel:1", 1);
  await until(() => server.pointers.length === 1);
  assert.deepEqual(server.pointers, [1]);
});

test("what was read without a connection is told when there is one again", async () => {
  client.start();
  await client.subscribe("channel:1").ready();
  server.cut();
  await until(() => client.status.state !== "open");
  client.read("channel:1", 4);
  await until(() => server.pointers.length === 1);
});

test("a refusal has what the server said of it", async () => {
  client.start();
  server.refusals.push(["conflict", { reason: "collision", message: "m-9" }]);
  await assert.rejects(client.send("channel:1", "hello"), (error) => error.code === "collision" && error.data.message === "m-9");
});

test("what an earlier page left behind and the server won't have is told", async () => {
  client.send("channel:1", { content: "from the tunnel", client_id: "c-1" }).catch(() => undefined);
  client.stop();
  client = make();
  const refused = [];
  client.onRefused(({ room, data }, error) => refused.push([room, data.content, error.code]));
  server.refusals.push(["conflict", { reason: "collision" }]);
  client.start();
  await until(() => refused.length === 1);
  assert.deepEqual(refused, [["channel:1", "from the tunnel", "collision"]]);
  assert.equal(storage.length, 0);
});

test("what an earlier page left behind goes out in the order in which it was written", async () => {
  const texts = Array.from({ length: 8 }, (_, n) => `${n}`);
  const now = Date.now;
  Date.now = () => 1_700_000_000_000;
  try {
    for (const content of texts) client.send("channel:1", content).catch(() => undefined);
  } finally {
    Date.now = now;
  }
  client.stop();
  storage.shuffle();
  client = make().start();
  await until(() => stored().length === texts.length);
  assert.deepEqual(stored(), texts);
});

test("a storage that is full keeps nothing from being sent", async () => {
  storage.setItem = () => { throw new Error("QuotaExceededError"); };
  client.start();
  assert.equal((await client.send("channel:1", "hello")).seq, 1);
});
