// Starts the console: the session first, then the connection and the data, then the views.

import { router } from "./core/router.js";
import "./core/theme.js";
import { connect, disconnect } from "./data/live.js";
import { notifications } from "./data/notifications.js";
import { presence } from "./data/presence.js";
import { refused } from "./data/refused.js";
import { session } from "./data/session.js";
import { tickets } from "./data/tickets.js";
import { showSignIn } from "./views/signin.js";
import { Shell } from "./views/shell.js";

const root = document.getElementById("app");
let shell = null;

function enter() {
  refused.start(session.user);
  connect();
  presence.start();
  notifications.start();
  void tickets.start();
  shell = new Shell(root);
  shell.start();
}

/** With a message, the session has ended by itself: what this user wrote is sent when they are back. */
function leave(message, tone) {
  tickets.stop();
  notifications.stop();
  presence.stop();
  disconnect({ forget: !message });
  refused.stop({ forget: !message });
  shell?.end();
  shell = null;
  showSignIn(root, message, tone);
}

session.subscribe((what, message, tone) => {
  if (what === "in") enter();
  else if (what === "out") leave(message, tone);
});

// Another tab signed out, or somebody else signed in there: this page is no longer whose it was.
addEventListener("storage", ({ key, newValue }) => {
  if (key !== "livedesk:session" || !session.user || sessionStorage.getItem(key)) return;
  if (newValue === null) {
    session.forget();
    session.tell("out");
  } else if (JSON.parse(newValue).user && JSON.parse(newValue).user.id !== session.user.id) location.reload();
});

if (await session.restore()) enter();
else showSignIn(root);
root.removeAttribute("aria-busy");
export { router };
