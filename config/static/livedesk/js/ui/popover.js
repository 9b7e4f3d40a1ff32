// Menus and panels that open at a button, and dialogs. Escape and a click elsewhere close; focus goes back.

import { h, fill } from "../core/dom.js";
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

/** Items: {label, run, icon?, checked?, hint?}, and {heading} above some of them. Arrow keys move. */
export function menu(anchor, items, { label, align } = {}) {
  const lines = items.map((item) => item.heading ? h("p.menu-heading", { role: "presentation" }, item.heading) :
    h("button.menu-item", {
      type: "button",
      role: item.checked === undefined ? "menuitem" : "menuitemradio",
      "aria-checked": item.checked === undefined ? null : String(item.checked),
      onclick: () => (close(), item.run()),
    }, item.node ?? (item.icon && icon(item.icon)), h("span", {}, item.label), item.hint && h("kbd", {}, item.hint),
    item.checked && icon("check", "menu-check")));
  const buttons = lines.filter((line) => line.localName === "button");
  const list = h("div.menu", { role: "menu", "aria-label": label, onkeydown: (event) => move(event, buttons) }, lines);
  const close = popover(anchor, list, { label, align });
  return close;
}

function move(event, buttons) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
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
