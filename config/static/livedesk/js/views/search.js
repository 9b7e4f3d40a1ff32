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

const TODAY = new Date().toISOString().slice(0, 10);
const EXAMPLES = ["status:open", "assignee:me", "tag:refund", "priority:urgent", `before:${TODAY}`, "\"charged twice\""];
const CUSTOMER_EXAMPLES = ["status:open", "status:resolved", `before:${TODAY}`, "\"charged twice\""];
const PAUSE = 180;

export class SearchView {
  #asked = 0;
  #next = null;

  constructor(query) {
    this.input = h("input.input.search-input", { type: "search", "aria-label": "Search tickets and messages", placeholder: "Words, \"phrases\", status:open, tag:…", value: query.get("q") ?? "", autocomplete: "off" });
    this.saved = h("div.examples", { hidden: true });
    this.status = h("p.muted", { role: "status" });
    this.results = h("div.results");
    this.more = h("button.button.more-results", { type: "button", hidden: true, onclick: () => void this.#showMore() }, "Show more");
    this.element = h("div.page.narrow", {}, h("header.page-head", {}, h("h1", {}, "Search")),
      h("div.search-box", {}, icon("search"), this.input), this.#examples(), this.saved, this.status, this.results, this.more);
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
    return h("div.examples", {}, (session.user.is_staff ? EXAMPLES : CUSTOMER_EXAMPLES).map((text) => h("button.chip", {
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
      const problem = h("p.form-problem", { role: "alert" });
      const tell = (error) => setText(problem, error.message);
      const save = async (event) => {
        event.preventDefault();
        const done = await api.post("saved-filters/", { name: name.value.trim(), query, shared: shared.checked }).catch(tell);
        if (!done) return;
        close();
        void this.#showSaved();
      };
      return h("form.form", { onsubmit: save }, name, h("label.check", {}, shared, "For all agents"), problem,
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
    if (!q) return this.#show([], null, "");
    this.element.setAttribute("aria-busy", "true");
    this.more.hidden = true;
    setText(this.status, "Searching …");
    try {
      const page = await api.get("search/", { q });
      if (asked !== this.#asked) return;
      this.#show(page.results.map(result), page.next);
    } catch (error) {
      if (asked === this.#asked) this.#show([], null, error.message);
    }
  }

  /** The next page, below what is there. */
  async #showMore() {
    const asked = this.#asked;
    this.more.disabled = true;
    const page = await api.get(this.#next).catch(tellError);
    this.more.disabled = false;
    if (!page || asked !== this.#asked) return;
    const lines = page.results.map(result);
    this.#show([...this.results.children, ...lines], page.next);
    lines[0]?.focus();
  }

  #show(lines, next, text = countOf(lines.length, next)) {
    this.element.removeAttribute("aria-busy");
    fill(this.results, lines);
    setText(this.status, text);
    this.#next = next;
    this.more.hidden = !next;
  }
}

function countOf(count, isNotAll) {
  return count ? `${count}${isNotAll ? " or more" : ""} ${count === 1 ? "ticket" : "tickets"}` : "Nothing found.";
}

/** A ticket, and the messages in which the words are. */
function result({ ticket, excerpt, messages }) {
  const status = h("span.status");
  setStatus(status, ticket.status);
  return h("a.result.card", { href: `/tickets/${ticket.id}` },
    h("span.row-line", {}, h("strong", { dir: "auto" }, safeFragment(excerpt)), status),
    h("small.muted", {}, `#${ticket.number} · ${displayName(ticket.requester)} · `, timeElement(lastActivity(ticket))),
    messages.map((message) => h("span.excerpt", { class: message.kind === "note" ? "note" : "" },
      h("strong", {}, displayName(message.author), message.kind === "note" && " (note)"), " ", h("span", { dir: "auto" }, safeFragment(message.excerpt)))));
}
