// Builds dist/: JavaScript without comments and indentation, declarations with comments. `--console` copies it to where the console loads it
// from; `--check` builds elsewhere and says whether that copy is stale.
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = join(dirname(fileURLToPath(import.meta.url)), "..");
const consoleCopy = join(here, "../../config/static/livedesk/vendor/client");
/** What the console loads; the other entries are for other people's bundlers. */
const forConsole = (name) => name.endsWith(".js") && !/^(react|compat)\b/.test(name);

function build(outDir) {
  rmSync(outDir, { recursive: true, force: true });
  const tsc = join(here, "node_modules/typescript/bin/tsc");
  const run = (...args) =>
    execFileSync(process.execPath, [tsc, "-p", here, "--outDir", outDir, ...args], { stdio: "inherit" });
  run("--removeComments");
  for (const name of readdirSync(outDir)) {
    const file = join(outDir, name);
    writeFileSync(file, readFileSync(file, "utf8").replace(/^ +/gm, ""));
  }
  run("--declaration", "--emitDeclarationOnly");
}

if (process.argv.includes("--check")) {
  const fresh = mkdtempSync(join(tmpdir(), "livedesk-client-"));
  try {
    build(fresh);
    const names = readdirSync(fresh).filter(forConsole);
    const kept = readdirSync(consoleCopy);
    const stale = names.filter(
      (name) => !kept.includes(name) || readFileSync(join(fresh, name), "utf8") !== readFileSync(join(consoleCopy, name), "utf8"),
    );
    const surplus = kept.filter((name) => !names.includes(name));
    if (stale.length || surplus.length) {
      console.error(`The console's copy of the client is not that of src/: ${[...stale, ...surplus].join(", ")}. Run: make client`);
      process.exitCode = 1;
    }
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
} else {
  const dist = join(here, "dist");
  build(dist);
  if (process.argv.includes("--console")) {
    rmSync(consoleCopy, { recursive: true, force: true });
    for (const name of readdirSync(dist).filter(forConsole)) cpSync(join(dist, name), join(consoleCopy, name));
  }
}
