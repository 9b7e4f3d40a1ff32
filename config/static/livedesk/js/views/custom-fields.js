// Further fields that a queue gives its tickets: controls for them in forms, their values as text, and the dialog that edits them.

import { fill, h, setText } from "../core/dom.js";
import { wholeDay } from "../core/time.js";
import { tickets } from "../data/tickets.js";
import { labelled, select } from "../ui/form.js";
import { dialog } from "../ui/popover.js";

/** The definitions of a queue, which is named by its slug. */
export function fieldsOf(slug) {
  return tickets.queues.find((queue) => queue.slug === slug)?.custom_fields ?? [];
}

/** A value as people read it; a dash for none. */
export function shownValue({ type }, value) {
  if (value === null || value === undefined || value === "") return "–";
  if (type === "yes_no") return value ? "Yes" : "No";
  if (type === "number") return value.toLocaleString("en", { maximumFractionDigits: 20 });
  return type === "date" ? wholeDay(value) : String(value);
}

/** The keys whose values differ. */
export function changedKeys(before, after) {
  return Object.keys({ ...before, ...after }).filter((key) => before?.[key] !== after?.[key]);
}

/** Controls for the fields of one queue at a time. */
export class FieldControls {
  element = h("div.custom-fields", { hidden: true });
  #fields = [];

  show(definitions, values = {}) {
    this.#fields = definitions.map((definition) => ({ definition, ...control(definition, values[definition.key]) }));
    this.element.hidden = !definitions.length;
    fill(this.element, this.#fields.map(({ element }) => element));
  }

  get isEmpty() {
    return !this.#fields.length;
  }

  /** What was filled in, by key. */
  get values() {
    const filled = this.#fields.map(({ definition, read }) => [definition.key, read()]);
    return Object.fromEntries(filled.filter(([, value]) => value !== null));
  }

  /** {input, text} of the first thing that is wrong, or undefined. */
  get problem() {
    for (const { definition, input, read } of this.#fields) {
      if (input.validity.badInput) return { input, text: `“${definition.label}” must be a ${definition.type}.` };
      if (definition.required && read() === null) return { input, text: `“${definition.label}” is needed.` };
    }
  }
}

const READERS = {
  text: (input) => input.value.trim() || null,
  number: (input) => (input.value === "" ? null : input.valueAsNumber),
  date: (input) => input.value || null,
  choice: (input) => input.value || null,
};
const INPUTS = {
  text: { type: "text", maxlength: "2000", autocomplete: "off" },
  number: { type: "number", step: "any" },
  date: { type: "date" },
};

function control({ key, label, type, choices, required }, value) {
  if (type === "yes_no") return checkbox(key, label, value, required);
  const input = type === "choice"
    ? select(key, [["", "–"], ...choices.map((choice) => [choice, choice])], value)
    : h("input.input", { name: key, ...INPUTS[type], value: value ?? "" });
  input.required = required;
  return { input, element: labelled(label, input, { required }), read: () => READERS[type](input) };
}

/** Nobody's “no”: a box that was left alone says nothing, unless an answer is required. */
function checkbox(name, label, value, required) {
  const input = h("input", { name, type: "checkbox", checked: value === true });
  const answers = required || typeof value === "boolean";
  return { input, element: h("label.check", {}, input, h("span", {}, label)), read: () => input.checked || (answers ? false : null) };
}

/** For agents: the fields of a ticket in a dialog. */
export function editFields(conversation) {
  dialog("Edit fields", (close) => editForm(new Edit(conversation), close));
}

/** An agent's changes, to the version of the ticket that they see. */
class Edit {
  controls = new FieldControls();
  #seen = null;

  constructor(conversation) {
    this.conversation = conversation;
    this.#start();
  }

  /** Resolves with what is wrong, if it isn't saved. Who was slower sees what the others changed, with the own changes in it. */
  async save() {
    const { values } = this.controls;
    try {
      await this.conversation.change({ custom_fields: values }, this.#seen.version);
    } catch (error) {
      if (error.status !== 412) return error.message;
      const own = changedKeys(this.#seen.custom_fields, values);
      this.#start(Object.fromEntries(own.map((key) => [key, values[key]])));
      return "Somebody has just changed the ticket. Here is what it says now, with your changes: save again.";
    }
  }

  #start(changes = {}) {
    this.#seen = this.conversation.ticket;
    this.controls.show(fieldsOf(this.#seen.queue), { ...this.#seen.custom_fields, ...changes });
  }
}

function editForm(edit, close) {
  const problem = h("p.form-problem", { role: "alert" });
  const button = h("button.button.primary", { type: "submit" }, "Save");
  const form = h("form.form", { novalidate: true }, edit.controls.element, problem,
    h("div.form-buttons", {}, h("button.button", { type: "button", onclick: close }, "Cancel"), button));
  form.querySelector("input, select")?.setAttribute("autofocus", "");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const wrong = edit.controls.problem;
    setText(problem, wrong?.text);
    if (wrong) return wrong.input.focus();
    button.disabled = true;
    const text = await edit.save();
    if (!text) return close();
    setText(problem, text);
    button.disabled = false;
  });
  return form;
}
