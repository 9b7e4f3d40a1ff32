import { svg } from "../core/icons.js";

/** Two speech bubbles, one answering the other. */
export function logo() {
  return svg("svg", { viewBox: "0 0 32 32", class: "logo", "aria-hidden": "true" },
    svg("path", { d: "M5 4h14a4 4 0 0 1 4 4v6a4 4 0 0 1-4 4h-7l-5 4v-4.200A4 4 0 0 1 3 14V8a4 4 0 0 1 2-4Z", class: "logo-back" }),
    svg("path", { d: "M14 12h11a4 4 0 0 1 4 4v6a4 4 0 0 1-3 3.900V29l-4.500-3H14a4 4 0 0 1-4-4v-6a4 4 0 0 1 4-4Z", class: "logo-front" }));
}
