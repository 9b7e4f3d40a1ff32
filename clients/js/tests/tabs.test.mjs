// Tabs of one user share a socket. Node has BroadcastChannel; the lock manager here is what browsers have, in memory.
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { createClient } from "../dist/index.js";
import { ScriptedServer, until } from "./scripted-server.mjs";

class MemoryLocks {
  #holder = null;
  #queue = [];
  request(_name, { signal, steal }, held) {
    return new Promise((resolve, reject) => {
      const entry = { held, resolve, reject };
      signal?.addEventListener("abort", () => {
        this.#queue = this.#queue.filter((other) => other !== entry);
        if (this.#holder !== entry) reject(signal.reason);
      });
      if (steal) {
        this.#holder?.reject(new DOMException("stolen", "AbortError"));
        this.#holder = null;
        this.#queue.unshift(entry);
      } else this.#queue.push(entry);
      this.#next();
    });
  }
  #next() {
    if (this.#holder || !this.#queue.length) return;
    const entry = (this.#holder = this.#queue.shift());
    Promise.resolve().then(entry.held).then(entry.resolve, entry.reject).finally(() => {
      if (this.#holder === entry) this.#holder = null;
      this.#next();
    });
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

function tab(options = {}) {
  const client = createClient({
    url: server.url, getToken: () => "t.e.st", backoff: { base: 20, cap: 50 }, share: "7", ...options,
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

test("a tab that is frozen with the socket loses it to one that is looked at", async () => {
  // Nothing that this holder is asked is ever answered.
  const frozen = navigator.locks.request("livedesk:7", {}, () => new Promise(() => undefined));
  const client = tab();
  await assert.rejects(frozen, { name: "AbortError" });
  await until(() => client.status.state === "open", 12_000);
  assert.equal((await client.send("channel:1", "hello")).seq, 1);
});

test("a tab whose socket was taken follows the one that took it, and misses nothing", async () => {
  const first = tab();
  await opened(first);
  const { seqs, subscription } = listen(first);
  await subscription.ready();
  let release;
  const taken = navigator.locks.request("livedesk:7", { steal: true }, () => new Promise((resolve) => (release = resolve)));
  await until(() => first.status.state === "connecting" && server.wss.clients.size === 0);
  server.emit("channel:1", { type: "message.new", data: {} });
  release();
  await taken;
  await until(() => seqs.length === 1);
  assert.equal(first.status.state, "open");
});

test("when the login of the tab with the socket ends, another one goes on with its own", async () => {
  const first = tab({ getToken: ({ refresh }) => (refresh ? null : "mine") });
  await opened(first);
  const second = tab({ getToken: () => "theirs" });
  await opened(second);
  const { subscription } = listen(second);
  await subscription.ready();
  server.refuse = (token) => (token === "theirs" ? null : 4401);
  server.cut(4401);
  await until(() => first.status.state === "stopped");
  assert.equal(first.status.reason, "unauthorized");
  await opened(second);
  await subscription.ready();
  assert.equal(first.status.state, "stopped");
  assert.equal(server.tokens.at(-1), "theirs");
});

test("a tab without the socket can have the one with it try again at once", async () => {
  server.refuse = 4500;
  const [first, second] = [tab({ backoff: { base: 60_000, cap: 60_000 } }), tab()];
  await until(() => first.status.state === "waiting" && second.status.state === "waiting");
  server.refuse = null;
  second.retryNow();
  await opened(first);
  await opened(second);
});
