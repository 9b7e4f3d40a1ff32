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
    if (data.kind === "offer" && (this.#peer?.id === from ? this.ringing : !this.#peer)) return this.#ring(from, data);
    if (data.kind === "offer" && this.#peer?.id === from) return this.#connection && this.#renegotiate(data);
    if (data.kind === "offer") return this.#say(from, { kind: "busy" });
    if (this.#peer?.id !== from) return;
    if (data.kind === "answer") {
      await this.#connection?.setRemoteDescription(data.description);
      await this.#addCandidates();
    } else if (data.kind === "candidate") {
      this.#candidates.push(data.candidate);
      await this.#addCandidates();
    } else if (data.kind === "busy") this.#over("They are in another call.");
    // Where it was answered in one window, another one may still be ringing.
    else if (data.kind === "decline" && !this.#connection?.remoteDescription) this.#over("The call was declined.");
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
    this.#timer = setTimeout(() => (this.#say(viewer.id, { kind: "end" }), this.#over("No answer.")), ANSWER_WITHIN);
    await this.#offer(video);
  }

  async #offer(video) {
    await this.#connection.setLocalDescription();
    this.#say(this.#peer.id, { kind: "offer", video, username: session.user.username, description: this.#connection.localDescription });
  }

  /** Whoever closes the dialog doesn't take the call. A caller who goes away without a word rings no longer than one who waits. */
  #ring(from, data) {
    this.#over();
    this.#peer = personOf({ user_id: from, username: data.username ?? "Somebody" });
    const element = dialog(`${displayName(this.#peer)} is calling`, (close) => h("div.call-choice", {}, h("div.form-buttons", {},
      h("button.button.danger", { type: "button", onclick: close }, "Decline"),
      h("button.button.primary", { type: "button", autofocus: true, onclick: () => this.#accept(data) }, icon("phone"), "Answer"))));
    element.addEventListener("close", () => {
      if (this.ringing !== element) return;
      this.#say(from, { kind: "decline" });
      this.#over();
    });
    this.ringing = element;
    this.#timer = setTimeout(() => this.#over("The call has ended."), ANSWER_WITHIN);
  }

  async #accept(data) {
    clearTimeout(this.#timer);
    this.#stopRinging();
    const { id } = this.#peer;
    if (!(await this.#begin(data.video))) return this.#say(id, { kind: "decline" });
    await this.#renegotiate(data);
  }

  async #renegotiate({ description }) {
    await this.#connection.setRemoteDescription(description);
    await this.#connection.setLocalDescription();
    this.#say(this.#peer.id, { kind: "answer", description: this.#connection.localDescription });
    await this.#addCandidates();
  }

  async #begin(video) {
    const peer = this.#peer;
    try {
      if (!navigator.mediaDevices) throw new Error("Browsers allow calls on pages that were opened with https:// only.");
      this.#stream = await navigator.mediaDevices.getUserMedia({ audio: true, video });
    } catch (error) {
      notify({ title: "No microphone or camera", text: error.message, tone: "error" });
      this.#peer = null;
      return false;
    }
    // They may have hung up while the browser asked.
    if (this.#peer !== peer) return this.#over(), false;
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
    const share = navigator.mediaDevices.getDisplayMedia && h("button.icon-button.round", { type: "button", "aria-label": "Share the screen", "aria-pressed": "false", onclick: () => this.#share(own, share) }, icon("monitor"));
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

  #stopRinging() {
    const element = this.ringing;
    this.ringing = null;
    element?.close();
  }

  #over(text) {
    clearTimeout(this.#timer);
    this.#stopRinging();
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
