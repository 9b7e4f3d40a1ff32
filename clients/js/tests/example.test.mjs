// The example that refreshes a query cache: it is compiled against the package as others get it, and does what it says.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createElement } from "react";
import { act, create } from "react-test-renderer";
import { createClient } from "../dist/index.js";
import { ScriptedServer, until } from "./scripted-server.mjs";

globalThis.IS_REACT_ACT_ENVIRONMENT = true;

const here = join(dirname(fileURLToPath(import.meta.url)), "..");
const built = join(here, "dist-example");
let Messages;

before(async () => {
  const options = ["--target", "ES2022", "--module", "NodeNext", "--lib", "ES2023,DOM", "--jsx", "react-jsx", "--strict", "--skipLibCheck", "--types", "react"];
  execFileSync(process.execPath, [join(here, "node_modules/typescript/bin/tsc"), ...options, "--rootDir", join(here, "examples"), "--outDir", built, join(here, "examples/query-cache.tsx")], { stdio: "inherit" });
  ({ Messages } = await import(join(built, "query-cache.js")));
});
after(() => rmSync(built, { recursive: true, force: true }));

test("a list of messages is loaded once, follows the room, and is loaded again when the log is lost", async () => {
  const server = await ScriptedServer.start();
  const room = server.room("ticket:t");
  const asked = [];
  const { fetch } = globalThis;
  globalThis.fetch = async (path, { headers }) => {
    asked.push([path.split("?")[0], headers.Authorization]);
    const results = room.events.map(({ data }) => data);
    return Response.json({ results, seq: room.events.length, epoch: room.epoch });
  };
  const client = createClient({ url: server.url, getToken: () => "t.e.st", backoff: { base: 20, cap: 50 } }).start();
  const cache = new QueryClient();
  const told = (id, content) => server.emit("ticket:t", { type: "message.new", data: { id, content } });
  told("1", "Before");
  let tree;
  const shown = () => tree.root.findAllByType("p").map(({ props }) => props.children);
  const sees = (...texts) => act(() => until(() => shown().join() === texts.join()));
  try {
    await act(() => {
      tree = create(createElement(QueryClientProvider, { client: cache }, createElement(Messages, { client, ticketId: "t" })));
    });
    await sees("Before");
    await act(() => until(() => room.sockets.size === 1));
    told("2", "Live");
    await sees("Before", "Live");
    server.emit("ticket:t", { type: "message.edited", data: { id: "1", content: "Corrected" } });
    await sees("Corrected", "Live");
    assert.deepEqual(asked, [["/api/v1/tickets/t/messages/", "Bearer t.e.st"]]);
    Object.assign(room, { epoch: "e2", events: [] });
    told("9", "Another log");
    server.cut();
    await sees("Another log");
    assert.equal(asked.length, 2);
  } finally {
    globalThis.fetch = fetch;
    await act(() => tree.unmount());
    cache.clear();
    client.stop();
    await server.stop();
  }
});
