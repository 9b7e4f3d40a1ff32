// Tabs of one user share a socket. Node has BroadcastChannel; the lock manager here is what browsers have, in memory.
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { createClient } from "../dist/index.js";
import { ScriptedServer, until } from "./scripted-server.mjs";

class MemoryLocks {
  #queues = new Map();
  async request(name, { signal }, held) {
    const before = this.#queues.get(name) ?? Promise.resolve();
    let release;
    this.#queues.set(name, new Promise((resolve) => (release = resolve)));
    await before;
    try {
      if (!signal.aborted) await held();
    } finally {
      release();
    }
  }
}

let server, tabs;

beforeEach(async () => {
  Object.defineProperty(globalThis, "navigator", { value: { locks: new MemoryLocks() }, configurable: true });
  server = await ScriptedServer.start();
  tabs = [];
});
afterEach(async () => {
  tabs.forEach((tab) => tab.stop());
  await server.stop();
  delete globalThis.navigator;
});

function tab() {
  const client = createClient({
    url: server.url, getToken: () => "t.e.st", backoff: { base: 20, cap: 50 }, share: "7",
  });
  tabs.push(client);
  return client.start();
}
const opened = (client) => until(() => client.status.state === "open");

function listen(client, options) {
  const seqs = [];
  const subscription = client.subscribe("channel:1", { onEvent: ({ seq }) => seqs.push(seq), ...options });
  return { seqs, subscription };
}

test("a second tab opens no second socket and gets the same events", async () => {
  const [first, second] = [tab(), tab()];
  await opened(first);
  await opened(second);
  const [one, two] = [listen(first), listen(second)];
  await one.subscription.ready();
  await two.subscription.ready();
  server.emit("channel:1", { type: "message.new", data: {} });
  await until(() => one.seqs.length === 1 && two.seqs.length === 1);
  assert.equal(server.connections, 1);
});

test("a message sent from the second tab is confirmed there", async () => {
  const [, second] = [tab(), tab()];
  await opened(second);
  assert.equal((await second.send("channel:1", "hello")).seq, 1);
});

test("when the tab with the socket goes, another takes over and misses nothing", async () => {
  const [first, second] = [tab(), tab()];
  await opened(second);
  const { seqs, subscription } = listen(second);
  await subscription.ready();
  server.emit("channel:1", { type: "message.new", data: {} });
  await until(() => seqs.length === 1);
  first.stop();
  server.emit("channel:1", { type: "message.new", data: {} });
  await until(() => seqs.length === 2);
  assert.deepEqual(seqs, [1, 2]);
  assert.equal(server.connections, 2);
});

test("a room stays joined until the last tab leaves it", async () => {
  const [first, second] = [tab(), tab()];
  await opened(second);
  const [one, two] = [listen(first), listen(second)];
  await one.subscription.ready();
  await two.subscription.ready();
  two.subscription.close();
  server.emit("channel:1", { type: "message.new", data: {} });
  await until(() => one.seqs.length === 1);
  one.subscription.close();
  await until(() => server.count("leave_room") === 1);
});

test("a tab that closes takes its rooms along", async () => {
  const [, second] = [tab(), tab()];
  await opened(second);
  await listen(second).subscription.ready();
  second.stop();
  await until(() => server.count("leave_room") === 1);
});
