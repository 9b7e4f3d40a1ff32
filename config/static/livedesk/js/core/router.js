// Addresses to views. Links are plain <a href>; a click on one of ours changes the view without loading a page.

import { Topic } from "./signal.js";

export class Router extends Topic {
  #routes = [];

  /** `pattern`: "/tickets/:id". `show(params, query)` is told on every match. */
  add(pattern, show) {
    const names = [];
    const source = pattern.replace(/:(\w+)/g, (_, name) => (names.push(name), "([^/]+)"));
    this.#routes.push({ regex: new RegExp(`^${source}/?$`), names, show });
    return this;
  }

  start() {
    addEventListener("popstate", () => this.#show());
    document.addEventListener("click", (event) => this.#click(event));
    this.#show();
  }

  go(path, { replace = false } = {}) {
    if (path === location.pathname + location.search) return this.#show();
    history[replace ? "replaceState" : "pushState"](null, "", path);
    this.#show();
  }

  #click(event) {
    if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target.closest?.("a[href]");
    if (!link || link.target || link.origin !== location.origin || !this.#match(link.pathname)) return;
    event.preventDefault();
    this.go(link.pathname + link.search);
  }

  #match(path) {
    for (const route of this.#routes) {
      const found = route.regex.exec(path);
      if (!found) continue;
      const params = Object.fromEntries(route.names.map((name, index) => [name, decodeURIComponent(found[index + 1])]));
      return { ...route, params };
    }
    return null;
  }

  #show() {
    const route = this.#match(location.pathname);
    if (!route) return this.go("/", { replace: true });
    this.tell(location.pathname);
    route.show(route.params, new URLSearchParams(location.search));
  }
}

export const router = new Router();
