/**
 * Elements with `data-flag` are there while that flag is on for the user. The snapshot comes over REST once the socket is
 * open; from then on `flag.updated` says what changed. Whoever comes back loads the snapshot anew.
 */
const form = document.getElementById("sign-in");
const page = document.getElementById("page");
const list = document.getElementById("flags");
const status = document.getElementById("status");
let flags = {};

async function signIn(username, password) {
  const answer = await fetch("/api/v1/auth/token/", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ username, password }),
  });
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.detail);
  return body.access;
}

async function snapshot(access) {
  const answer = await fetch("/api/v1/examples/flags/", { headers: { Authorization: `Bearer ${access}` } });
  if (!answer.ok) throw new Error("The flags could not be loaded.");
  return (await answer.json()).flags;
}

function show() {
  for (const element of document.querySelectorAll("[data-flag]")) element.hidden = !flags[element.dataset.flag];
  list.replaceChildren(
    ...Object.keys(flags).sort().map((name) => {
      const item = document.createElement("li");
      item.textContent = `${name}: ${flags[name] ? "on" : "off"}`;
      return item;
    }),
  );
}

function connect(access, wait = 500) {
  const socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/ws`, ["bearer", access]);
  let early = [];
  const apply = ({ name, active }) => { flags[name] = active; };
  socket.onopen = async () => {
    try {
      flags = await snapshot(access);
    } catch {
      socket.close();
      return;
    }
    wait = 500;
    early.forEach(apply);
    early = null;
    status.textContent = "Connected.";
    page.hidden = false;
    show();
  };
  socket.onmessage = ({ data }) => {
    const frame = JSON.parse(data);
    if (frame.type !== "flag.updated") return;
    if (early) early.push(frame.data);
    else { apply(frame.data); show(); }
  };
  socket.onclose = ({ code }) => {
    if (code === 4001) {
      form.hidden = false;
      page.hidden = true;
      status.textContent = "Please sign in again.";
      return;
    }
    status.textContent = "Reconnecting …";
    setTimeout(() => connect(access, Math.min(wait * 2, 30_000)), wait * (0.5 + Math.random()));
  };
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    const access = await signIn(form.elements.username.value, form.elements.password.value);
    form.hidden = true;
    connect(access);
  } catch (error) {
    status.textContent = error.message;
  }
});
