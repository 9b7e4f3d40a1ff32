// A person in a circle: initials on a colour of their own, and a dot when online.

import { h } from "../core/dom.js";
import { presence } from "../data/presence.js";

const HUES = 8;

export function displayName(person) {
  return person?.name || person?.username || "Nobody";
}

/** `person`: {id, username, name}. With `dot`, shows whether they are online, and keeps it right. */
export function avatar(person, { size = "", dot = false } = {}) {
  const element = h(`span.avatar${size ? `.avatar-${size}` : ""}`, { "aria-hidden": "true" });
  if (!person) {
    element.classList.add("avatar-none");
    return element;
  }
  element.dataset.hue = String(hueOf(String(person.id ?? person.user_id ?? person.username)));
  element.textContent = initials(displayName(person));
  if (dot) {
    element.append(h("span.presence"));
    element.dataset.presenceOf = person.id ?? person.user_id;
    element.classList.toggle("is-online", presence.has(element.dataset.presenceOf));
  }
  return element;
}

/** One pass over the dots on the page whenever somebody comes or goes. */
export function followPresence() {
  return presence.subscribe(() => {
    for (const element of document.querySelectorAll("[data-presence-of]")) {
      element.classList.toggle("is-online", presence.has(element.dataset.presenceOf));
    }
  });
}

function initials(name) {
  const words = name.trim().split(/\s+/);
  const letters = words.length > 1 ? [words[0], words.at(-1)].map((word) => [...word][0]) : [...name].slice(0, 2);
  return letters.join("").toUpperCase();
}

function hueOf(text) {
  let hash = 0;
  for (const character of text) hash = (hash * 31 + character.codePointAt(0)) % 997;
  return hash % HUES;
}
