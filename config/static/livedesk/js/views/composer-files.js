// Files that go with what is being written: each is uploaded at once and shown as a chip, until a message takes it.

import { h, KeyedList } from "../core/dom.js";
import { icon } from "../core/icons.js";
import { api } from "../data/api.js";
import { tellError } from "../ui/snackbar.js";
import { openFile } from "./attachments.js";

export class ComposerFiles {
  /** Key of a draft → its files: {name, id}, without an id while one is uploaded. */
  #drafts = new Map();
  #key;

  /** `changed()` hears that there are others, or that one has been uploaded. */
  constructor(conversation, changed) {
    Object.assign(this, { conversation, changed });
    this.element = h("div.composer-files", { role: "group", "aria-label": "Files", "aria-live": "polite" });
    this.list = new KeyedList(this.element, { key: (file) => file, create: (file) => this.#chip(file), update: showChip });
  }

  /** Shows those of a draft, which are kept where drafts are. */
  show(key) {
    this.#key = key;
    if (!this.#drafts.has(key)) this.#drafts.set(key, stored(key));
    this.#render();
  }

  get ids() {
    return this.#shown.map(({ id }) => id);
  }

  get areThere() {
    return this.#shown.length > 0;
  }

  get areComing() {
    return this.#shown.some(({ id }) => !id);
  }

  /** Until the message is sent, a file of an agent is for agents only. */
  async add(file) {
    const key = this.#key;
    const entry = { name: file.name, id: null };
    this.#set(key, [...this.#shown, entry]);
    try {
      const { id, name } = await api.upload(this.#path(), file, this.conversation.isAgent ? { internal: "true" } : {});
      Object.assign(entry, { id, name });
      this.conversation.files.set(id, entry);
      if (this.#drafts.get(key).includes(entry)) this.#set(key, this.#drafts.get(key));
      else await this.#delete(entry);
    } catch (error) {
      this.#drop(key, entry);
      tellError(error);
    }
  }

  /** Gives them away: a message has them now. Returns what gives them back. */
  hand() {
    const key = this.#key;
    const files = this.#shown;
    this.#set(key, []);
    return () => this.#set(key, [...files, ...this.#drafts.get(key)]);
  }

  /** Takes files that are there already, by their ids. */
  take(ids) {
    this.#set(this.#key, [...this.#shown, ...ids.map((id) => ({ id, name: this.conversation.files.get(id)?.name ?? "File" }))]);
  }

  get #shown() {
    return this.#drafts.get(this.#key) ?? [];
  }

  #path(rest = "") {
    return `tickets/${this.conversation.id}/attachments/${rest}`;
  }

  #set(key, files) {
    this.#drafts.set(key, files);
    const there = files.filter(({ id }) => id);
    if (there.length) localStorage.setItem(`${key}:files`, JSON.stringify(there));
    else localStorage.removeItem(`${key}:files`);
    if (key === this.#key) this.#render();
  }

  #render() {
    this.list.render(this.#shown);
    this.changed();
  }

  #drop(key, entry) {
    this.#set(key, this.#drafts.get(key).filter((one) => one !== entry));
  }

  #chip(file) {
    const remove = () => {
      this.#drop(this.#key, file);
      this.onremoved?.();
      if (file.id) void this.#delete(file);
    };
    const node = h("span.file-chip", {},
      h("button.file-name", { type: "button", onclick: () => openFile(this.conversation, file) }, icon("paperclip"), h("span")),
      h("button.icon-button.small", { type: "button", "aria-label": `Remove ${file.name}`, onclick: remove }, icon("close")));
    return node;
  }

  async #delete({ id }) {
    await api.delete(this.#path(`${id}/`)).catch((error) => error.status === 404 || tellError(error));
  }
}

function showChip(node, { id, name }) {
  const [open] = node.children;
  open.disabled = !id;
  open.lastChild.textContent = id ? name : `Uploading ${name} …`;
}

function stored(key) {
  try {
    return JSON.parse(localStorage.getItem(`${key}:files`)) ?? [];
  } catch {
    return [];
  }
}
