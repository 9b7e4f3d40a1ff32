// Filing a ticket, by a customer or by an agent.

import { fill, h, setText } from "../core/dom.js";
import { router } from "../core/router.js";
import { newClientId } from "../../vendor/client/index.js";
import { api } from "../data/api.js";
import { session } from "../data/session.js";
import { PRIORITIES, PRIORITY_NAMES, tickets } from "../data/tickets.js";
import { labelled, optionsOf, select } from "../ui/form.js";
import { dialog } from "../ui/popover.js";
import { FieldControls, fieldsOf } from "./custom-fields.js";

export function showNewTicket() {
  const queue = select("queue", [], "");
  const queueField = labelled("Queue", queue);
  const stop = offerQueues(queue, queueField);
  dialog("New ticket", (close) => form(close, queue, queueField), { wide: true }).addEventListener("close", stop);
}

/** Shows the choice once the queues have arrived; returns what stops waiting for them. */
function offerQueues(queue, field) {
  field.hidden = true;
  const offer = () => {
    if (!tickets.queues.length || !field.hidden) return;
    field.hidden = false;
    fill(queue, optionsOf(tickets.queues.map(({ slug, name }) => [slug, name]), "support"));
    queue.dispatchEvent(new Event("change"));
  };
  offer();
  return tickets.subscribe(offer);
}

function form(close, queue, queueField) {
  const clientId = newClientId();
  const draft = new Draft();
  const subject = h("input.input", { name: "subject", maxlength: "250", required: true, autofocus: true, autocomplete: "off", dir: "auto", value: draft.subject });
  const content = h("textarea.input", { name: "content", rows: "6", required: true, dir: "auto", value: draft.content });
  const priority = select("priority", PRIORITIES.map((value) => [value, PRIORITY_NAMES[value]]), "normal");
  const fields = fieldsFor(queue);
  const problem = h("p.form-problem", { role: "alert" });
  const button = h("button.button.primary", { type: "submit" }, "Create ticket");
  const element = h("form.form", { novalidate: true },
    labelled("Subject", subject), labelled("How can we help?", content),
    h("div.form-pair", {}, labelled("Priority", priority), queueField),
    fields.element, problem,
    h("div.form-buttons", {}, h("button.button", { type: "button", onclick: () => (draft.forget(), close()) }, "Cancel"), button));
  element.addEventListener("input", () => draft.keep(subject.value, content.value));
  element.addEventListener("submit", async (event) => {
    event.preventDefault();
    const missing = [subject, content].find(({ value }) => !value.trim());
    if (missing) {
      setText(problem, missing === subject ? "Give it a subject." : "Describe it in a few words.");
      return missing.focus();
    }
    if (fields.problem) {
      setText(problem, fields.problem.text);
      return fields.problem.input.focus();
    }
    button.disabled = true;
    try {
      const ticket = await api.post("tickets/", {
        subject: subject.value.trim(), content: content.value.trim(), priority: priority.value, client_id: clientId,
        ...(queue.value && { queue: queue.value }), ...(!fields.isEmpty && { custom_fields: fields.values }),
      });
      tickets.take(ticket);
      draft.forget();
      close();
      router.go(`/tickets/${ticket.id}`);
    } catch (error) {
      setText(problem, error.message);
      button.disabled = false;
    }
  });
  return element;
}

/** What somebody has written is there again when they come back to it. */
class Draft {
  #key = `livedesk:draft:${session.user.id}:new-ticket`;

  constructor() {
    const { subject = "", content = "" } = JSON.parse(localStorage.getItem(this.#key)) ?? {};
    Object.assign(this, { subject, content });
  }

  keep(subject, content) {
    localStorage.setItem(this.#key, JSON.stringify({ subject, content }));
  }

  forget() {
    localStorage.removeItem(this.#key);
  }
}

/** The controls of the chosen queue's fields. What was filled in is there again when its queue is chosen again. */
function fieldsFor(queue) {
  const controls = new FieldControls();
  const kept = {};
  let shown = queue.value;
  controls.show(fieldsOf(shown));
  queue.addEventListener("change", () => {
    kept[shown] = controls.values;
    shown = queue.value;
    controls.show(fieldsOf(shown), kept[shown]);
  });
  return controls;
}
