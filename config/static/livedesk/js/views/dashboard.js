// The desk in numbers. They come over the socket as they change; nothing here asks again by itself.

import { fill, h, oncePerFrame, Scope, setText } from "../core/dom.js";
import { icon } from "../core/icons.js";
import { duration } from "../core/time.js";
import { api } from "../data/api.js";
import { connection, live } from "../data/live.js";
import { presence } from "../data/presence.js";
import { STATUS_NAMES, tickets } from "../data/tickets.js";
import { avatar, displayName } from "../ui/avatar.js";
import { BarChart, lineChart, ringChart } from "../ui/charts.js";

/** Milliseconds in which further changes may come before the report is loaded again. */
const REPORT_AFTER = 2000;

const TILES = [
  { key: "active", label: "Active tickets", icon: "inbox", href: "/" },
  { key: "unassigned", label: "Unassigned", icon: "users", tone: "warning" },
  { key: "urgent", label: "Urgent", icon: "alert", tone: "danger" },
  { key: "created_today", label: "New today", icon: "plus", tone: "info" },
  { key: "resolved_today", label: "Solved today", icon: "check", tone: "success" },
];

export class DashboardView {
  #scope = new Scope();
  #values = new Map();
  #report = null;
  #reporting;
  #today = "";

  constructor() {
    this.ring = h("div.ring");
    this.queues = new BarChart("Active tickets by queue");
    this.agents = new BarChart("Active tickets by agent");
    this.days = h("div.days");
    this.times = h("div.facts");
    this.live = h("span.live-mark", {}, h("i"), "Live");
    this.element = h("div.page.wide", {}, h("header.page-head", {}, h("div", {}, h("h1", {}, "Dashboard"), h("p.muted", {}, "Moves by itself.")), this.live),
      h("div.tiles", {}, TILES.map((tile) => this.#tile(tile))),
      h("div.chart-grid", {},
        card("Created and solved, last 14 days", this.days, "span-2"),
        card("By status", [this.ring, this.times]),
        card("Active by queue", this.queues.element), card("Active by agent", this.agents.element),
        card("Who is here", (this.people = h("div.people")))));
  }

  start() {
    this.#scope.add(live().on("dashboard.update", ({ data }) => this.#show(data)));
    const board = live().subscribe("dashboard", { history: 1, onJoined: ({ history }) => history.at(-1) && this.#show(history.at(-1).data) });
    this.#scope.add(() => board.close(), tickets.subscribe(oncePerFrame(() => this.#showTickets())), presence.subscribe(() => this.#showPeople()));
    // What changed while there was no connection isn't told again.
    this.#scope.add(connection.subscribe(({ state }) => state === "open" && this.#load()), () => clearTimeout(this.#reporting));
    this.#scope.add(connection.follow(({ state }) => (this.live.hidden = state !== "open")));
    void this.#load();
    this.#showTickets();
  }

  #showTickets() {
    this.#showWork();
    this.#showPeople();
    if (!this.#report) this.#showDays(daysOf(tickets.rows.values()));
  }

  end() {
    this.#scope.end();
  }

  async #load() {
    const [stats, report] = await Promise.all([api.get("dashboard/stats/").catch(() => null), api.get("stats/", { from: dayBefore(13) }).catch(() => null)]);
    if (stats) this.#show(stats);
    if (!report) return void tickets.loadDone();
    this.#report = report;
    this.#showDays(report.days);
    this.#showTimes(report.totals);
  }

  /** The report of days is asked for again, soon, when what happened today has changed. */
  #follow({ created_today: created, resolved_today: solved }) {
    const today = `${created} ${solved}`;
    const moved = this.#today && today !== this.#today;
    this.#today = today;
    if (!moved) return;
    clearTimeout(this.#reporting);
    this.#reporting = setTimeout(() => void this.#load(), REPORT_AFTER);
  }

  #tile({ key, label, icon: name, tone = "accent" }) {
    const value = h("strong.tile-value", {}, "–");
    this.#values.set(key, value);
    return h("div.tile.card", { data: { tone } }, h("span.tile-icon", {}, icon(name)), h("div", {}, value, h("span.tile-label", {}, label)));
  }

  #show(stats) {
    this.#follow(stats);
    for (const [key, element] of this.#values) {
      const text = String(stats[key] ?? 0);
      if (element.textContent === text) continue;
      if (element.textContent !== "–") bump(element);
      setText(element, text);
    }
    const items = Object.entries(stats.by_status ?? {}).map(([status, value]) => ({ label: STATUS_NAMES[status] ?? status, value, tone: status }));
    const label = items.map((item) => `${item.label}: ${item.value}`).join(", ");
    if (this.ring.dataset.label === label) return;
    this.ring.dataset.label = label;
    fill(this.ring, ringChart({ label, items, total: stats.total ?? 0, caption: "tickets" }),
      h("ul.legend", {}, items.filter(({ value }) => value).map((item) => h("li", {}, h("i", { data: { tone: item.tone } }), h("span", {}, item.label), h("strong", {}, item.value)))));
  }

  #showWork() {
    const active = [...tickets.rows.values()].filter(({ status }) => ["new", "open", "pending", "on_hold"].includes(status));
    this.queues.set(countBy(active, (ticket) => ticket.queue_name));
    this.agents.set(countBy(active, (ticket) => (ticket.assignee ? displayName(ticket.assignee) : "Unassigned")));
  }

