import { h } from "../core/dom.js";
import { allBindings } from "../core/shortcuts.js";
import { dialog } from "../ui/popover.js";

export function showShortcuts() {
  dialog("Keyboard shortcuts", () =>
    h("div.shortcuts", {}, [...allBindings()].map(([group, bindings]) =>
      h("section", {}, h("h3", {}, group),
        h("dl", {}, bindings.map(({ keys, description }) =>
          h("div", {}, h("dt", {}, keys.split(" ").map((key) => h("kbd", {}, keyName(key)))), h("dd", {}, description))))))));
}

function keyName(key) {
  return key.replace("Mod+", navigator.platform.startsWith("Mac") ? "⌘ " : "Ctrl ").replace("Escape", "Esc");
}
