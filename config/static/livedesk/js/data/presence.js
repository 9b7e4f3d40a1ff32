// Who is online, as far as this user may know.

import { Topic } from "../core/signal.js";
import { api } from "./api.js";
import { live } from "./live.js";
import { session } from "./session.js";

class Presence extends Topic {
  #online = new Set();
  #ends = [];

  start() {
    const client = live();
    this.#ends.push(
      client.on("user.online", ({ data }) => this.#set(data.user_id, true)),
      client.on("user.offline", ({ data }) => this.#set(data.user_id, false)),
      client.onState(({ state }) => state === "open" && this.#load()),
    );
    if (session.user.is_staff) {
      // Asked again once this page hears of changes, so that none falls in between.
      const subscription = client.subscribe("staff", { onJoined: () => void this.#load() });
      this.#ends.push(() => subscription.close());
    }
    if (client.connected) void this.#load();
  }

  stop() {
    this.#ends.splice(0).forEach((end) => end());
    this.#online.clear();
  }

  has(userId) {
    return userId === session.user?.id || this.#online.has(String(userId));
  }

  async #load() {
    const page = await api.get("presence/").catch(() => null);
    if (!page) return;
    this.#online = new Set(page.results.map(({ user_id }) => String(user_id)));
    this.tell();
  }

  #set(userId, online) {
    if (online) this.#online.add(String(userId));
    else this.#online.delete(String(userId));
    this.tell();
  }
}

export const presence = new Presence();
