// Menus and panels that open at a button, and dialogs. Escape and a click elsewhere close; focus goes back.

import { fill, h, KeyedList } from "../core/dom.js";
import { icon } from "../core/icons.js";

let open = null;

/** Opens `content` below `anchor`; again, closes. Returns what closes it. */
export function popover(anchor, content, { label, align = "start", onclose } = {}) {
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
    document.removeEventListener("keydown", escape, true);
    removeEventListener("resize", close);
    if (panel.contains(document.activeElement) || document.activeElement === document.body) anchor.focus();
    open = null;
    onclose?.();
  };
  const outside = (event) => {
    if (!panel.contains(event.target) && !anchor.contains(event.target)) close();
  };
  const escape = (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    anchor.focus();
    close();
  };
  document.addEventListener("pointerdown", outside, true);
  document.addEventListener("keydown", escape, true);
  addEventListener("resize", close);
  open = { anchor, close };
  (panel.querySelector("[autofocus], input, button, a") ?? panel).focus();
  return close;
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
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const buttons = [...list.querySelectorAll("button")];
  const index = buttons.indexOf(document.activeElement);
  buttons[(index + step + buttons.length) % buttons.length]?.focus();
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

/** A modal dialog. `build(close)` returns its content. */
export function dialog(title, build, { wide = false } = {}) {
  const body = h("div.dialog-body");
  const element = h(`dialog.dialog${wide ? ".dialog-wide" : ""}`, { "aria-label": title },
    h("header.dialog-head", {}, h("h2", {}, title),
      h("button.icon-button", { type: "button", "aria-label": "Close", onclick: () => element.close() }, icon("close"))),
    body);
  element.addEventListener("close", () => element.remove());
  element.addEventListener("click", (event) => event.target === element && element.close());
  fill(body, build(() => element.close()));
  document.body.append(element);
  element.showModal();
  return element;
}
