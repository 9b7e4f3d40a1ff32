// What a user decides: which notifications come how and when, the look, the password.

import { fill, h, Scope, setText } from "../core/dom.js";
import { icon } from "../core/icons.js";
import { shortcutsAreOn, switchShortcuts } from "../core/shortcuts.js";
import { theme } from "../core/theme.js";
import { api } from "../data/api.js";
import { Refused, session } from "../data/session.js";
import { pushState, switchPush } from "../data/push.js";
import { labelled, select } from "../ui/form.js";
import { tellError } from "../ui/snackbar.js";

const CHANNELS = [["in_app", "Here"], ["email", "E-mail"], ["push", "Push"]];
const THEMES = [["auto", "As the device"], ["light", "Light"], ["dark", "Dark"]];
const WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"].map((name, number) => [String(number), name]);
const LANGUAGES = [["", "As the desk"], ["en", "English"], ["de", "Deutsch"]];
const DIGESTS = [["off", "Each at once"], ["daily", "Once a day"], ["weekly", "Once a week"]];

export class SettingsView {
  #scope = new Scope();

  constructor() {
    this.matrix = h("div", {}, h("span.spinner"));
    this.stopped = h("div");
    this.times = h("div.form");
    this.push = h("div.setting-line");
    this.element = h("div.page.narrow", {}, h("header.page-head", {}, h("h1", {}, "Settings")),
      card("Look", this.#look()), card("Keyboard", shortcuts()), card("Notifications", this.stopped, this.matrix, this.push), card("Times", this.times), card("Password", this.#password()));
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
    this.#showStopped(found.settings);
    this.#showTimes(found.settings);
  }

  /** A link below a digest stops all e-mails; here they start again. */
  #showStopped({ emails_stopped: stopped }) {
    if (stopped === undefined) return;
    const box = h("input", { type: "checkbox", checked: stopped, onchange: () => this.#save({ settings: { emails_stopped: box.checked } }) });
    fill(this.stopped, check(box, "No e-mails at all", "Whatever is chosen below. A link in an e-mail can switch this on, too."));
  }

  #row({ kind, label, audience, channels }) {
    return h("tr", {}, h("th", { scope: "row" }, label, h("small", {}, audience)), CHANNELS.map(([channel, name]) => h("td", {},
      h("input", { type: "checkbox", checked: channels[channel], "aria-label": `${label}: ${name}`, onchange: ({ target }) =>
        this.#save({ kinds: [{ kind, channels: { [channel]: target.checked } }] }) }))));
  }

  #showTimes(settings) {
    const language = select("language", LANGUAGES, settings.language);
    language.addEventListener("change", () => this.#save({ settings: { language: language.value } }));
    fill(this.times, this.#quietHours(settings), this.#digests(settings), labelled("Language of messages", language),
      h("p.muted", {}, `Times are those of ${settings.timezone || "UTC"}.`));
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    if (zone && zone !== (settings.timezone || "UTC")) this.times.append(h("button.button.small", { type: "button", onclick: () => this.#useZone(zone) }, `Use ${zone}`));
  }

  #quietHours(settings) {
    const from = h("input.input", { type: "time", value: settings.quiet_from ?? "" });
    const until = h("input.input", { type: "time", value: settings.quiet_until ?? "" });
    const problem = h("p.form-problem", { role: "alert" });
    const save = () => {
      const isHalf = Boolean(from.value) !== Boolean(until.value);
      setText(problem, isHalf ? "Both times are needed. Clear both for none." : "");
      if (!isHalf) this.#save({ settings: { quiet_from: from.value || null, quiet_until: until.value || null } });
    };
    from.addEventListener("change", save);
    until.addEventListener("change", save);
    return [h("div.form-pair", {}, labelled("Quiet from", from), labelled("Quiet until", until)), problem];
  }

  /** When e-mails come, as far as the server lets one choose. */
  #digests({ digest, digest_at: moment, digest_weekday: weekday }) {
    const often = select("digest", DIGESTS, digest);
    const at = h("input.input", { type: "time", value: moment ?? "", required: true });
    const day = select("digest_weekday", WEEKDAYS, String(weekday));
    const fields = [labelled("E-mails", often), moment !== undefined && labelled("At", at), weekday !== undefined && labelled("On", day)];
    const show = () => {
      if (fields[1]) fields[1].hidden = often.value === "off";
      if (fields[2]) fields[2].hidden = often.value !== "weekly";
    };
    often.addEventListener("change", () => (show(), this.#save({ settings: { digest: often.value } })));
    at.addEventListener("change", () => at.value && this.#save({ settings: { digest_at: at.value } }));
    day.addEventListener("change", () => this.#save({ settings: { digest_weekday: Number(day.value) } }));
    show();
    return h("div.digests", {}, fields);
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
        session.tell("out", "Your password is changed. Sign in with the new one.", "success");
      } catch (error) {
        setText(problem, error instanceof Refused ? "Sign in again first." : error.message);
      }
    };
    return h("form.form", { onsubmit: change }, h("div.form-pair", {}, labelled("Password now", old), labelled("New password", fresh)), problem,
      h("div.form-buttons", {}, h("button.button", { type: "submit" }, "Change and sign out everywhere")));
  }
}

function shortcuts() {
  const box = h("input", { type: "checkbox", checked: shortcutsAreOn(), onchange: () => switchShortcuts(box.checked) });
  return check(box, "Keyboard shortcuts", "Off: single keys do nothing in this browser.");
}

function check(box, label, hint) {
  return h("label.check", {}, box, h("span", {}, label, h("small", {}, hint)));
}

function card(title, ...content) {
  return h("section.card.setting", {}, h("h2", {}, title), content);
}
