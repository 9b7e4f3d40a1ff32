// The hooks, rendered by React itself, against the scripted server.
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { createElement } from "react";
import { act, create } from "react-test-renderer";
import { createClient } from "../dist/index.js";
import { useConnection, useNotifications, usePresence, useRoom } from "../dist/react.js";
import { ScriptedServer, until } from "./scripted-server.mjs";

globalThis.IS_REACT_ACT_ENVIRONMENT = true;

let server, client, mounted;

beforeEach(async () => {
  server = await ScriptedServer.start();
  client = createClient({ url: server.url, getToken: () => "t.e.st", backoff: { base: 20, cap: 50 } }).start();
  mounted = [];
});
afterEach(async () => {
  await act(() => mounted.forEach((one) => one.unmount()));
  client.stop();
  await server.stop();
});

/** Renders a component that calls `hook(props)`; `now.value` is what it last returned. */
async function render(hook, props = {}) {
  const now = { value: undefined };
  const Probe = (given) => {
    now.value = hook(given);
    return null;
  };
  let tree;
  await act(() => (tree = create(createElement(Probe, props))));
  mounted.push(tree);
  now.update = (next) => act(() => tree.update(createElement(Probe, next)));
  now.unmount = () => act(() => tree.unmount());
  now.sees = (condition) => act(() => until(() => condition(now.value)));
  return now;
}

test("useConnection follows the connection", async () => {
  const status = await render(() => useConnection(client));
  await status.sees(({ state }) => state === "open");
  await act(() => server.stop());
  await status.sees(({ state }) => state !== "open");
});

test("useRoom joins while mounted, hands on events and leaves with the component", async () => {
  const heard = [];
  const room = await render(() => useRoom(client, "channel:1", { onEvent: ({ seq }) => heard.push(seq) }));
  await room.sees(({ state }) => state === "live");
  server.emit("channel:1", { type: "message.new", data: {} });
  await room.sees(() => heard.length === 1);
  assert.deepEqual(heard, [1]);
  await room.unmount();
  await until(() => server.count("leave_room", "channel:1") === 1);
});

test("a new callback is used without joining again, a new room is joined instead of the old one", async () => {
  const first = [], second = [];
  const hook = ({ name, into }) => useRoom(client, name, { onEvent: ({ room, seq }) => into.push([room, seq]) });
  const room = await render(hook, { name: "channel:1", into: first });
  await room.sees(({ state }) => state === "live");
  await room.update({ name: "channel:1", into: second });
  server.emit("channel:1", { type: "message.new", data: {} });
  await room.sees(() => second.length === 1);
  assert.deepEqual(first, []);
  assert.equal(server.count("join_room", "channel:1"), 1);
  await room.update({ name: "channel:2", into: second });
  await until(() => server.count("leave_room", "channel:1") === 1);
  await room.sees(({ state }) => state === "live");
  server.emit("channel:2", { type: "message.new", data: {} });
  await room.sees(() => second.length === 2);
  assert.deepEqual(second, [["channel:1", 1], ["channel:2", 1]]);
});

test("send of a room resolves once the message is stored", async () => {
  const room = await render(() => useRoom(client, "channel:1"));
  await room.sees(({ state }) => state === "live");
  let receipt;
  await act(async () => (receipt = await room.value.send("Hello")));
  assert.equal(receipt.seq, 1);
  assert.equal(server.room("channel:1").events[0].data.content, "Hello");
});

test("no room is joined as long as none is named", async () => {
  const room = await render(({ name }) => useRoom(client, name), { name: null });
  await until(() => client.status.state === "open");
  assert.equal(server.count("join_room"), 0);
  await room.update({ name: "channel:1" });
  await room.sees(({ state }) => state === "live");
});

test("usePresence tells who is in the room", async () => {
  const members = await render(() => usePresence(client, "channel:1"));
  await members.sees((now) => now.length === 1);
  server.tell("channel:1", { type: "user_joined", data: { user_id: "8", username: "bob" } });
  await members.sees((now) => now.map(({ username }) => username).join() === "alice,bob");
  server.tell("channel:1", { type: "user_left", data: { user_id: "8", username: "bob" } });
  await members.sees((now) => now.length === 1);
});

test("useNotifications keeps one of each, the latest first, and the counters it was told", async () => {
  const told = [];
  const mine = await render(() => useNotifications(client, "7", ({ data }) => told.push(data.id)));
  await until(() => server.count("join_room", "user:7") === 1);
  const grows = { id: "a", count: 1 };
  server.emit("user:7", { type: "notification.new", data: grows });
  server.emit("user:7", { type: "notification.mentioned", data: { id: "b", count: 1 } });
  server.emit("user:7", { type: "notification.new", data: { ...grows, count: 2 } });
  server.tell("user:7", { type: "notification.counts", data: { unread: 2, unseen: 1 } });
  await mine.sees(({ counts }) => counts !== null);
  assert.deepEqual(mine.value.items.map(({ data }) => [data.id, data.count]), [["a", 2], ["b", 1]]);
  assert.deepEqual(mine.value.counts, { unread: 2, unseen: 1 });
  assert.deepEqual(told, ["a", "b", "a"]);
});

test("useNotifications corrects what changed in its place, without telling it again, and starts anew with another user", async () => {
  const told = [];
  const mine = await render(({ user }) => useNotifications(client, user, ({ data }) => told.push(data.id)), { user: "7" });
  await until(() => server.count("join_room", "user:7") === 1);
  server.emit("user:7", { type: "notification.new", data: { id: "a", message: "as it was" } });
  server.emit("user:7", { type: "notification.new", data: { id: "b" } });
  server.emit("user:7", { type: "notification.updated", data: { id: "a", message: "as it is" } });
  await mine.sees(({ items }) => items.some(({ data }) => data.message === "as it is"));
  assert.deepEqual(mine.value.items.map(({ data }) => data.id), ["b", "a"]);
  assert.deepEqual(told, ["a", "b"]);
  await mine.update({ user: "8" });
  await mine.sees(({ items }) => items.length === 0);
});
