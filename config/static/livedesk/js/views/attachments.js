// Files of a ticket, in the side panel. The server checks who asks: a link is made when it is clicked, for a short while.

import { h, KeyedList } from "../core/dom.js";
import { icon } from "../core/icons.js";
import { api } from "../data/api.js";
import { displayName } from "../ui/avatar.js";
import { tellError } from "../ui/snackbar.js";

export class AttachmentList {
  #images = [];

  constructor(conversation) {
    this.conversation = conversation;
    const list = h("ul.files");
    this.list = new KeyedList(list, { key: ({ id, internal }) => `${id} ${internal}`, create: (file) => this.#line(file), update: () => undefined });
    this.element = h("section.side-section", { hidden: true }, h("h2", {}, "Files"), list);
  }

  async load() {
    const page = await api.get(this.#path()).catch(() => null);
    const files = page?.results ?? [];
    files.forEach((file) => this.conversation.files.set(file.id, file));
    this.element.hidden = files.length === 0;
    this.list.render(files);
  }

  end() {
    this.#images.forEach((url) => URL.revokeObjectURL(url));
  }

  #path(rest = "") {
    return `tickets/${this.conversation.id}/attachments/${rest}`;
  }

  #line(file) {
    const picture = h("span.file-image", {}, icon("paperclip"));
    if (file.thumbnail_url) void this.#showThumbnail(file, picture);
    const about = `${sizeText(file.size)} · ${displayName(file.uploader)}${file.internal ? " · internal" : ""}`;
    return h("li", {}, h("button.file", { type: "button", onclick: () => openFile(this.conversation, file) }, picture, h("span", {}, file.name, h("small", {}, about))));
  }

  async #showThumbnail(file, picture) {
    const blob = await api.blob(this.#path(`${file.id}/thumbnail/`)).catch(() => null);
    if (!blob) return;
    const url = URL.createObjectURL(blob);
    this.#images.push(url);
    picture.replaceChildren(h("img", { src: url, alt: "" }));
  }
}

export async function openFile(conversation, file) {
  try {
    const { url } = await api.get(`tickets/${conversation.id}/attachments/${file.id}/link/`);
    h("a", { href: url, target: "_blank", rel: "noopener", download: file.name }).click();
  } catch (error) {
    tellError(error);
  }
}

function sizeText(bytes = 0) {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1_048_576 ? `${Math.round(bytes / 1024)} KB` : `${(bytes / 1_048_576).toFixed(1)} MB`;
}
