// What a user decides: which notifications come how and when, the look, the password.

import { fill, h, Scope, setText } from "../core/dom.js";
import { icon } from "../core/icons.js";
import { theme } from "../core/theme.js";
import { api } from "../data/api.js";
import { Refused, session } from "../data/session.js";
import { pushState, switchPush } from "../data/push.js";
import { labelled } from "../ui/form.js";
import { notify, tellError } from "../ui/snackbar.js";

const CHANNELS = [["in_app", "Here"], ["email", "E-mail"], ["push", "Push"]];
const THEMES = [["auto", "As the device"], ["light", "Light"], ["dark", "Dark"]];
const LANGUAGES = [["", "As the desk"], ["en", "English"], ["de", "Deutsch"]];
const DIGESTS = [["off", "Each at once"], ["daily", "Once a day"], ["weekly", "Once a week"]];

export class SettingsView {
  #scope = new Scope();

  constructor() {
    this.matrix = h("div", {}, h("span.spinner"));
    this.times = h("div.form");
    this.push = h("div.setting-line");
    this.element = h("div.page.narrow", {}, h("header.page-head", {}, h("h1", {}, "Settings")),
      card("Look", this.#look()), card("Notifications", this.matrix, this.push), card("Times", this.times), card("Password", this.#password()));
  }

  start() {
    void this.#load();
    void this.#showPush();
  }

  end() {
    this.#scope.end();
  }

  #look() {
    const buttons = THEMES.map(([name, label]) => h("button.segment", { type: "button", role: "radio", onclick: () => theme.set(name), data: { name } }, label));
    this.#scope.add(theme.follow((chosen) => buttons.forEach((button) => button.setAttribute("aria-checked", String(button.dataset.name === chosen)))));
    return h("div.segments", { role: "radiogroup", "aria-label": "Theme" }, buttons);
  }

  async #load() {
    const found = await api.get("notifications/preferences/").catch(tellError);
    if (!found) return fill(this.matrix, h("p.muted", {}, "The settings couldn’t be loaded."));
    fill(this.matrix, h("table.matrix", {},
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "What"), CHANNELS.map(([, label]) => h("th", { scope: "col" }, label)))),
      h("tbody", {}, found.kinds.map((row) => this.#row(row)))));
    this.#showTimes(found.settings);
  }

  #row({ kind, label, audience, channels }) {
    return h("tr", {}, h("th", { scope: "row" }, label, h("small", {}, audience)), CHANNELS.map(([channel, name]) => h("td", {},
      h("input", { type: "checkbox", checked: channels[channel], "aria-label": `${label}: ${name}`, onchange: ({ target }) =>
        this.#save({ kinds: [{ kind, channels: { [channel]: target.checked } }] }) }))));
  }

  #showTimes(settings) {
    const from = h("input.input", { type: "time", value: settings.quiet_from ?? "" });
    const until = h("input.input", { type: "time", value: settings.quiet_until ?? "" });
    const digest = h("select.input", {}, DIGESTS.map(([value, label]) => h("option", { value, selected: settings.digest === value }, label)));
    const language = h("select.input", {}, LANGUAGES.map(([value, label]) => h("option", { value, selected: settings.language === value }, label)));
    language.addEventListener("change", () => this.#save({ settings: { language: language.value } }));
    const quiet = () => {
      if (Boolean(from.value) !== Boolean(until.value)) return;
      this.#save({ settings: { quiet_from: from.value || null, quiet_until: until.value || null } });
    };
    from.addEventListener("change", quiet);
    until.addEventListener("change", quiet);
    digest.addEventListener("change", () => this.#save({ settings: { digest: digest.value } }));
    fill(this.times, h("div.form-pair", {}, labelled("Quiet from", from), labelled("Quiet until", until)), h("div.form-pair", {}, labelled("E-mails", digest), labelled("Language", language)),
      h("p.muted", {}, `Times are those of ${settings.timezone || "UTC"}.`));
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    if (zone && zone !== settings.timezone) this.times.append(h("button.button.small", { type: "button", onclick: () => this.#useZone(zone) }, `Use ${zone}`));
  }

  async #useZone(timezone) {
    if (await this.#save({ settings: { timezone } })) void this.#load();
  }

  async #save(changes) {
    const done = await api.patch("notifications/preferences/", changes).catch(tellError);
    if (!done) void this.#load();
    return done;
  }

  async #showPush() {
    const state = await pushState();
    if (state === "unavailable") return fill(this.push, h("p.muted", {}, "This browser takes no pushes from this page."));
    fill(this.push, h("button.button", { type: "button", onclick: async () => {
      await switchPush(state === "off").catch(tellError);
      void this.#showPush();
    } }, icon("bell"), state === "on" ? "Stop pushes to this browser" : "Let this browser take pushes"));
  }

  #password() {
    const old = h("input.input", { type: "password", autocomplete: "current-password", required: true });
    const fresh = h("input.input", { type: "password", autocomplete: "new-password", required: true });
    const problem = h("p.form-problem", { role: "alert" });
    const change = async (event) => {
      event.preventDefault();
      setText(problem, "");
      try {
        await api.post("auth/password/change/", { old_password: old.value, new_password: fresh.value });
        session.forget();
        session.tell("out", "Your password is changed. Sign in with the new one.");
        notify({ text: "Password changed.", tone: "success" });
      } catch (error) {
        setText(problem, error instanceof Refused ? "Sign in again first." : error.message);
      }
    };
    return h("form.form", { onsubmit: change }, h("div.form-pair", {}, labelled("Password now", old), labelled("New password", fresh)), problem,
      h("div.form-buttons", {}, h("button.button", { type: "submit" }, "Change and sign out everywhere")));
  }
}

function card(title, ...content) {
  return h("section.card.setting", {}, h("h2", {}, title), content);
}
