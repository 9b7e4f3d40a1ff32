// Menus and panels that open at a button, and dialogs. Escape, a click elsewhere and another page close; focus goes back.

import { fill, h, KeyedList } from "../core/dom.js";
import { icon } from "../core/icons.js";
import { router } from "../core/router.js";

const FOCUSABLE = "a[href], button, input, textarea, select";
let open = null;

router.subscribe(() => {
  open?.close();
  for (const one of document.querySelectorAll("dialog[open]")) one.close();
});

/** Opens `content` below `anchor`; again, closes. Returns what closes it. Does nothing where the anchor has gone meanwhile. */
export function popover(anchor, content, { label, align = "start", onclose } = {}) {
  if (!anchor.isConnected) return () => undefined;
  const same = open?.anchor === anchor;
  open?.close();
  if (same) return () => undefined;
  const panel = h("div.popover", { role: "dialog", "aria-label": label, tabindex: "-1" }, content);
  document.body.append(panel);
  place(panel, anchor, align);
  // What is in it may come, or change, while it is open.
  const grown = new ResizeObserver(() => place(panel, anchor, align));
  grown.observe(panel);
  anchor.setAttribute("aria-expanded", "true");
  const close = () => {
    if (!panel.isConnected) return;
    grown.disconnect();
    panel.remove();
    anchor.setAttribute("aria-expanded", "false");
    document.removeEventListener("pointerdown", outside, true);
    document.removeEventListener("focusin", outside);
    document.removeEventListener("keydown", keys, true);
    removeEventListener("resize", close);
    if (panel.contains(document.activeElement) || document.activeElement === document.body) anchor.focus();
    open = null;
    onclose?.();
  };
  const outside = (event) => {
    if (!panel.contains(event.target) && !anchor.contains(event.target)) close();
  };
  const keys = (event) => {
    const leaves = event.key === "Tab" && isLast(panel, event.shiftKey);
    if (event.key !== "Escape" && !leaves) return;
    // From the button, Tab goes on to what follows it.
    if (!leaves) event.preventDefault();
    anchor.focus();
    close();
  };
  document.addEventListener("pointerdown", outside, true);
  document.addEventListener("focusin", outside);
  document.addEventListener("keydown", keys, true);
  addEventListener("resize", close);
  open = { anchor, close };
  (panel.querySelector("[autofocus], input, button, a") ?? panel).focus();
  return close;
}

/** Whether Tab would leave the panel. */
function isLast(panel, backwards) {
  const inside = [...panel.querySelectorAll(FOCUSABLE)];
  return document.activeElement === panel ? backwards || !inside.length : document.activeElement === inside.at(backwards ? 0 : -1);
}

/**
 * Items: {label, run, value?, icon?, checked?, hint?}, and {heading} above some of them. Arrow keys move. Returns what closes the
 * menu, and what shows other items in it: those with the same `value` stay where the pointer and the focus are.
 */
export function menu(anchor, items, { label, align } = {}) {
  const list = h("div.menu", { role: "menu", "aria-label": label, onkeydown: (event) => move(event, list) });
  const lines = new KeyedList(list, {
    key: (item) => item.value ?? item,
    create: (item) => item.heading ? h("p.menu-heading", { role: "presentation" }, item.heading) : menuItem(item, () => close()),
    update: (node, item) => item.heading ?? showItem(node, item),
  });
  lines.render(items);
  const close = popover(anchor, list, { label, align });
  const show = (others) => {
    const focused = list.contains(document.activeElement);
    lines.render(others);
    if (focused && !list.contains(document.activeElement)) list.querySelector("button")?.focus();
  };
  return { close, show };
}

function menuItem({ checked }, close) {
  const role = checked === undefined ? "menuitem" : "menuitemradio";
  const node = h("button.menu-item", { type: "button", role, onclick: () => (close(), node.run()) });
  return node;
}

function showItem(node, { label, run, icon: name, node: mark, checked, hint }) {
  node.run = run;
  if (checked !== undefined) node.setAttribute("aria-checked", String(checked));
  fill(node, mark ?? (name && icon(name)), h("span", {}, label), hint && h("kbd", {}, hint), checked && icon("check", "menu-check"));
}

function move(event, list) {
  const buttons = [...list.querySelectorAll("button")];
  const index = buttons.indexOf(document.activeElement);
  const wanted = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: -1 }[event.key];
  if (wanted === undefined) return;
  event.preventDefault();
  buttons[(wanted + buttons.length) % buttons.length]?.focus();
}

function place(panel, anchor, align) {
  const box = anchor.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = panel;
  const wanted = align === "end" ? box.right - width : box.left;
  const left = Math.max(8, Math.min(wanted, innerWidth - width - 8));
  const below = box.bottom + 6;
  const top = below + height > innerHeight - 8 ? Math.max(8, box.top - height - 6) : below;
  panel.style.setProperty("left", `${left}px`);
  panel.style.setProperty("top", `${top}px`);
}

/** A modal dialog. `build(close)` returns its content. A click beside it closes it; a text that is selected to beyond its edge doesn't. */
export function dialog(title, build, { wide = false } = {}) {
  const body = h("div.dialog-body");
  const element = h(`dialog.dialog${wide ? ".dialog-wide" : ""}`, { "aria-label": title },
    h("header.dialog-head", {}, h("h2", {}, title),
      h("button.icon-button", { type: "button", "aria-label": "Close", onclick: () => element.close() }, icon("close"))),
    body);
  element.addEventListener("close", () => element.remove());
  let pressed = null;
  element.addEventListener("pointerdown", ({ target }) => (pressed = target));
  element.addEventListener("click", ({ target }) => target === element && pressed === element && element.close());
  fill(body, build(() => element.close()));
  document.body.append(element);
  element.showModal();
  return element;
}

/** Asks before something is done that can't be undone. `run` does it, once it is confirmed. */
export function confirmed(title, { text, label, run }) {
  dialog(title, (close) => h("div.form", {}, h("p.muted", {}, text), h("div.form-buttons", {},
    h("button.button", { type: "button", autofocus: true, onclick: close }, "Cancel"),
    h("button.button.danger", { type: "button", onclick: () => (close(), run()) }, label))));
}
