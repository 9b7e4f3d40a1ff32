// Parts of forms.

import { h } from "../core/dom.js";

/** A control below its label. */
export function labelled(label, control, { required = false } = {}) {
  return h("label.field", {}, h("span", {}, label, required && h("span.required", { "aria-hidden": "true" }, "*")), control);
}

/** Options are pairs of value and text. */
export function select(name, options, chosen) {
  return h("select.input", { name }, optionsOf(options, chosen));
}

export function optionsOf(options, chosen) {
  return options.map(([value, label]) => h("option", { value, selected: value === chosen }, label));
}
