// What stays while views change: navigation, notification bell, connection banner, shortcuts.

import { CloseCode } from "../../vendor/client/index.js";
import { fill, h, Scope, setText } from "../core/dom.js";
import { icon } from "../core/icons.js";
import { router } from "../core/router.js";
import { bind } from "../core/shortcuts.js";
import { isDark, switchTheme, theme } from "../core/theme.js";
import { connection, live } from "../data/live.js";
import { notifications } from "../data/notifications.js";
import { someAreMissing } from "../data/people.js";
import { session } from "../data/session.js";
import { tickets } from "../data/tickets.js";
import { avatar, displayName, followPresence } from "../ui/avatar.js";
import { logo } from "../ui/logo.js";
import { menu } from "../ui/popover.js";
import { notify } from "../ui/snackbar.js";
import { notificationBell, NotificationsView } from "./notifications.js";
import { showShortcuts } from "./shortcuts-help.js";
import { newTicket, TicketsView } from "./tickets.js";

/** There the navigation is a bar below the page, as in the style sheet. */
const narrow = matchMedia("(max-width: 720px)");

const PAGES = [
  { path: "/", label: "Inbox", customerLabel: "My tickets", icon: "inbox", keys: "g i" },
  { path: "/dashboard", label: "Dashboard", icon: "chart", keys: "g d", staff: true },
  { path: "/search", label: "Search", icon: "search", keys: "g s" },
  { path: "/notifications", label: "Notifications", icon: "bell", keys: "g n" },
  { path: "/explorer", label: "Explorer", icon: "terminal", keys: "g e", staff: true },
];

let router_ready = false;
let current = null;

export class Shell {
  #scope = new Scope();
  #view = null;
  #ticketsView = null;
  /** Rises with every page that is asked for. */
  #asked = 0;

  constructor(root) {
    this.root = root;
  }

  start() {
    current = this;
    this.main = h("main.main", { id: "main", tabindex: "-1" });
    this.links = PAGES.filter(({ staff }) => !staff || session.user.is_staff).map((page) => navLink(page));
    fill(this.root,
      h("a.skip", { href: "#main", onclick: (event) => (event.preventDefault(), this.main.focus()) }, "Skip to content"),
      h("div.shell", {}, this.#sidebar(), h("div.stage", {}, this.#banner(), this.main)));
    this.#scope.add(followPresence(), () => this.#closeView(), ...this.#shortcuts());
    this.#scope.add(notifications.subscribe(() => this.#title()), notifications.arrived.subscribe(announce));
    this.#scope.add(someAreMissing.subscribe(() => notify({ text: "Your colleagues couldn’t be loaded. Try again in a moment.", tone: "error" })));
    this.#scope.add(router.subscribe((path) => this.#mark(path)));
    addRoutes();
    this.#title();
  }

  end() {
    this.#scope.end();
    if (current === this) current = null;
  }

  /** `path` "" is the inbox with no ticket open. The inbox stays as it is from ticket to ticket. */
  showTickets(id) {
    this.#asked += 1;
    if (!this.#ticketsView) {
      const view = new TicketsView();
      this.#show(view);
      this.#ticketsView = view;
    }
    this.#ticketsView.open(id);
    this.#name(null);
  }

  async show(load, name) {
    const asked = ++this.#asked;
    const view = await load().catch(() => null);
    // Whoever has gone elsewhere meanwhile stays there.
    if (current !== this || asked !== this.#asked) return view?.end?.();
    this.#show(view ?? unloaded(() => this.show(load, name)));
    this.#name(name);
  }

  #show(view) {
    this.#closeView();
    this.#view = view;
    fill(this.main, view.element);
    // Pages scroll as a whole, so the keyboard must be able to; the inbox scrolls in its parts.
    this.main.tabIndex = view instanceof TicketsView ? -1 : 0;
    view.start?.();
  }

  #closeView() {
    this.#view?.end?.();
    this.#view = this.#ticketsView = null;
  }

  #sidebar() {
    const { user } = session;
    const account = h("button.account", { type: "button", "aria-haspopup": "menu", "aria-label": "Account" },
      avatar(user, { size: "small" }),
      h("span.account-text", {}, h("strong", {}, displayName(user)), h("small", {}, user.is_staff ? "Agent" : "Customer")));
    account.addEventListener("click", () => this.#accountMenu(account));
    this.themeButton = h("button.icon-button", { type: "button", onclick: switchTheme });
    this.#scope.add(theme.follow(() => {
      this.themeButton.setAttribute("aria-label", isDark() ? "Switch to light" : "Switch to dark");
      fill(this.themeButton, icon(isDark() ? "sun" : "moon"));
    }));
    const head = h("div.sidebar-head", {}, h("a.brand", { href: "/", "aria-label": "Livedesk, home" }, logo(), h("span", {}, "Livedesk")), notificationBell(this.#scope));
    const file = h("button.button.primary.wide.new-ticket", { type: "button", onclick: newTicket }, icon("plus"), "New ticket");
    const pages = h("ul.nav", {}, this.links.map((link) => h("li", {}, link)));
    const foot = h("div.sidebar-foot", {}, account, this.themeButton);
    const sidebar = h("nav.sidebar", { "aria-label": "Main" });
    // The focus goes as the eye does.
    const arrange = () => sidebar.append(...(narrow.matches ? [pages, file, head, foot] : [head, file, pages, foot]));
    arrange();
    this.#scope.listen(narrow, "change", arrange);
    return sidebar;
  }

  #accountMenu(anchor) {
    menu(anchor, [
      { label: "Keyboard shortcuts", icon: "keyboard", hint: "?", run: showShortcuts },
      ...(session.user.is_staff && narrow.matches ? [{ label: "Explorer", icon: "terminal", run: () => router.go("/explorer") }] : []),
      ...(session.user.is_staff ? [{ label: "Administration", icon: "users", run: () => location.assign("/admin/") }] : []),
      { label: "Settings", icon: "sliders", run: () => router.go("/settings") },
      { label: "Sign out", icon: "exit", run: () => session.signOut() },
    ], { label: "Account" });
  }

  /** Says when what is shown may be old, and how many messages wait. */
  #banner() {
    const text = h("span");
    const retry = h("button.button.quiet.small", { type: "button", onclick: () => live()?.retryNow() }, "Try now");
    const banner = h("div.banner", { role: "status", "aria-live": "polite", hidden: true }, icon("offline"), text, retry);
    let timer;
    const update = () => {
      const { state, code } = connection.get();
      const waiting = live()?.pending.length ?? 0;
      const down = state === "waiting" || state === "offline" || (state === "connecting" && code !== undefined);
      clearTimeout(timer);
      if (!down) return (banner.hidden = true);
      const queued = waiting ? ` ${waiting} ${waiting === 1 ? "message waits" : "messages wait"} to be sent.` : "";
      setText(text, `${reasonOf(state, code)} What you see may be old.${queued}`);
      // A reconnect within a moment isn't worth a word.
      timer = setTimeout(() => (banner.hidden = false), banner.hidden ? 600 : 0);
    };
    this.#scope.add(connection.follow(update), live().onPending(update), () => clearTimeout(timer));
    return banner;
  }

  #shortcuts() {
    const go = PAGES.filter(({ staff }) => !staff || session.user.is_staff);
    return [
      ...go.map(({ keys, path, label }) => bind(keys, `Go to ${label.toLowerCase()}`, () => router.go(path))),
      bind("c", "New ticket", newTicket),
      bind("/", "Search", () => router.go("/search")),
      bind("?", "Show these shortcuts", showShortcuts),
      bind("t", "Light or dark", switchTheme),
    ];
  }

  #mark(path) {
    const inTickets = path === "/" || path.startsWith("/tickets");
    for (const link of this.links) {
      const here = link.pathname === "/" ? inTickets : path.startsWith(link.pathname);
      if (here) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    document.body.classList.toggle("in-ticket", /^\/tickets\/./.test(path));
  }

  #pageName = null;

  #name(name) {
    this.#pageName = name;
    this.#title();
  }

  #title() {
    const { unread } = notifications.counts;
    const name = this.#pageName ?? (session.user?.is_staff ? "Inbox" : "My tickets");
    document.title = `${unread ? `(${unread}) ` : ""}${name} · Livedesk`;
  }
}

