// The way in.

import { fill, h, setText } from "../core/dom.js";
import { session } from "../data/session.js";
import { labelled } from "../ui/form.js";
import { logo } from "../ui/logo.js";

/** `tone` says what a message is: "error", or "success". */
export function showSignIn(root, message = "", tone = "error") {
  document.title = "Sign in · Livedesk";
  const isError = tone === "error";
  const news = h("p.form-news", { role: "status" }, !isError && message);
  const problem = h("p.form-problem", { role: "alert" }, isError && message);
  const username = field("Username", { name: "username", autocomplete: "username", autocapitalize: "none", required: true });
  const password = field("Password", { name: "password", type: "password", autocomplete: "current-password", required: true });
  const stay = h("input", { type: "checkbox", name: "stay", checked: true });
  const button = h("button.button.primary.wide", { type: "submit" }, "Sign in");
  const form = h("form.signin-form", { novalidate: true },
    h("h1", {}, "Welcome back"),
    h("p.muted", {}, "Sign in to your help desk."),
    news, problem, username.element, password.element,
    h("label.check", {}, stay, h("span", {}, "Stay signed in", h("small", {}, "Off: only in this window"))),
    button);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    setText(news, "");
    setText(problem, "");
    if (!username.input.value || !password.input.value) {
      setText(problem, "Enter your username and password.");
      return (username.input.value ? password : username).input.focus();
    }
    button.disabled = true;
    setText(button, "Signing in …");
    try {
      await session.signIn(username.input.value.trim(), password.input.value, { stay: stay.checked });
    } catch (error) {
      const offline = error instanceof TypeError || error.name === "TimeoutError";
      setText(problem, offline ? "The server can’t be reached." : error.message);
      button.disabled = false;
      setText(button, "Sign in");
      password.input.select();
    }
  });
  fill(root, h("main.signin", {},
    h("section.signin-card", {}, h("div.brand", {}, logo(), "Livedesk"), form),
    h("aside.signin-aside", { "aria-hidden": "true" }, preview())));
  username.input.focus();
}

function field(label, attributes) {
  const input = h("input.input", attributes);
  return { input, element: labelled(label, input) };
}

/** A still life of a conversation. */
function preview() {
  return h("div.preview", {},
    h("p.preview-quote", {}, "Support without the refresh button."),
    h("div.preview-thread", {},
      h("p.preview-bubble", {}, "My card was charged twice — can you help?"),
      h("p.preview-bubble.note", {}, "@bob this is the retry from Tuesday."),
      h("p.preview-bubble.own", {}, "Found it. The refund is on its way."),
      h("p.preview-bubble.typing", {}, h("i"), h("i"), h("i"))));
}
