// Against the server itself, in a process of its own; killed and started again. Skipped where there is no Python for it.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { createClient } from "../dist/index.js";
import { until } from "./scripted-server.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "../../..");
const python = process.env.PYTHON ?? join(root, ".venv/bin/python");
const skip = existsSync(python) ? false : `there is no Python at ${python}: make install`;
const folder = mkdtempSync(join(tmpdir(), "livedesk-js-"));
const { DATABASE_URL: _, REDIS_URL: __, ...inherited } = process.env;
const env = { ...inherited, DATA_DIR: folder, JWT_ACCESS_SECONDS: "6", WS_MAX_CONNECTIONS_PER_USER: "50", THROTTLE_LOGIN: "1000/min" };
let port, server;

before(async () => {
  if (skip) return;
  const manage = (...args) => execFileSync(python, ["manage.py", ...args], { cwd: root, env });
  manage("migrate", "-v", "0");
  manage("create_demo");
  port = await freePort();
  await start();
}, { timeout: 120_000 });

after(() => {
  server?.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

async function start() {
  server = spawn(python, ["manage.py", "serve", "--server", "uvicorn", "--port", String(port)], { cwd: root, env, stdio: "ignore" });
  for (let attempt = 0; ; attempt++) {
    const answer = await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => null);
    if (answer?.ok) return;
    assert.ok(attempt < 400, "the server doesn't answer");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function freePort() {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const found = probe.address().port;
      probe.close(() => resolve(found));
    });
  });
}

async function post(path, body, access) {
  const headers = { "Content-Type": "application/json", ...(access && { Authorization: `Bearer ${access}` }) };
  const answer = await fetch(`http://127.0.0.1:${port}/api/v1/${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  if (!answer.ok) throw Object.assign(new Error(`${answer.status}`), { status: answer.status });
  return answer.status === 204 ? null : answer.json();
}

/** Somebody signed in, with a client whose token is renewed as a browser's would be. */
async function person(username) {
  let pair = await post("auth/token/", { username, password: "Secret123" });
  const getToken = async ({ refresh }) => {
    if (!refresh) return pair.access;
    try {
      pair = await post("auth/token/refresh/", { refresh: pair.refresh });
    } catch (error) {
      if (error.status === 401) return null;
      throw error;
    }
    return pair.access;
  };
  const client = createClient({ url: `http://127.0.0.1:${port}/api/v1/ws/connect`, getToken, backoff: { base: 50, cap: 500 } });
  return { client: client.start(), access: async () => (await getToken({ refresh: true })), pair: () => pair };
}

test("two people talk, and both see one event for each message", { skip }, async () => {
  const alice = await person("alice");
  const carol = await person("carol");
  const ticket = await post("tickets/", { subject: "From Node", content: "Hello" }, await carol.access());
  const seen = [];
  const room = `ticket:${ticket.id}`;
  await alice.client
    .subscribe(room, { since: ticket.seq, epoch: ticket.epoch, onEvent: (event) => event.type === "message.new" && seen.push(event.data.content) })
    .ready();
  const receipt = await carol.client.send(room, { content: "Anybody?", client_id: "c-1" });
  const again = await carol.client.send(room, { content: "Anybody?", client_id: "c-1" });
  assert.equal(receipt.seq, again.seq);
  await alice.client.send(room, "Yes");
  await until(() => seen.length === 2);
  assert.deepEqual(seen, ["Anybody?", "Yes"]);
  alice.client.stop();
  carol.client.stop();
});

test("a killed server loses nothing, and its clients come back by themselves", { skip, timeout: 120_000 }, async () => {
  const carol = await person("carol");
  const ticket = await post("tickets/", { subject: "Storm", content: "Hello" }, await carol.access());
  const seqs = [];
  const room = `ticket:${ticket.id}`;
  await carol.client.subscribe(room, { since: 0, onEvent: ({ seq }) => seq && seqs.push(seq) }).ready();
  await carol.client.send(room, "before");
  server.kill("SIGKILL");
  await until(() => carol.client.status.state !== "open");
  const waiting = carol.client.send(room, "during");
  await start();
  const receipt = await waiting;
  await until(() => seqs.at(-1) >= receipt.seq);
  assert.deepEqual(seqs, Array.from(seqs, (_seq, index) => index + 1));
  carol.client.stop();
});

test("a server that stops is asked again at the moment that it named", { skip, timeout: 120_000 }, async () => {
  const carol = await person("carol");
  await until(() => carol.client.status.state === "open", 10_000);
  const told = [];
  const waits = [];
  carol.client.on("reconnect", ({ data }) => told.push(data.after));
  carol.client.onState(({ state, code, retryIn }) => state === "waiting" && waits.push([code, retryIn]));
  server.kill("SIGTERM");
  await until(() => waits.length > 0, 10_000);
  assert.deepEqual(waits[0], [4503, told[0] * 1000]);
  carol.client.stop();
  await until(() => server.exitCode !== null || server.signalCode !== null, 30_000);
  await start();
});

test("the socket outlives its first token, and a logout ends it for good", { skip, timeout: 60_000 }, async () => {
  const dave = await person("dave");
  await until(() => dave.client.status.state === "open", 10_000);
  await new Promise((resolve) => setTimeout(resolve, 8_000));
  await until(() => dave.client.status.state === "open", 10_000);
  await dave.client.send("channel:1", "hi").then(assert.fail, (error) => assert.equal(error.code, "forbidden"));
  await post("auth/logout/", { refresh: dave.pair().refresh }, await dave.pair().access);
  await until(() => dave.client.status.state === "stopped", 10_000);
  assert.equal(dave.client.status.reason, "unauthorized");
});
