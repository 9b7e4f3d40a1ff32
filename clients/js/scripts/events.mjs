// Writes src/events.ts: a type for the data of each event in the server's AsyncAPI document, which comes on standard input.
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const target = join(dirname(fileURLToPath(import.meta.url)), "../src/events.ts");

export function eventsModule(document) {
  const messages = Object.entries(document.components.messages).filter(([name]) => name.includes("."));
  const lines = messages.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, message]) => {
    const data = message.payload?.properties?.data;
    const summary = message.summary ?? message.title;
    return `${summary ? `  /** ${summary} */\n` : ""}  ${JSON.stringify(name)}: ${typeOf(data, "  ")};`;
  });
  return `/** The events of the server's AsyncAPI document. Written by scripts/events.mjs: \`make client\`. */

import type { Frame } from "./frames.js";

/** The server doesn't describe it. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Anything = any;

export interface EventMap {
${lines.join("\n")}
}

export type EventType = keyof EventMap;

/** An event of type \`T\`, with its data; of any type, for names that the server's document doesn't know. */
export type EventOf<T extends string> = Frame & { type: T; data: T extends EventType ? EventMap[T] : Anything };
`;
}

function typeOf(schema, indent) {
  if (!schema || !Object.keys(schema).length) return "Anything";
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  const options = schema.anyOf ?? schema.oneOf;
  if (options) return [...new Set(options.map((option) => typeOf(option, indent)))].join(" | ");
  return [schema.type].flat().map((type) => plainType(type, schema, indent)).join(" | ");
}

function plainType(type, schema, indent) {
  if (type === "integer" || type === "number") return "number";
  if (type === "string" || type === "boolean" || type === "null") return type;
  if (type === "array") return `(${typeOf(schema.items, indent)})[]`.replace(/^\((\w+)\)/, "$1");
  if (type === "object" && schema.properties) return objectType(schema, indent);
  return type === "object" ? `Record<string, ${typeOf(schema.additionalProperties || {}, indent)}>` : "Anything";
}

function objectType({ properties, required = [] }, indent) {
  const inner = `${indent}  `;
  const fields = Object.entries(properties).map(
    ([name, schema]) => `${inner}${/^\w+$/.test(name) ? name : JSON.stringify(name)}${required.includes(name) ? "" : "?"}: ${typeOf(schema, inner)};`,
  );
  return `{\n${fields.join("\n")}\n${indent}}`;
}

writeFileSync(target, eventsModule(JSON.parse(readFileSync(0, "utf8"))));
