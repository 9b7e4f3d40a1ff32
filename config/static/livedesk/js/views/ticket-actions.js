// What agents do with a whole ticket: let it sleep, merge it into another one, bring a colleague in.

import { h, setText } from "../core/dom.js";
import { router } from "../core/router.js";
import { dateTime } from "../core/time.js";
import { api } from "../data/api.js";
import { agents } from "../data/people.js";
import { avatar, displayName } from "../ui/avatar.js";
import { labelled } from "../ui/form.js";
import { dialog, menu } from "../ui/popover.js";
import { notify, tellError } from "../ui/snackbar.js";

const MORNING = 9;

export function ticketMenu(anchor, conversation) {
  const asleep = Boolean(conversation.ticket.snoozed_until);
  menu(anchor, [
    asleep
      ? { label: "Wake up now", icon: "sun", run: () => snooze(conversation, null) }
      : { label: "Snooze …", icon: "moon", run: () => snoozeMenu(anchor, conversation) },
    { label: "Bring a colleague in …", icon: "users", run: () => void colleagueMenu(anchor, conversation) },
    { label: "Merge into another ticket …", icon: "archive", run: () => showMerge(conversation) },
  ], { label: "More", align: "end" });
}

function snoozeMenu(anchor, conversation) {
  const choices = [["For an hour", inAnHour()], ["Until tomorrow morning", morning(1)], ["Until Monday morning", nextMonday()]];
  menu(anchor, choices.map(([label, until]) => ({ label, icon: "clock", hint: dateTime(until), run: () => snooze(conversation, until) })), { label: "Snooze", align: "end" });
}

async function snooze(conversation, until) {
  try {
    await conversation.act("snooze", { until: until && until.toISOString() });
    notify({ text: until ? `Snoozed until ${dateTime(until)}.` : "The ticket is awake.", tone: "success" });
  } catch (error) {
    tellError(error);
  }
}

async function colleagueMenu(anchor, conversation) {
  const { ticket } = conversation;
  const here = new Set([ticket.assignee?.id, ...ticket.participants.map(({ user }) => user.id)]);
  const others = (await agents()).filter(({ id }) => !here.has(id));
  if (!others.length) return notify({ text: "All of them take part already." });
  menu(anchor, others.map((person) => ({
    label: displayName(person), node: avatar(person, { size: "tiny", dot: true }),
    run: () => api.post(`tickets/${ticket.id}/participants/`, { user: person.id }).catch(tellError),
  })), { label: "Colleagues", align: "end" });
}

function showMerge(conversation) {
  dialog("Merge into another ticket", (close) => mergeForm(conversation, close));
}

function mergeForm({ ticket }, close) {
  const number = h("input.input", { name: "number", inputmode: "numeric", autofocus: true, autocomplete: "off", placeholder: "1234" });
  const problem = h("p.form-problem", { role: "alert" });
  const form = h("form.form", { novalidate: true },
    h("p.muted", {}, `All that was said in #${ticket.number}, and its people, move to the other ticket. This can’t be undone.`),
    labelled("Number of the other ticket", number), problem,
    h("div.form-buttons", {}, h("button.button", { type: "button", onclick: close }, "Cancel"), h("button.button.primary", { type: "submit" }, "Merge")));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      const into = await find(number.value);
      if (!into) return setText(problem, "There is no such ticket.");
      await api.post(`tickets/${ticket.id}/merge/`, { into: into.id });
      close();
      router.go(`/tickets/${into.id}`);
    } catch (error) {
      setText(problem, error.message);
    }
  });
  return form;
}

async function find(text) {
  const number = text.trim().replace(/^#/, "");
  if (!/^\d{1,12}$/.test(number)) return null;
  return (await api.get("tickets/", { number })).results[0] ?? null;
}

function inAnHour() {
  return new Date(Date.now() + 3_600_000);
}

function morning(days) {
  const day = new Date();
  day.setDate(day.getDate() + days);
  day.setHours(MORNING, 0, 0, 0);
  return day;
}

function nextMonday() {
  return morning(((8 - new Date().getDay()) % 7) || 7);
}
