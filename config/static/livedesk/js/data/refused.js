// Messages of this user that the server didn't take. They stay, over reloads too, until they are sent anyway or dropped.

import { Topic } from "../core/signal.js";

class RefusedMessages extends Topic {
  #key = null;

  constructor() {
    super();
    // Another tab of this user has sent or dropped one.
    addEventListener("storage", ({ key }) => key && key === this.#key && this.tell());
  }

  start(user) {
    this.#key = `livedesk:refused:${user.id}`;
  }

  /** `forget`: nobody who comes after finds them. */
  stop({ forget }) {
    if (forget) localStorage.removeItem(this.#key);
    this.#key = null;
  }

  /** Those of some rooms, oldest first: {room, data, code, text, other}; `other` is the id of the message that was faster. */
  in(...rooms) {
    return this.#all().filter(({ room }) => rooms.includes(room));
  }

  add({ room, data }, error) {
    const others = this.#all().filter((one) => one.data.client_id !== data.client_id);
    this.#keep([...others, { room, data, code: error.code, text: error.message, other: error.data.message }]);
  }

  remove(clientId) {
    this.#keep(this.#all().filter(({ data }) => data.client_id !== clientId));
  }

  #all() {
    try {
      return JSON.parse(localStorage.getItem(this.#key)) ?? [];
    } catch {
      return [];
    }
  }

  #keep(all) {
    if (all.length) localStorage.setItem(this.#key, JSON.stringify(all));
    else localStorage.removeItem(this.#key);
    this.tell();
  }
}

export const refused = new RefusedMessages();
