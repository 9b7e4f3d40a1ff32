// What stands in the inbox where there are no tickets: because they are on their way, couldn't be loaded, or because there are none.

import { h, setText } from "../core/dom.js";
import { icon } from "../core/icons.js";
import { shortcutsAreOn } from "../core/shortcuts.js";
import { session } from "../data/session.js";
import { tickets } from "../data/tickets.js";

/** Whether this is a customer of whom it isn't known yet that they have none. */
export function isUnknown() {
  return hasNone() && (tickets.state === "loading" || tickets.doneState === "loading");
}

/** Whether this is a customer who has never written. */
export function isNew() {
  return hasNone() && tickets.state === "ready" && tickets.doneState === "ready";
}

function hasNone() {
  return !session.user.is_staff && !tickets.rows.size;
}

export function skeleton() {
  return h("div.skeleton", { role: "img", "aria-label": "Loading" }, Array.from({ length: 6 }, () => h("div.skeleton-row", {}, h("i"), h("i"), h("i"))));
}

export function failed(again) {
  return [icon("offline"), h("p", {}, "The tickets couldn’t be loaded."), h("button.button", { type: "button", onclick: again }, "Try again")];
}

export function welcome(newTicket) {
  return [icon("inbox"), h("p", {}, "You have no tickets yet."), h("button.button.primary", { type: "button", onclick: newTicket }, "New ticket")];
}

export function nothing({ id, done }, filter) {
  const text = filter ? "Nothing matches this filter." : done ? "Nothing is solved yet." : id === "snoozed" ? "Nothing is snoozed." : "All clear. Nothing waits here.";
  return [icon("check"), h("p", {}, text)];
}

/** In the place of the ticket that is read. */
export function placeholder() {
  return h("div.empty.placeholder", {}, icon("inbox"), h("p", {}),
    h("p.muted.hint", {}, h("kbd", {}, "j"), " and ", h("kbd", {}, "k"), " move through the list, ", h("kbd", {}, "?"), " shows all shortcuts."));
}

export function showPlaceholder({ children: [, text, keys] }) {
  setText(text, isNew() ? "What you write, and what is answered, will be here." : "Choose a ticket to read it here.");
  keys.hidden = isNew() || !shortcutsAreOn();
}
