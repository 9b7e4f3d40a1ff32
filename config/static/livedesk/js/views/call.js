// A call from the ticket: voice, video and screen between two browsers, signalled through the ticket's room.

import { h, setText } from "../core/dom.js";
import { icon } from "../core/icons.js";
import { live } from "../data/live.js";
import { personOf } from "../data/names.js";
import { session } from "../data/session.js";
import { avatar, displayName } from "../ui/avatar.js";
import { dialog } from "../ui/popover.js";
import { notify } from "../ui/snackbar.js";

const ANSWER_WITHIN = 40_000;

export class Call {
  #peer = null;
  #connection = null;
  #stream = null;
  /** What of the screen is shared. */
  #screen = null;
  #candidates = [];
  #timer;

  constructor(conversation) {
    this.conversation = conversation;
  }

  /** Whom to call: who is here now. */
  choose() {
    if (this.panel) return;
    const { viewers } = this.conversation;
    if (!viewers.length) return notify({ title: "Nobody to call", text: "Nobody else has this ticket open right now." });
    dialog("Start a call", (close) => h("div.call-choice", {}, viewers.map((viewer) => h("div.call-person", {},
      avatar(viewer), h("strong", {}, displayName(viewer)),
      h("button.button", { type: "button", onclick: () => (close(), this.#dial(viewer, false)) }, icon("phone"), "Voice"),
      h("button.button.primary", { type: "button", onclick: () => (close(), this.#dial(viewer, true)) }, icon("camera"), "Video")))));
  }

  /** A signal of the other side. */
  async receive(data) {
    const from = String(data.from?.user_id ?? data.from);
    if (data.kind === "offer" && !this.#connection) return this.#ring(from, data);
    if (data.kind === "offer" && this.#peer?.id === from) return this.#renegotiate(data);
    if (data.kind === "offer") return this.#say(from, { kind: "busy" });
    if (this.#peer?.id !== from) return;
    if (data.kind === "answer") {
      await this.#connection?.setRemoteDescription(data.description);
      await this.#addCandidates();
    } else if (data.kind === "candidate") {
      this.#candidates.push(data.candidate);
      await this.#addCandidates();
    } else if (data.kind === "busy") this.#over("They are in another call.");
    else if (data.kind === "decline") this.#over("The call was declined.");
    else if (data.kind === "end") this.#over("The call has ended.");
  }

  /** Hangs up, if there is a call. */
  end() {
    if (this.#peer) this.#say(this.#peer.id, { kind: "end" });
    this.#over();
  }

  async #dial(viewer, video) {
    this.#peer = viewer;
    if (!(await this.#begin(video))) return;
    setText(this.state, `Calling ${displayName(viewer)} …`);
    this.#timer = setTimeout(() => this.#over("No answer."), ANSWER_WITHIN);
    await this.#offer(video);
  }

  async #offer(video) {
    await this.#connection.setLocalDescription();
    this.#say(this.#peer.id, { kind: "offer", video, username: session.user.username, description: this.#connection.localDescription });
  }

  #ring(from, data) {
    this.#peer = personOf({ user_id: from, username: data.username ?? "Somebody" });
    const element = dialog(`${displayName(this.#peer)} is calling`, (close) => h("div.call-choice", {}, h("div.form-buttons", {},
      h("button.button.danger", { type: "button", onclick: () => (this.#say(from, { kind: "decline" }), (this.#peer = null), close()) }, "Decline"),
      h("button.button.primary", { type: "button", onclick: () => (close(), this.#accept(data)) }, icon("phone"), "Answer"))));
    this.ringing = element;
  }

  async #accept(data) {
    if (!(await this.#begin(data.video))) return this.#say(this.#peer.id, { kind: "decline" });
    await this.#renegotiate(data);
  }

  async #renegotiate({ description }) {
    await this.#connection.setRemoteDescription(description);
    await this.#connection.setLocalDescription();
    this.#say(this.#peer.id, { kind: "answer", description: this.#connection.localDescription });
    await this.#addCandidates();
  }

  async #begin(video) {
    try {
      this.#stream = await navigator.mediaDevices.getUserMedia({ audio: true, video });
    } catch (error) {
      notify({ title: "No microphone or camera", text: error.message, tone: "error" });
      this.#peer = null;
      return false;
    }
    const connection = (this.#connection = new RTCPeerConnection());
    for (const track of this.#stream.getTracks()) connection.addTrack(track, this.#stream);
    connection.onicecandidate = ({ candidate }) => candidate && this.#say(this.#peer.id, { kind: "candidate", candidate });
    connection.ontrack = ({ streams }) => {
      this.remote.srcObject = streams[0];
    };
    connection.onconnectionstatechange = () => this.#moved(connection.connectionState);
    this.#show();
    return true;
  }

  #moved(state) {
    if (state === "connected") {
      clearTimeout(this.#timer);
      this.panel.dataset.state = "connected";
      setText(this.state, `In a call with ${displayName(this.#peer)}`);
    } else if (state === "failed") this.#over("The connection was lost.");
  }

  async #addCandidates() {
    if (!this.#connection?.remoteDescription) return;
    for (const candidate of this.#candidates.splice(0)) await this.#connection.addIceCandidate(candidate);
  }

  #show() {
    this.state = h("p.call-state", { role: "status" }, "Connecting …");
    this.remote = h("video.call-remote", { autoplay: true, playsinline: true });
    const own = h("video.call-own", { autoplay: true, playsinline: true });
    own.muted = true;
    own.srcObject = this.#stream;
    const mute = toggle("mic", "Mute", (on) => this.#stream.getAudioTracks().forEach((track) => (track.enabled = !on)));
    const blind = toggle("camera", "Camera off", (on) => this.#stream.getVideoTracks().forEach((track) => (track.enabled = !on)));
    const share = h("button.icon-button.round", { type: "button", "aria-label": "Share the screen", "aria-pressed": "false", onclick: () => this.#share(own, share) }, icon("monitor"));
    this.panel = h("section.call", { "aria-label": "Call", data: { state: "connecting" } }, this.remote, own, this.state,
      h("div.call-bar", {}, mute, blind, share, h("button.icon-button.round.danger", { type: "button", "aria-label": "Hang up", onclick: () => this.end() }, icon("phone"))));
    document.body.append(this.panel);
  }

  /** The screen takes the camera's place until the sharing is stopped, here or by the browser. */
  async #share(own, button) {
    if (this.#screen) return this.#screen.stop();
    const media = await navigator.mediaDevices.getDisplayMedia({ video: true }).catch(() => null);
    const [track] = media?.getVideoTracks() ?? [];
    if (!track || !this.#connection) return track?.stop();
    const known = this.#connection.getSenders().find((one) => one.track?.kind === "video");
    const before = known?.track ?? null;
    const sender = known ?? this.#connection.addTrack(track, this.#stream);
    this.#screen = { stop: () => (track.stop(), track.onended()), end: () => track.stop() };
    track.onended = () => {
      this.#screen = null;
      void sender.replaceTrack(before);
      own.srcObject = this.#stream;
      button.setAttribute("aria-pressed", "false");
    };
    own.srcObject = media;
    button.setAttribute("aria-pressed", "true");
    if (known) await sender.replaceTrack(track);
    else await this.#offer(true);
  }

  #say(to, data) {
    live()?.signal(this.conversation.room, to, JSON.parse(JSON.stringify(data)));
  }

  #over(text) {
    clearTimeout(this.#timer);
    this.ringing?.close();
    this.ringing = null;
    this.#stream?.getTracks().forEach((track) => track.stop());
    this.#screen?.end();
    this.#connection?.close();
    this.panel?.remove();
    this.panel = this.#connection = this.#stream = this.#screen = this.#peer = null;
    this.#candidates = [];
    if (text) notify({ title: "Call", text });
  }
}

function toggle(name, label, change) {
  const button = h("button.icon-button.round", { type: "button", "aria-label": label, "aria-pressed": "false" }, icon(name));
  button.addEventListener("click", () => {
    const on = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(on));
    change(on);
  });
  return button;
}

