// Events about presence and typing carry ids and usernames; what else is known of people comes from the rows seen so far.

const known = new Map();

export function remember(...people) {
  for (const person of people) if (person?.id) known.set(String(person.id), person);
}

/** {id, username, name} of a member or of whoever types. */
export function personOf({ user_id: id, username }) {
  return known.get(String(id)) ?? { id: String(id), username, name: username };
}
