// The agents whom a ticket can be given to.

import { Topic } from "../core/signal.js";
import { api } from "./api.js";
import { session } from "./session.js";
import { tickets } from "./tickets.js";

let loaded = null;
let told = false;

/** Told, once, when the agents couldn't be loaded: those that are known meanwhile aren't all. */
export const someAreMissing = new Topic();

/** [{id, username, name}], this user first. */
export async function agents() {
  loaded ??= load();
  const found = new Map((await loaded).map((person) => [person.id, person]));
  const { id, username, name } = session.user;
  if (session.user.is_staff) found.set(id, found.get(id) ?? { id, username, name });
  for (const { assignee } of tickets.rows.values()) if (assignee && !found.has(assignee.id)) found.set(assignee.id, assignee);
  return [...found.values()].sort((a, b) => (b.id === id) - (a.id === id) || a.username.localeCompare(b.username));
}

async function load() {
  try {
    const { results } = await api.get("agents/", { page_size: 200 });
    told = false;
    return results;
  } catch {
    loaded = null;
    if (!told) someAreMissing.tell();
    told = true;
    return [];
  }
}
