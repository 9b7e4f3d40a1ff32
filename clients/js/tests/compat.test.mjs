// The small older interface.
import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { LivedeskSocket } from "../dist/compat.js";
import { ScriptedServer, until } from "./scripted-server.mjs";

let server, socket;

beforeEach(async () => {
  server = await ScriptedServer.start();
  socket = new LivedeskSocket(server.url, 5);
});
afterEach(async () => {
  socket.disconnect();
  await server.stop();
});

test("listeners get frames by type, and all of them under *", async () => {
  const seen = [], all = [];
  socket.on("connected", ({ data }) => seen.push(data.username));
  socket.on("*", ({ type }) => all.push(type));
  socket.connect("t.e.st");
  await until(() => seen.length === 1);
  assert.equal(socket.send({ type: "ping" }), true);
  await until(() => all.includes("pong"));
  assert.deepEqual(server.tokens, ["t.e.st"]);
});

test("off ends one listener, or all of a type", async () => {
  const seen = [];
  const fn = () => seen.push("fn");
  socket.on("pong", fn);
  socket.on("pong", () => seen.push("other"));
  socket.connect("t");
  await until(() => socket.connected);
  socket.off("pong", fn);
  socket.send({ type: "ping" });
  await until(() => seen.length === 1);
  socket.off("pong");
  let ponged = false;
  socket.on("*", ({ type }) => (ponged ||= type === "pong"));
  socket.send({ type: "ping" });
  await until(() => ponged);
  assert.deepEqual(seen, ["other"]);
});

test("five attempts follow a lost connection, then it gives up", async () => {
  server.refuse = 4429;
  socket.connect("t");
  await until(() => server.connections === 6);
  await assert.rejects(until(() => server.connections > 6, 400));
});

test("a refused token isn't tried again, nor is a wanted disconnect", async () => {
  server.refuse = 4001;
  const codes = [];
  socket.on("close", ({ code }) => codes.push(code));
  socket.connect("t");
  await until(() => codes.length === 1);
  server.refuse = null;
  socket.connect("t");
  await until(() => socket.connected);
  socket.disconnect();
  await until(() => server.wss.clients.size === 0);
  assert.equal(server.connections, 2);
  assert.equal(socket.send({}), false);
});

test("connecting again goes on pinging, and hears no more of the connection before", async () => {
  mock.timers.enable({ apis: ["setInterval"] });
  try {
    const seen = [];
    socket.on("connected", ({ data }) => seen.push(data.connection_id));
    socket.connect("first");
    await until(() => socket.connected);
    socket.connect("second");
    await until(() => socket.connected && seen.includes("c2"));
    await until(() => server.wss.clients.size === 1);
    await new Promise(setImmediate);
    mock.timers.tick(30_000);
    await until(() => server.count("ping") === 1);
  } finally {
    mock.timers.reset();
  }
});
