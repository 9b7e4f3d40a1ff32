// Building and keeping DOM. Text goes in as text nodes only; see ui/markup.js for the one place that takes HTML.

/**
 * Makes an element: h("button.primary", { onclick, "aria-label": "Send" }, "Send").
 * Properties named on… are listeners, `data` becomes data attributes, false and null leave an attribute out.
 */
export function h(selector, properties = {}, ...children) {
  const [tag, ...classes] = selector.split(".");
  const element = document.createElement(tag || "div");
  if (classes.length) element.className = classes.join(" ");
  for (const [name, value] of Object.entries(properties ?? {})) set(element, name, value);
  element.append(...flatten(children));
  return element;
}

function set(element, name, value) {
  if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
  else if (name === "data") Object.assign(element.dataset, value);
  else if (name === "class") element.classList.add(...value.split(" ").filter(Boolean));
  else if (name === "value" || name === "checked" || name === "disabled" || name === "hidden") element[name] = value;
  else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value === true ? "" : value);
}

function flatten(children) {
  return children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);
}

export function fill(element, ...children) {
  element.replaceChildren(...flatten(children));
  return element;
}

/** Changes text only when it differs, so that nothing is painted for nothing. */
export function setText(element, text) {
  const wanted = String(text ?? "");
  if (element.textContent !== wanted) element.textContent = wanted;
}

/** Text for screen readers only. */
export function hiddenText(text) {
  return h("span.visually-hidden", {}, text);
}

/**
 * Keeps an element's children in step with a list: one node per key, made once, updated in place, moved when needed.
 */
export class KeyedList {
  constructor(parent, { key, create, update }) {
    Object.assign(this, { parent, key, create, update, nodes: new Map() });
  }

  render(items) {
    this.#drop(new Set(items.map(this.key)));
    let before = this.parent.firstElementChild;
    for (const item of items) {
      const key = this.key(item);
      let node = this.nodes.get(key);
      if (!node) this.nodes.set(key, (node = this.create(item)));
      this.update(node, item);
      if (node === before) before = before.nextElementSibling;
      else this.parent.insertBefore(node, before);
    }
  }

  /** Before the others are put in their places: a node that is moved loses the focus, and the press that is on it. */
  #drop(wanted) {
    for (const [key, node] of this.nodes) {
      if (wanted.has(key)) continue;
      node.remove();
      this.nodes.delete(key);
    }
  }
}

/** Collects what must end with a view. */
export class Scope {
  #ends = [];

  add(...ends) {
    this.#ends.push(...ends);
  }

  listen(target, type, fn, options) {
    target.addEventListener(type, fn, options);
    this.add(() => target.removeEventListener(type, fn, options));
  }

  end() {
    for (const end of this.#ends.splice(0)) end();
  }
}

/** One call per animation frame, however often asked. */
export function oncePerFrame(fn) {
  let asked = false;
  const run = () => {
    if (!asked) return;
    asked = false;
    fn();
  };
  return () => {
    if (asked) return;
    asked = true;
    // A hidden tab paints no frames, yet its title and counters go on.
    if (document.hidden) setTimeout(run, 50);
    else requestAnimationFrame(run);
  };
}
