// A list of rows of equal height that holds only what is on screen: ten thousand rows scroll like ten.

import { h, oncePerFrame } from "../core/dom.js";

const MARGIN = 6;

export class VirtualList {
  #items = [];
  #nodes = new Map();
  #index = new Map();

  /** `rowHeight` in pixels; `create()` makes a row, `update(node, item)` shows an item in it. */
  constructor({ label, rowHeight, key, create, update, onend }) {
    Object.assign(this, { rowHeight, key, create, update, onend });
    this.spacer = h("div.virtual-spacer", { role: "list", "aria-label": label });
    this.element = h("div.virtual-list", {}, this.spacer);
    this.paint = oncePerFrame(() => this.#paint());
    this.element.addEventListener("scroll", this.paint, { passive: true });
    this.observer = new ResizeObserver(this.paint);
    this.observer.observe(this.element);
  }

  set(items) {
    this.#items = items;
    this.#index = new Map(items.map((item, index) => [this.key(item), index]));
    this.#paint();
  }

  get length() {
    return this.#items.length;
  }

  indexOf(key) {
    return this.#index.get(key) ?? -1;
  }

  at(index) {
    return this.#items[index];
  }

  node(key) {
    return this.#nodes.get(key);
  }

  /** Scrolls so that the row is on screen. */
  reveal(index) {
    const top = index * this.rowHeight;
    const { scrollTop, clientHeight } = this.element;
    if (top < scrollTop) this.element.scrollTop = top;
    else if (top + this.rowHeight > scrollTop + clientHeight) this.element.scrollTop = top + this.rowHeight - clientHeight;
    this.#paint();
  }

  destroy() {
    this.observer.disconnect();
  }

  #paint() {
    const { scrollTop, clientHeight } = this.element;
    const first = Math.max(0, Math.floor(scrollTop / this.rowHeight) - MARGIN);
    const last = Math.min(this.#items.length, Math.ceil((scrollTop + clientHeight) / this.rowHeight) + MARGIN);
    this.spacer.style.setProperty("height", `${this.#items.length * this.rowHeight}px`);
    const wanted = new Map();
    for (let index = first; index < last; index++) wanted.set(this.key(this.#items[index]), index);
    const free = [];
    for (const [key, node] of this.#nodes) {
      if (wanted.has(key)) continue;
      this.#nodes.delete(key);
      free.push(node);
    }
    for (const [key, index] of wanted) this.#show(key, index, free);
    free.forEach((node) => node.remove());
    this.#order(wanted);
    if (last === this.#items.length && this.#items.length) this.onend?.();
  }

  #show(key, index, free) {
    let node = this.#nodes.get(key);
    if (!node) {
      node = free.pop() ?? this.create();
      this.#nodes.set(key, node);
    }
    const top = `translateY(${index * this.rowHeight}px)`;
    if (node.style.transform !== top) node.style.transform = top;
    node.setAttribute("aria-posinset", index + 1);
    node.setAttribute("aria-setsize", this.#items.length);
    this.update(node, this.#items[index]);
    if (!node.isConnected) this.spacer.append(node);
  }

  /** Tab and screen readers go through the rows as they are seen. */
  #order(wanted) {
    const focused = document.activeElement;
    let before = this.spacer.firstElementChild;
    for (const key of wanted.keys()) {
      const node = this.#nodes.get(key);
      if (node === before) before = before.nextElementSibling;
      else if (!node.contains(focused)) this.spacer.insertBefore(node, before);
    }
  }
}
