// Short messages in a corner. They say themselves to screen readers, wait while pointed at, and go by themselves.

import { h } from "../core/dom.js";
import { icon } from "../core/icons.js";

const STAY = 6000;
const MOST = 3;
let region;

/** `text` in a line, `title` above it, `href` to open, `action` {label, run}. `tone`: info, success, warning, error. */
export function notify({ title, text, href, action, tone = "info" }) {
  region ??= document.body.appendChild(h("div.snackbars", { popover: "manual", role: "status", "aria-live": "polite" }));
  const close = () => element.remove();
  const body = h(href ? "a.snackbar-body" : "div.snackbar-body", { href, onclick: href && close },
    title && h("strong", {}, title), h("span", {}, text));
  const element = h("div.snackbar", { data: { tone } }, body,
    action && h("button.button.quiet.small", { type: "button", onclick: () => (close(), action.run()) }, action.label),
    h("button.icon-button.small", { type: "button", "aria-label": "Dismiss", onclick: close }, icon("close")));
  // Shown anew, it lies above a dialog that was opened since.
  region.togglePopover?.(false);
  region.togglePopover?.(true);
  region.append(element);
  while (region.childElementCount > MOST) region.firstElementChild.remove();
  let timer = setTimeout(close, STAY);
  element.addEventListener("pointerenter", () => clearTimeout(timer));
  element.addEventListener("pointerleave", () => (timer = setTimeout(close, STAY / 2)));
}

/** For parts of the console that are loaded when they are first used. */
export function tellUnloaded() {
  notify({ title: "This couldn’t be loaded", text: "Try again when you are connected.", tone: "error" });
}

export function tellError(error) {
  notify({ title: "That didn’t work", text: error.message, tone: "error" });
}
