// Who is signed in. The access token lives in memory only. The refresh token is kept in localStorage when the user asks
// to stay signed in, so that all tabs are; else in sessionStorage, so that each window may be somebody else. A script
// that could read either could as well use the open page; what keeps scripts out is the Content-Security-Policy.

import { Topic } from "../core/signal.js";

const KEY = "livedesk:session";
const API = "/api/v1/";
/** Milliseconds: a network that swallows requests must not keep all tabs waiting for a token. */
const PATIENCE = 20_000;

/** The server refuses these credentials: 401 or 403 while signing in or refreshing. */
export class Refused extends Error {}

class Session extends Topic {
  /** {id, username, name, email, is_staff}, or null. */
  user = null;
  #access = null;
  #refreshing = null;
  /** The storage that this window's session is in; another window's may be in the other one. */
  #place = null;

  /** Takes up the session of an earlier page; false when there is none. */
  async restore() {
    this.#place = sessionStorage.getItem(KEY) ? sessionStorage : localStorage;
    if (!this.#stored()) return false;
    try {
      await this.token();
      this.user = this.#stored()?.user ?? null;
      await this.#identify();
      return true;
    } catch (error) {
      if (error instanceof Refused) return this.forget(), false;
      this.user = this.#stored()?.user ?? null;
      return this.user !== null;
    }
  }

  async signIn(username, password, { stay }) {
    const pair = await post("auth/token/", { username, password });
    if (stay) sessionStorage.removeItem(KEY);
    this.#access = pair.access;
    this.#place = stay ? localStorage : sessionStorage;
    this.#store({ refresh: pair.refresh });
    await this.#identify();
    this.tell("in");
  }

  /** Ends this login on the server, too; works offline, then only here. */
  async signOut() {
    const stored = this.#stored();
    const access = this.#access;
    this.forget();
    this.tell("out");
    if (stored) await post("auth/logout/", { refresh: stored.refresh }, access).catch(() => undefined);
  }

  forget() {
    this.user = null;
    this.#access = null;
    this.#place?.removeItem(KEY);
    this.#place = null;
  }

  /** A live access token. Rejects with `Refused` when there is no way to get one any more. */
  async token({ refresh = false } = {}) {
    if (this.#access && !refresh && !isStale(this.#access)) return this.#access;
    this.#refreshing ??= this.#renew().finally(() => (this.#refreshing = null));
    return this.#refreshing;
  }

  /** A refresh token works once: tabs take turns, and each reads what the one before has stored. */
  async #renew() {
    const turn = async () => {
      const stored = this.#stored();
      if (!stored) throw new Refused("Signed out.");
      const pair = await post("auth/token/refresh/", { refresh: stored.refresh });
      this.#store({ ...stored, refresh: pair.refresh ?? stored.refresh });
      this.#access = pair.access;
      return pair.access;
    };
    return navigator.locks ? navigator.locks.request("livedesk:refresh", turn) : turn();
  }

  async #identify() {
    const response = await fetch(`${API}auth/me/`, { headers: { Authorization: `Bearer ${await this.token()}` } });
    if (!response.ok) throw response.status === 401 ? new Refused("Signed out.") : new Error(response.statusText);
    this.user = await response.json();
    this.#store({ ...this.#stored(), user: this.user });
  }

  #stored() {
    try {
      return JSON.parse(this.#place.getItem(KEY));
    } catch {
      return null;
    }
  }

  #store(value) {
    this.#place?.setItem(KEY, JSON.stringify(value));
  }
}

async function post(path, body, access = null) {
  const response = await fetch(API + path, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...(access && { Authorization: `Bearer ${access}` }) },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(PATIENCE),
  });
  if (response.ok) return response.status === 204 ? null : response.json();
  const problem = await response.json().catch(() => ({}));
  const text = problem.detail ?? `The server answered ${response.status}.`;
  throw [400, 401, 403].includes(response.status) ? new Refused(text) : new Error(text);
}

/** Whether a token ends within 20 s. */
function isStale(token) {
  try {
    const { exp } = JSON.parse(atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/")));
    return exp * 1000 - Date.now() < 20_000;
  } catch {
    return true;
  }
}

export const session = new Session();
