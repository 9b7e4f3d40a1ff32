// Keyboard shortcuts: single keys, and pairs such as "g i". None fires in a dialog or a menu, nor while somebody types, unless it says so.

const SWITCH = "livedesk.shortcuts";
const bindings = new Map();
let prefix = "";
let timer;

/** `keys`: "j", "?", "g i", "Mod+Enter". Returns what ends it. */
export function bind(keys, description, fn, { typing = false, group = "Everywhere" } = {}) {
  const binding = { keys, description, fn, typing, group };
  bindings.set(keys, binding);
  return () => {
    if (bindings.get(keys) === binding) bindings.delete(keys);
  };
}

/** Single keys are in the way of whoever speaks to their computer (WCAG 2.1.4). */
export function shortcutsAreOn() {
  return localStorage.getItem(SWITCH) !== "off";
}

export function switchShortcuts(on) {
  if (on) localStorage.removeItem(SWITCH);
  else localStorage.setItem(SWITCH, "off");
}

/** For the help dialog: group → bindings. */
export function allBindings() {
  return Map.groupBy ? Map.groupBy(bindings.values(), ({ group }) => group) : groupBy([...bindings.values()]);
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || document.querySelector("dialog[open], .popover")) return;
  if (!shortcutsAreOn()) return;
  const name = nameOf(event);
  const typing = isTyping(event.target);
  const binding = bindings.get(prefix ? `${prefix} ${name}` : name) ?? bindings.get(name);
  const isPrefix = !prefix && !typing && [...bindings.keys()].some((keys) => keys.startsWith(`${name} `));
  prefix = "";
  clearTimeout(timer);
  if (binding && (!typing || binding.typing)) {
    event.preventDefault();
    binding.fn(event);
  } else if (isPrefix) {
    prefix = name;
    timer = setTimeout(() => (prefix = ""), 1200);
  }
});

function nameOf(event) {
  const modifier = event.metaKey || event.ctrlKey ? "Mod+" : event.altKey ? "Alt+" : "";
  return modifier + event.key;
}

function isTyping(element) {
  return element.matches?.("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable=true]");
}

function groupBy(items) {
  const groups = new Map();
  for (const item of items) groups.set(item.group, [...(groups.get(item.group) ?? []), item]);
  return groups;
}
