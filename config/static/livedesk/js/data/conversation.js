// One open ticket: its messages and notes in one list, its people, and what happens in its two rooms.

import { newClientId } from "../../vendor/client/index.js";
import { Topic } from "../core/signal.js";
import { api } from "./api.js";
import { connection, live } from "./live.js";
import { personOf, remember } from "./names.js";
import { refused } from "./refused.js";
import { session } from "./session.js";
import { tickets } from "./tickets.js";

const PAGE = 60;
const LAST = Number.MAX_SAFE_INTEGER;
const TRY_AGAIN = 3000;

export class Conversation extends Topic {
  ticket = null;
  messages = new Map();
  /** user id → {person, timer}: who types now. */
  typing = new Map();
  /** Others who have the ticket open: {id, username, name}. */
  viewers = [];
  /** user id → last number of the conversation they have read. */
  readers = new Map();
  /** "loading", "ready", "gone" (not there, or not for this user), "failed" (tried again). */
  state = "loading";
  hasOlder = false;
  /** Where the new-message marker stands: the last number read before opening. */
  readUpTo = 0;
  arrived = new Topic();
  /** id → {id, name}: what is known of files that no message has taken yet. */
  files = new Map();
  #older = null;
  #rooms = [];
  #ends = [];
  /** The conversation's own room, whose cursor tells how far this page has seen it. */
  #talk;
  #retry;

  constructor(id) {
    super();
    this.id = id;
    this.room = `ticket:${id}`;
    this.notesRoom = `ticket-notes:${id}`;
  }

  async open() {
    const client = live();
    const waits = () => this.tell("pending");
    this.#ends.push(client.onPending(waits), connection.subscribe(waits), refused.subscribe(waits), () => clearTimeout(this.#retry));
    await this.#load();
  }