function reasonOf(state, code) {
  if (state === "offline") return "You are offline.";
  return code === CloseCode.tooMany ? "You are connected in too many places: close some of them." : "Reconnecting …";
}

function addRoutes() {
  if (router_ready) return router.go(location.pathname + location.search);
  router_ready = true;
  router
    .add("/", () => current?.showTickets(null))
    .add("/tickets/:id", ({ id }) => current?.showTickets(id))
    .add("/notifications", () => current?.show(async () => new NotificationsView(), "Notifications"))
    .add("/search", (_, query) => current?.show(async () => new (await import("./search.js")).SearchView(query), "Search"))
    .add("/dashboard", () => current?.show(async () => new (await import("./dashboard.js")).DashboardView(), "Dashboard"))
    .add("/explorer", () => current?.show(async () => new (await import("./explorer.js")).ExplorerView(), "Explorer"))
    .add("/settings", () => current?.show(async () => new (await import("./settings.js")).SettingsView(), "Settings"))
    .start();
}

function navLink({ path, label, customerLabel, icon: name }) {
  const text = session.user.is_staff ? label : (customerLabel ?? label);
  return h("a.nav-link", { href: path, "aria-label": text }, icon(name), h("span", {}, text));
}

/** In the place of a page whose part of the console couldn't be loaded. */
function unloaded(again) {
  return { element: h("div.page", {}, h("div.empty", { role: "alert" }, icon("offline"), h("p", {}, "This page couldn’t be loaded."),
    h("button.button", { type: "button", onclick: again }, "Try again"))) };
}

/** A snackbar for what isn't on screen anyway. */
function announce(item) {
  if (tickets.openId && item.url?.includes(tickets.openId) && !document.hidden) {
    return void notifications.markRead(item).catch(() => undefined);
  }
  notify({ title: item.title, text: item.message, href: item.url || "/notifications", tone: item.type });
}
