// What has been done with a ticket, in the side panel of agents: loaded when somebody wants to know.

import { fill, h, setText } from "../core/dom.js";
import { icon } from "../core/icons.js";
import { age, timeElement } from "../core/time.js";
import { api } from "../data/api.js";
import { personOf, remember } from "../data/names.js";
import { agents } from "../data/people.js";
import { displayName } from "../ui/avatar.js";
import { changedKeys } from "./custom-fields.js";

const PEOPLE = ["assignee", "requester", "user"];

export class History {
  #isOpen = false;

  constructor(conversation) {
    this.conversation = conversation;
    this.lines = h("div.history");
    this.toggle = h("button.section-toggle", { type: "button", "aria-expanded": "false", onclick: () => this.#turn() }, h("h2", {}, "History"), icon("chevron"));
    this.element = h("section.side-section", {}, this.toggle, this.lines);
  }

  update() {
    if (this.#isOpen) void this.#load();
  }

  #turn() {
    this.#isOpen = !this.#isOpen;
    this.toggle.setAttribute("aria-expanded", String(this.#isOpen));
    if (this.#isOpen) void this.#load();
    else fill(this.lines);
  }

  async #load() {
    const [page, people] = await Promise.all([api.get(`tickets/${this.conversation.id}/events/`).catch(() => null), agents()]);
    if (!this.#isOpen) return;
    remember(...people);
    if (page?.results.length) fill(this.lines, page.results.map(line));
    else setText(this.lines, page ? "Nothing yet." : "The history couldn’t be loaded.");
  }
}

function line(entry) {
  const who = entry.actor ? displayName(entry.actor) : entry.actor_name || "The desk";
  return h("div.history-line", {}, h("span", {}, h("strong", {}, who), ` ${sentence(entry)}`), timeElement(entry.created_at, age));
}

/** `before_names` and `after_names` say what ids in `before` and `after` stand for. */
function sentence({ action, before = {}, after = {}, before_names: namesBefore, after_names: names }) {
  const { custom_fields: fields, ...columns } = after;
  const changes = [
    ...changed(Object.keys(columns), named(before, namesBefore), named(after, names)),
    ...changed(changedKeys(before.custom_fields, fields), before.custom_fields, fields),
  ];
  return changes.length && changes.join(", ").length < 120 ? changes.join(", ") : action.replace(/[._]/g, " ");
}

function changed(names, before, after) {
  return names.map((name) => `${name.replaceAll("_", " ")} ${show(before?.[name])} → ${show(after?.[name])}`);
}

/** Values with names instead of ids; people as they are called everywhere else, where they are known. */
function named(values, names) {
  const people = PEOPLE.filter((key) => values[key]).map((key) => [key, displayName(personOf({ user_id: values[key], username: names?.[key] ?? values[key] }))]);
  return { ...values, ...names, ...Object.fromEntries(people) };
}

function show(value) {
  if (value === null || value === undefined || value === "") return "none";
  if (typeof value === "object") return Array.isArray(value) ? value.join(" ") || "none" : (value.username ?? value.name ?? JSON.stringify(value));
  return String(value);
}
