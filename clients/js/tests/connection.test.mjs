// The connection state machine: when it tries again, when it stops, and what it tells.
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { createClient } from "../dist/index.js";
import { Backoff, Pacer } from "../dist/timing.js";
import { ScriptedServer, until } from "./scripted-server.mjs";

let server, client, states;

beforeEach(async () => {
  server = await ScriptedServer.start();
  states = [];
});
afterEach(async () => {
  client?.stop();
  await server.stop();
});

function start(options = {}) {
  client = createClient({ url: server.url, getToken: () => "t.e.st", backoff: { base: 20, cap: 50 }, ...options });
  client.onState((status) => states.push(status.state));
  return client.start();
}
const state = (name, patience) => until(() => client.status.state === name, patience);

test("the token goes as a subprotocol, not into the address", async () => {
  start();
  await state("open");
  assert.deepEqual(server.tokens, ["t.e.st"]);
  assert.deepEqual(states, ["connecting", "open"]);
});

test("4401 refreshes the token before the next attempt", async () => {
  const asked = [];
  server.refuse = (token) => (token === "old" ? 4401 : null);
  start({ getToken: ({ refresh }) => (asked.push(refresh), refresh ? "new" : "old") });
  await state("open");
  assert.deepEqual(asked, [false, true]);
  assert.deepEqual(server.tokens, ["old", "new"]);
});

test("4401 with no new token to be had stops", async () => {
  server.refuse = 4401;
  start({ getToken: ({ refresh }) => (refresh ? null : "old") });
  await state("stopped");
  assert.equal(client.status.reason, "unauthorized");
  assert.equal(server.connections, 1);
});

test("a server that refuses every token isn't asked for ever", async () => {
  server.refuse = 4401;
  start();
  await state("stopped");
  assert.equal(client.status.reason, "unauthorized");
  assert.equal(server.connections, 4);
});

test("4403 stops at once", async () => {
  server.refuse = 4403;
  start();
  await state("stopped");
  assert.equal(client.status.reason, "forbidden");
  assert.equal(server.connections, 1);
});

test("4503 waits as long as the server says", async () => {
  start();
  await state("open");
  server.wss.clients.forEach((socket) => {
    socket.send(JSON.stringify({ type: "reconnect", data: { after: 0.2 } }));
    socket.close(4503);
  });
  await state("waiting");
  assert.equal(client.status.retryIn, 200);
  assert.equal(client.status.code, 4503);
});

test("a token that can't be fetched is a network fault, and tried again", async () => {
  let attempts = 0;
  start({ getToken: async () => { if (++attempts < 3) throw new TypeError("fetch failed"); return "t.e.st"; } });
  await state("open");
  assert.equal(attempts, 3);
});

test("a killed server is found again when it is back", async () => {
  start();
  await state("open");
  const { port } = server;
  await server.stop();
  await state("waiting");
  await server.listen(port);
  await state("open");
});

test("a server that stays silent is dropped and tried again", async () => {
  server.silent = true;
  start({ patience: 60 });
  await until(() => server.connections >= 2);
});

test("the watchdog notices a connection that died without a close", async () => {
  start({ patience: 60, heartbeat: 100 });
  await state("open");
  await until(() => server.count("ping") >= 2);
  server.silent = true;
  await state("waiting");
});

test("stop closes the socket and nothing reconnects", async () => {
  start();
  await state("open");
  client.stop();
  assert.equal(client.status.state, "stopped");
  await until(() => server.wss.clients.size === 0);
  client.retryNow();
  assert.equal(client.status.state, "stopped");
  assert.equal(server.connections, 1);
});

test("start after stop connects again", async () => {
  start();
  await state("open");
  client.stop();
  client.start();
  await state("open");
  assert.equal(server.connections, 2);
});

test("retryNow doesn't wait for the backoff", async () => {
  start({ backoff: { base: 60_000, cap: 60_000 } });
  await state("open");
  server.cut();
  await state("waiting");
  client.retryNow();
  await state("open");
});

test("a token near its end is renewed on the open socket", async () => {
  const token = (exp) => `h.${btoa(JSON.stringify({ exp })).replaceAll("=", "")}.s`;
  const soon = token(Date.now() / 1000 + 30);
  start({ getToken: ({ refresh }) => (refresh ? token(Date.now() / 1000 + 3600) : soon), heartbeat: 100 });
  await state("open");
  await until(() => server.count("authenticate") === 1, 8000);
  assert.equal(server.connections, 1);
});

test("backoff doubles from a second to thirty, with jitter in the upper half", () => {
  const backoff = new Backoff();
  for (const ceiling of [1000, 2000, 4000, 8000, 16000, 30000, 30000]) {
    const delay = backoff.next();
    assert.ok(delay >= ceiling / 2 && delay <= ceiling, `${delay} of ${ceiling}`);
  }
  backoff.reset();
  assert.ok(backoff.next() <= 1000);
});

test("the pacer lets a burst through and keeps the order of the rest", async () => {
  const pacer = new Pacer(200, 3);
  const done = [];
  for (let n = 0; n < 6; n++) pacer.run(() => done.push(n));
  assert.deepEqual(done, [0, 1, 2]);
  await until(() => done.length === 6);
  assert.deepEqual(done, [0, 1, 2, 3, 4, 5]);
});

// What a browser's window tells: Node has no window, so one stands in.
async function inWindow(run) {
  const window = new EventTarget();
  for (const name of ["addEventListener", "removeEventListener"]) globalThis[name] = window[name].bind(window);
  globalThis.document = { visibilityState: "visible" };
  try {
    await run(window);
  } finally {
    client?.stop();
    for (const name of ["addEventListener", "removeEventListener", "document"]) delete globalThis[name];
  }
}

for (const name of ["online", "pageshow", "visibilitychange"]) {
  test(`${name} tries again at once, whatever the backoff`, () => inWindow(async (window) => {
    server.refuse = 4500;
    start({ backoff: { base: 60_000, cap: 60_000 } });
    await state("waiting");
    server.refuse = null;
    window.dispatchEvent(new Event(name));
    await state("open");
  }));
}

test("a page that is hidden doesn't try again for that", () => inWindow(async (window) => {
  server.refuse = 4500;
  start({ backoff: { base: 60_000, cap: 60_000 } });
  await state("waiting");
  globalThis.document.visibilityState = "hidden";
  window.dispatchEvent(new Event("visibilitychange"));
  assert.equal(client.status.state, "waiting");
  assert.equal(server.connections, 1);
}));

test("waking up asks a connection that seems open, and replaces one that is dead", () => inWindow(async (window) => {
  start();
  await state("open");
  server.silent = true;
  window.dispatchEvent(new Event("pageshow"));
  await until(() => server.count("ping") === 1);
  assert.equal(client.status.state, "open");
  server.silent = false;
  await until(() => server.connections === 2, 15_000);
  await state("open");
}));

test("going offline while waiting is told as such", () => inWindow(async (window) => {
  server.refuse = 4500;
  start({ backoff: { base: 60_000, cap: 60_000 } });
  await state("waiting");
  window.dispatchEvent(new Event("offline"));
  assert.equal(client.status.state, "offline");
}));
