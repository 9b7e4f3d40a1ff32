// Search over tickets and messages.

import { fill, h, setText } from "../core/dom.js";
import { icon } from "../core/icons.js";
import { timeElement } from "../core/time.js";
import { api } from "../data/api.js";
import { lastActivity } from "../data/tickets.js";
import { displayName } from "../ui/avatar.js";
import { session } from "../data/session.js";
import { safeFragment } from "../ui/markup.js";
import { dialog } from "../ui/popover.js";
import { notify, tellError } from "../ui/snackbar.js";
import { setStatus } from "./tickets.js";

const EXAMPLES = ["status:open", "assignee:me", "tag:refund", "priority:urgent", `before:${new Date().toISOString().slice(0, 10)}`, "\"charged twice\""];
const PAUSE = 180;

export class SearchView {
  #asked = 0;

  constructor(query) {
    this.input = h("input.input.search-input", { type: "search", "aria-label": "Search tickets and messages", placeholder: "Words, \"phrases\", status:open, tag:…", value: query.get("q") ?? "", autocomplete: "off" });
    this.saved = h("div.examples", { hidden: true });
    this.status = h("p.muted", { role: "status" });
    this.results = h("div.results");
    this.element = h("div.page.narrow", {}, h("header.page-head", {}, h("h1", {}, "Search")),
      h("div.search-box", {}, icon("search"), this.input), this.#examples(), this.saved, this.status, this.results);
    this.input.addEventListener("input", () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.#search(), PAUSE);
    });
  }

  start() {
    this.input.focus();
    if (this.input.value) void this.#search();
    if (session.user.is_staff) void this.#showSaved();
  }

  end() {
    clearTimeout(this.timer);
  }

  #examples() {
    return h("div.examples", {}, EXAMPLES.map((text) => h("button.chip", {
      type: "button", onclick: () => {
        this.input.value = `${this.input.value} ${text}`.trim();
        void this.#search();
        this.input.focus();
      },
    }, text)));
  }

  /** Searches that agents have kept, and a way to keep this one. */
  async #showSaved() {
    const page = await api.get("saved-filters/").catch(() => null);
    if (!page) return;
    this.saved.hidden = false;
    fill(this.saved,
      page.results.map((row) => h("span.chip.saved", {},
        h("button", { type: "button", title: row.query, onclick: () => this.#use(row.query) }, row.name),
        row.mine && h("button.chip-remove", { type: "button", "aria-label": `Forget ${row.name}`, onclick: () => this.#forget(row) }, icon("close")))),
      h("button.button.quiet.small", { type: "button", onclick: () => this.#keep() }, icon("star"), "Keep this search"));
  }

  #use(query) {
    this.input.value = query;
    void this.#search();
    this.input.focus();
  }

  #keep() {
    const query = this.input.value.trim();
    if (!query) return void notify({ text: "Search for something first." });
    dialog("Keep this search", (close) => {
      const name = h("input.input", { value: query.slice(0, 60), maxlength: "60", "aria-label": "Name", autofocus: true });
      const shared = h("input", { type: "checkbox" });
      const save = async (event) => {
        event.preventDefault();
        const done = await api.post("saved-filters/", { name: name.value.trim(), query, shared: shared.checked }).catch(tellError);
        if (!done) return;
        close();
        void this.#showSaved();
      };
      return h("form.form", { onsubmit: save }, name, h("label.check", {}, shared, "For all agents"),
        h("div.form-buttons", {}, h("button.button.primary", { type: "submit" }, "Keep")));
    });
  }

  async #forget({ id }) {
    await api.delete(`saved-filters/${id}/`).catch(tellError);
    void this.#showSaved();
  }

  async #search() {
    const asked = ++this.#asked;
    const q = this.input.value.trim();
    history.replaceState(null, "", q ? `/search?${new URLSearchParams({ q })}` : "/search");
    if (!q) return void (setText(this.status, ""), fill(this.results));
    try {
      const page = await api.get("search/", { q });
      if (asked !== this.#asked) return;
      const rows = page.results;
      setText(this.status, rows.length ? `${rows.length}${page.next ? " or more" : ""} ${rows.length === 1 ? "ticket" : "tickets"}` : "Nothing found.");
      fill(this.results, rows.map(result));
    } catch (error) {
      if (asked === this.#asked) setText(this.status, error.message);
    }
  }
}

/** A ticket, and the messages in which the words are. */
function result({ ticket, excerpt, messages }) {
  const status = h("span.status");
  setStatus(status, ticket.status);
  return h("a.result.card", { href: `/tickets/${ticket.id}` },
    h("span.row-line", {}, h("strong", {}, safeFragment(excerpt)), status),
    h("small.muted", {}, `#${ticket.number} · ${displayName(ticket.requester)} · `, timeElement(lastActivity(ticket))),
    messages.map((message) => h("span.excerpt", { class: message.kind === "note" ? "note" : "" },
      h("strong", {}, displayName(message.author), message.kind === "note" && " (note)"), " ", safeFragment(message.excerpt))));
}
