// Filing a ticket, by a customer or by an agent.

import { h, setText } from "../core/dom.js";
import { router } from "../core/router.js";
import { newClientId } from "../../vendor/client/index.js";
import { api } from "../data/api.js";
import { PRIORITIES, PRIORITY_NAMES, tickets } from "../data/tickets.js";
import { dialog } from "../ui/popover.js";

export function showNewTicket() {
  dialog("New ticket", (close) => form(close), { wide: true });
}

function form(close) {
  const clientId = newClientId();
  const subject = h("input.input", { name: "subject", maxlength: "250", required: true, autofocus: true, autocomplete: "off" });
  const content = h("textarea.input", { name: "content", rows: "6", required: true });
  const priority = select("priority", PRIORITIES.map((value) => [value, PRIORITY_NAMES[value]]), "normal");
  const queue = select("queue", tickets.queues.map(({ slug, name }) => [slug, name]), "support");
  const problem = h("p.form-problem", { role: "alert" });
  const button = h("button.button.primary", { type: "submit" }, "Create ticket");
  const element = h("form.form", { novalidate: true },
    labelled("Subject", subject), labelled("How can we help?", content),
    h("div.form-pair", {}, labelled("Priority", priority), tickets.queues.length > 0 && labelled("Queue", queue)),
    problem,
    h("div.form-buttons", {}, h("button.button", { type: "button", onclick: close }, "Cancel"), button));
  element.addEventListener("submit", async (event) => {
    event.preventDefault();
    const missing = [subject, content].find(({ value }) => !value.trim());
    if (missing) {
      setText(problem, missing === subject ? "Give it a subject." : "Describe it in a few words.");
      return missing.focus();
    }
    button.disabled = true;
    try {
      const ticket = await api.post("tickets/", {
        subject: subject.value.trim(), content: content.value.trim(), priority: priority.value, client_id: clientId,
        ...(queue.value && { queue: queue.value }),
      });
      tickets.take(ticket);
      close();
      router.go(`/tickets/${ticket.id}`);
    } catch (error) {
      setText(problem, error.message);
      button.disabled = false;
    }
  });
  return element;
}

function labelled(label, control) {
  return h("label.field", {}, h("span", {}, label), control);
}

function select(name, options, chosen) {
  return h("select.input", { name }, options.map(([value, label]) => h("option", { value, selected: value === chosen }, label)));
}
