// For developers: every frame of this page's socket as it comes, and a place to send some.

import { fill, h, oncePerFrame, Scope, setText } from "../core/dom.js";
import { icon } from "../core/icons.js";
import { connection, live, recentFrames } from "../data/live.js";
import { session } from "../data/session.js";
import { tickets } from "../data/tickets.js";

export class ExplorerView {
  #scope = new Scope();
  #frames = [...recentFrames];
  /** Frames up to this number aren't shown any more. */
  #clearedAt = 0;
  #paused = false;
  #filter = "";
  #rooms = [];

  constructor() {
    this.state = h("span.state-pill");
    this.counter = h("span.muted");
    this.list = h("ol.frames", { "aria-label": "Frames", tabindex: "0" });
    this.editor = h("textarea.input.code", { rows: "8", "aria-label": "Frame to send", spellcheck: "false" });
    this.problem = h("p.form-problem", { role: "alert" });
    this.reply = h("pre.reply", { "aria-live": "polite", hidden: true });
    this.element = h("div.page.wide", {}, h("header.page-head", {}, h("div", {}, h("h1", {}, "Socket explorer"),
      h("p.muted", {}, "The frames of this page’s connection to ", h("code", {}, "/api/v1/ws/connect"), ", live.")), this.state),
    h("div.explorer", {}, this.#stream(), this.#sender()));
  }

  start() {
    const paint = oncePerFrame(() => this.#paint());
    this.#scope.add(
      live().on("*", () => {
        if (this.#paused) return;
        this.#frames = recentFrames.filter(({ number }) => number > this.#clearedAt);
        paint();
      }),
      connection.follow((status) => {
        setText(this.state, status.state);
        this.state.dataset.state = status.state;
      }),
      () => this.#rooms.forEach((one) => one.close()),
    );
    this.#choose(this.#templates()[0].frame);
    this.#paint();
  }

  end() {
    this.#scope.end();
  }

  #stream() {
    const pause = h("button.button.small", { type: "button", "aria-pressed": "false", onclick: () => {
      this.#paused = !this.#paused;
      pause.setAttribute("aria-pressed", String(this.#paused));
      setText(pause, this.#paused ? "Go on" : "Pause");
    } }, "Pause");
    return h("section.card.stream", { "aria-label": "Live frames" },
      h("header.stream-head", {},
        h("input.input.quiet", { type: "search", placeholder: "Filter by type or room", "aria-label": "Filter frames", oninput: ({ target }) => ((this.#filter = target.value), this.#paint()) }),
        this.counter, pause,
        h("button.button.small", { type: "button", onclick: () => this.#clear() }, "Clear")),
      this.list);
  }

  #sender() {
    const room = h("input.input", { placeholder: "channel:1, queue:support …", "aria-label": "Room to listen to" });
    const templates = h("div.examples", {}, this.#templates().map(({ label, frame }) =>
      h("button.chip", { type: "button", onclick: () => this.#choose(frame) }, label)));
    return h("section.card.sender", { "aria-label": "Send" },
      h("h2", {}, "Listen to a room"),
      h("form.inline-form", { onsubmit: (event) => (event.preventDefault(), this.#join(room)) }, room, h("button.button", { type: "submit" }, icon("plus"), "Join")),
      h("h2", {}, "Send a frame"), templates, this.editor, this.problem,
      h("div.form-buttons", {}, h("button.button.primary", { type: "button", onclick: () => this.#send() }, icon("send"), "Send")),
      this.reply);
  }

  #templates() {
    const [first] = tickets.rows.keys();
    const room = first ? `ticket:${first}` : `user:${session.user.id}`;
    return [
      { label: "history", frame: { type: "history", room: `user:${session.user.id}`, data: { limit: 5 } } },
      { label: "join_room", frame: { type: "join_room", room, history: 3 } },
      { label: "send_message", frame: { type: "send_message", room, data: { content: "Hello from the explorer" } } },
      { label: "typing", frame: { type: "typing", room, data: { state: "start" } } },
      { label: "unknown", frame: { type: "no_such_type" } },
    ];
  }

  #clear() {
    this.#clearedAt = recentFrames[0]?.number ?? 0;
    this.#frames = [];
    this.#paint();
  }

  #choose(frame) {
    this.editor.value = JSON.stringify(frame, null, 2);
  }

  #join(input) {
    const room = input.value.trim();
    if (!room) return;
    this.#rooms.push(live().subscribe(room, { onState: (state) => setText(this.problem, state === "forbidden" ? `${room}: not allowed, or there is no such room.` : "") }));
    input.value = "";
  }

  async #send() {
    setText(this.problem, "");
    this.reply.hidden = true;
    let frame;
    try {
      frame = JSON.parse(this.editor.value);
    } catch (error) {
      return setText(this.problem, `Not JSON: ${error.message}`);
    }
    try {
      setText(this.reply, JSON.stringify(await live().request(frame), null, 2));
      this.reply.hidden = false;
    } catch (error) {
      setText(this.problem, error.code === "timeout" ? "Sent. No reply within 10 s; some frames have none." : `${error.code}: ${error.message}`);
    }
  }

  #paint() {
    const text = this.#filter.toLowerCase();
    const shown = this.#frames.filter(({ frame }) => !text || `${frame.type} ${frame.room ?? ""}`.toLowerCase().includes(text));
    setText(this.counter, `${shown.length} ${shown.length === 1 ? "frame" : "frames"}`);
    if (!shown.length) return fill(this.list, h("li.empty", {}, icon("terminal"), h("p", {}, "Waiting for frames …")));
    const known = new Map([...this.list.children].map((node) => [node.number, node]));
    fill(this.list, shown.map((entry) => known.get(entry.number) ?? frameLine(entry)));
  }
}

function frameLine({ frame, at, number }) {
  const details = h("details.frame", {},
    h("summary", {}, h("time.code", {}, at.toTimeString().slice(0, 8)), h("span.frame-type", { data: { error: String(frame.type === "error") } }, frame.type),
      h("span.frame-room", {}, frame.room ?? ""), frame.seq !== undefined && h("span.frame-seq", {}, `seq ${frame.seq}`)));
  details.addEventListener("toggle", () => {
    if (details.open && details.children.length === 1) details.append(h("pre", {}, JSON.stringify(frame, null, 2)));
  });
  const node = h("li", {}, details);
  node.number = number;
  return node;
}