  #showPeople() {
    const people = new Map();
    for (const { requester, assignee } of tickets.rows.values()) for (const who of [requester, assignee]) if (who) people.set(who.id, who);
    const here = [...people.values()].filter(({ id }) => presence.has(id));
    fill(this.people, here.length ? here.map((person) => h("div.person", {}, avatar(person, { size: "small", dot: true }), h("span", {}, displayName(person)))) : h("p.muted", {}, "Nobody else is online."));
  }

  #showDays(days) {
    const labels = days.map(({ day }) => new Date(day).toLocaleDateString("en", { month: "short", day: "numeric", timeZone: "UTC" }));
    const series = [{ name: "Created", tone: "info", values: days.map(({ created }) => created ?? 0) }, { name: "Solved", tone: "success", values: days.map(({ resolved }) => resolved ?? 0) }];
    fill(this.days, lineChart({ label: "Tickets created and solved by day", labels, series }),
      h("ul.legend.inline", {}, series.map(({ name, tone }) => h("li", {}, h("i", { data: { tone } }), h("span", {}, name)))));
  }

  #showTimes({ first_response_seconds: first, resolution_seconds: solved, rating, ratings }) {
    fill(this.times,
      textTile("First response", duration(first), "clock"), textTile("Time to solve", duration(solved), "check"),
      textTile(ratings === 1 ? "1 rating" : `${ratings} ratings`, rating === null ? "–" : `${rating.toFixed(1)} / 5`, "star"));
  }
}

function textTile(label, text, name) {
  return h("div.fact", {}, icon(name), h("span", {}, label), h("strong", {}, text));
}

/** The day `count` days ago, as 2026-01-31. */
function dayBefore(count) {
  return new Date(Date.now() - count * 86_400_000).toISOString().slice(0, 10);
}

function card(title, content, className = "") {
  return h(`section.card.chart-card${className ? `.${className}` : ""}`, {}, h("h2", {}, title), content);
}

function countBy(rows, name) {
  const counts = new Map();
  for (const row of rows) counts.set(name(row), (counts.get(name(row)) ?? 0) + 1);
  return [...counts].map(([label, value]) => ({ label, value })).sort((a, b) => b.value - a.value);
}

/** What can be told from the tickets at hand, when the server has no report. */
function daysOf(rows) {
  const days = Array.from({ length: 14 }, (_, index) => {
    const day = new Date(Date.now() - (13 - index) * 86_400_000).toISOString().slice(0, 10);
    return { day, created: 0, resolved: 0 };
  });
  const byDay = new Map(days.map((entry) => [entry.day, entry]));
  for (const { created_at: created, resolved_at: resolved } of rows) {
    const first = byDay.get(created?.slice(0, 10));
    const last = byDay.get(resolved?.slice(0, 10));
    if (first) first.created += 1;
    if (last) last.resolved += 1;
  }
  return days;
}

function bump(element) {
  element.classList.remove("bump");
  void element.offsetWidth;
  element.classList.add("bump");
}
