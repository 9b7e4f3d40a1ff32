// The bell with its panel, and the page of all notifications.

import { fill, h, oncePerFrame, Scope, setText } from "../core/dom.js";
import { icon } from "../core/icons.js";
import { timeElement } from "../core/time.js";
import { personOf } from "../data/names.js";
import { notifications } from "../data/notifications.js";
import { tickets } from "../data/tickets.js";
import { avatar } from "../ui/avatar.js";
import { popover } from "../ui/popover.js";
import { tellError } from "../ui/snackbar.js";

export function notificationBell(scope) {
  const badge = h("span.badge", { hidden: true });
  const bell = h("button.icon-button.bell", { type: "button", "aria-haspopup": "dialog", "aria-expanded": "false" }, icon("bell"), badge);
  const update = () => {
    const { unread } = notifications.counts;
    badge.hidden = unread === 0;
    setText(badge, unread > 99 ? "99+" : unread);
    bell.setAttribute("aria-label", unread ? `Notifications, ${unread} unread` : "Notifications");
  };
  update();
  scope.add(notifications.subscribe(update));
  bell.addEventListener("click", () => {
    const inside = new Scope();
    const list = h("div.notification-list");
    const close = popover(bell, h("div.notification-panel", {}, head(), list,
      h("a.notification-all", { href: "/notifications", onclick: () => close() }, "See all")), { label: "Notifications", onclose: () => inside.end() });
    const render = () => fill(list, notifications.items.length ? notifications.items.slice(0, 12).map((item) => line(item, close)) : nothing());
    follow(inside, render);
    void notifications.markAllSeen().catch(() => undefined);
  });
  return bell;
}

export class NotificationsView {
  #scope = new Scope();

  constructor() {
    this.list = h("div.notification-list.card");
    this.more = h("button.button", { type: "button", hidden: true, onclick: () => notifications.loadMore().catch(tellError) }, "Show more");
    this.element = h("div.page.narrow", {}, h("header.page-head", {}, h("h1", {}, "Notifications"), readAll()), this.list, this.more);
  }

  start() {
    const render = () => {
      fill(this.list, notifications.items.length ? notifications.items.map((item) => line(item)) : nothing());
      this.more.hidden = !notifications.hasMore;
    };
    follow(this.#scope, render);
    void notifications.markAllSeen().catch(() => undefined);
  }

  end() {
    this.#scope.end();
  }
}

/** Renders now and whenever something is new, or somebody's name has come with the tickets. */
function follow(scope, render) {
  let shown = actorNames();
  const renderNames = oncePerFrame(() => {
    if (actorNames() === shown) return;
    shown = actorNames();
    render();
  });
  render();
  scope.add(notifications.subscribe(render), tickets.subscribe(renderNames));
}

function actorNames() {
  return notifications.items.map(({ actor }) => actor && actorOf(actor).name).join();
}

function actorOf({ id, username }) {
  return personOf({ user_id: id, username });
}

function head() {
  return h("header.notification-head", {}, h("h2", {}, "Notifications"), readAll());
}

function readAll() {
  return h("button.button.quiet.small", { type: "button", onclick: () => notifications.markAllRead().catch(tellError) }, icon("checks"), "Mark all read");
}

function line(item, close) {
  const open = () => {
    void notifications.markRead(item).catch(() => undefined);
    close?.();
  };
  return h(`a.notification${item.read ? "" : ".unread"}`, { href: item.url || "/notifications", onclick: open },
    item.actor ? avatar(actorOf(item.actor), { size: "medium" }) : h("span.notification-icon", { data: { tone: item.type } }, icon(item.mention ? "user" : "bell")),
    h("span.notification-text", {}, h("strong", { dir: "auto" }, item.title), h("span", { dir: "auto" }, item.message), timeElement(item.last_at ?? item.created_at)),
    !item.read && h("span.fresh", {}, h("span.visually-hidden", {}, "Unread")));
}

function nothing() {
  if (notifications.state === "loading") return h("div.empty", {}, h("span.spinner"), h("p.visually-hidden", {}, "Loading"));
  if (notifications.state === "failed") {
    return h("div.empty", {}, icon("offline"), h("p", {}, "The notifications couldn’t be loaded."),
      h("button.button", { type: "button", onclick: () => notifications.retry() }, "Try again"));
  }
  return h("div.empty", {}, icon("bell"), h("p", {}, "Nothing new. You will hear of replies, mentions and assignments here."));
}