  async #load() {
    try {
      const [ticket, page] = await Promise.all([api.get(`tickets/${this.id}/`), this.#loadPage()]);
      this.#takeTicket(ticket);
      this.readUpTo = ticket.viewer.read_seq;
      this.state = "ready";
      this.#talk = this.#subscribe(this.room, page);
      if (page.notes) this.#subscribe(this.notesRoom, page.notes);
      this.tell("all");
    } catch (error) {
      this.state = error.status === 404 || error.status === 403 ? "gone" : "failed";
      this.tell("all");
      if (this.state === "failed") this.#retry = setTimeout(() => this.#load(), TRY_AGAIN);
    }
  }

  close() {
    this.#rooms.splice(0).forEach((one) => one.close());
    this.#ends.splice(0).forEach((end) => end());
    for (const { timer } of this.typing.values()) clearTimeout(timer);
  }

  get isAgent() {
    return Boolean(this.ticket?.viewer.works_on);
  }

  /** Once a ticket is merged, nothing about it can be changed any more. */
  get isMerged() {
    return Boolean(this.ticket?.merged_into);
  }

  /** In the order they were written. */
  get sorted() {
    return [...this.messages.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** What this user wrote and the server hasn't confirmed. */
  get pending() {
    return (live()?.pending ?? []).filter(({ room }) => room === this.room || room === this.notesRoom);
  }

  /** What this user wrote and the server didn't take. */
  get refused() {
    return refused.in(this.room, this.notesRoom);
  }

  async loadOlder() {
    if (!this.#older) return;
    const page = await api.get(this.#older);
    this.#takePage(page);
    this.tell("messages");
  }

  /** `attachments` are ids. A text that the server won't have comes back as one of `refused`; files alone reject, and are sent by REST. */
  async send({ content, note, inReplyTo, attachments }) {
    const draft = { content, ...(inReplyTo && { in_reply_to: inReplyTo }), ...(attachments.length && { attachments }) };
    if (content) return this.#send(note ? this.notesRoom : this.room, draft);
    const kind = note ? "note" : "reply";
    await api.post(`tickets/${this.id}/messages/`, { ...draft, kind, client_id: newClientId(), ...(!note && this.#seen) });
  }

  /** Sends what was refused, now that its writer knows why. */
  sendAnyway({ room, data }) {
    refused.remove(data.client_id);
    this.#send(room, data);
  }

  #send(room, data) {
    live().send(room, { ...data, ...(room === this.room && this.#seen) }).catch(() => undefined);
  }

  /** An agent's reply says how far they have seen, so that it doesn't cross that of a colleague. */
  get #seen() {
    return this.isAgent && { last_seen_seq: this.#talk.cursor.seq };
  }

  async edit(id, content) {
    this.#replace(await api.patch(`tickets/${this.id}/messages/${id}/`, { content }));
  }

  async remove(id) {
    await api.delete(`tickets/${this.id}/messages/${id}/`);
  }

  drop({ data }) {
    refused.remove(data.client_id);
  }

  /** Everything that is shown has been read. */
  markRead() {
    const last = { [this.room]: 0, [this.notesRoom]: 0 };
    for (const message of this.messages.values()) {
      const room = message.kind === "note" ? this.notesRoom : this.room;
      last[room] = Math.max(last[room], message.seq ?? 0);
    }
    for (const [room, seq] of Object.entries(last)) if (seq) live()?.read(room, seq);
  }

  async act(path, body) {
    const ticket = await api.post(`tickets/${this.id}/${path}/`, body);
    this.#takeTicket(ticket);
    this.tell("ticket");
  }

  /** Changes what is at this version; when somebody else was faster, shows what it is now and says so. */
  async change(changes, version = this.ticket.version) {
    const headers = { "If-Match": `"${version}"` };
    try {
      this.#takeTicket(await api.patch(`tickets/${this.id}/`, changes, headers));
    } catch (error) {
      if (error.status === 412 && error.body?.current) this.#takeTicket(error.body.current);
      throw error;
    } finally {
      this.tell("ticket");
    }
  }

  /** Muted: this user hears of mentions only. */
  async mute(muted) {
    if (muted) await api.post("notifications/muted/", { target: this.room });
    else await api.delete(`notifications/muted/${this.room}/`);
    await this.#refresh();
  }

  async #loadPage({ anew = false } = {}) {
    const page = await api.get(`tickets/${this.id}/messages/`, { before_seq: LAST, page_size: PAGE });
    if (anew) this.messages.clear();
    this.#takePage(page);
    return page;
  }

  #takePage(page) {
    page.results.forEach((message) => this.#keep(message));
    this.#older = page.next;
    this.hasOlder = Boolean(page.next);
  }

  #subscribe(room, { seq, epoch }) {
    const subscription = live().subscribe(room, {
      since: seq,
      epoch,
      snapshot: () => this.#reload(room),
      onEvent: (event) => this.#hear(event),
      onMembers: (members) => room === this.room && this.#setViewers(members),
      onState: (state) => {
        if (state === "forbidden" && room === this.room) {
          this.state = "gone";
          this.tell("all");
        }
      },
    });
    this.#rooms.push(subscription);
    return subscription;
  }

  async #reload(room) {
    const [ticket, page] = await Promise.all([api.get(`tickets/${this.id}/`), this.#loadPage({ anew: true })]);
    this.#takeTicket(ticket);
    this.tell("all");
    return room === this.room ? page : page.notes;
  }

  #hear(event) {
    const { type, data, sender } = event;
    if (type === "message.new") this.#add(data, sender);
    else if (type === "message.deleted") this.#delete(data);
    else if (type === "message.edited") this.#replace(data);
    else if (type === "reaction.added" || type === "reaction.removed") this.#react(type, data);
    else if (type === "user.typing") this.#setTyping(data);
    else if (type === "message.read") this.#setReader(data);
    else if (type === "signal") this.tell("signal", data);
    else if (type.startsWith("attachment.")) this.tell("attachments");
    else if (type.startsWith("participant.")) void this.#refresh();
    else if (type.startsWith("sla.")) this.#setClock(data);
    else if (type.startsWith("ticket.")) this.#change(type, data);
  }

  #add(message, sender) {
    const isNew = !this.messages.has(message.id);
    this.#keep(message);
    if (message.author) this.#setTyping({ user_id: message.author.id, state: "stop" });
    this.tell("messages");
    // An agent's file is everybody's from then on: there is no event of its own.
    if (message.attachments.length) this.tell("attachments");
    if (isNew) this.arrived.tell(message, sender);
  }

  #keep(message) {
    remember(message.author);
    this.messages.set(message.id, message);
  }

  /** One that was moved to another ticket is gone from here. */
  #delete(message) {
    if (this.messages.get(message.id)?.attachments.length) this.tell("attachments");
    if (message.deleted_at) return this.#replace(message);
    this.messages.delete(message.id);
    this.tell("messages");
  }

  #replace(message) {
    const known = this.messages.get(message.id);
    if (known) this.messages.set(message.id, { ...message, seq: known.seq });
    this.tell("messages");
  }

  #react(type, { message_id: id, emoji, user }) {
    const message = this.messages.get(id);
    if (!message) return;
    const others = message.reactions.map((one) => ({ ...one, users: one.users.filter((who) => who.id !== user.id || one.emoji !== emoji) }));
    const group = others.find((one) => one.emoji === emoji);
    if (type === "reaction.added") {
      if (group) group.users.push(user);
      else others.push({ emoji, users: [user] });
    }
    const reactions = others.filter(({ users }) => users.length).map((one) => ({ ...one, count: one.users.length }));
    this.messages.set(id, { ...message, reactions });
    this.tell("messages");
  }

  #setTyping({ user_id: id, username, state }) {
    if (id === session.user.id) return;
    clearTimeout(this.typing.get(id)?.timer);
    const was = this.typing.delete(id);
    if (state === "start") {
      const timer = setTimeout(() => this.#setTyping({ user_id: id, state: "stop" }), 8000);
      this.typing.set(id, { person: personOf({ user_id: id, username }), timer });
    }
    if (was || state === "start") this.tell("typing");
  }

  #setReader({ user_id: id, seq }) {
    if (id === session.user.id || seq <= (this.readers.get(id) ?? 0)) return;
    this.readers.set(id, seq);
    this.tell("messages");
  }

  #setViewers(members) {
    this.viewers = members.filter(({ user_id }) => user_id !== session.user.id).map(personOf);
    this.tell("viewers");
  }

  #change(type, data) {
    if (!this.ticket || (data.version ?? 0) < this.ticket.version) return;
    const status = this.ticket.status;
    this.#takeTicket({ ...this.ticket, ...data });
    this.tell("ticket");
    if (data.status && data.status !== status) void this.#refresh();
  }

  #setClock(clock) {
    const others = (this.ticket.clocks ?? []).filter(({ metric }) => metric !== clock.metric);
    this.ticket = { ...this.ticket, clocks: [...others, clock] };
    this.tell("ticket");
  }

  /** What a viewer may do isn't in events, which are the same for all. */
  async #refresh() {
    const ticket = await api.get(`tickets/${this.id}/`).catch(() => null);
    if (!ticket) return;
    this.#takeTicket(ticket);
    this.tell("ticket");
  }

  #takeTicket(ticket) {
    this.ticket = ticket;
    remember(...ticket.participants.map(({ user }) => user));
    tickets.take(ticket);
  }
}
