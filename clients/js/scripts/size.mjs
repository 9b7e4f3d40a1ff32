// Prints the gzipped size of what `import "@livedesk/client"` loads; fails above 10 KB.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const LIMIT = 10 * 1024;
const dist = join(dirname(fileURLToPath(import.meta.url)), "../dist");
let total = 0;
// events.js holds types alone, and nothing imports it.
for (const name of readdirSync(dist).filter((file) => file.endsWith(".js") && !/^(react|compat|events)\b/.test(file))) {
  const size = gzipSync(readFileSync(join(dist, name)), { level: 9 }).length;
  total += size;
  console.log(`${String(size).padStart(6)}  ${name}`);
}
console.log(`${String(total).padStart(6)}  in all, of ${LIMIT}`);
if (total > LIMIT) process.exitCode = 1;
