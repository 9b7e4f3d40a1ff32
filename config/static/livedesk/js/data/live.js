// The one connection of this user, shared between tabs.

import { createClient } from "../../vendor/client/index.js";
import { Value } from "../core/signal.js";
import { refused } from "./refused.js";
import { Refused, session } from "./session.js";

/** {state, code, retryIn, …} of the connection. */
export const connection = new Value({ state: "idle" });

/** The last frames of this page, newest first, for the explorer: {number, frame, at}. */
export const recentFrames = [];
const MOST_FRAMES = 300;
let frameCount = 0;

let client = null;

export function live() {
  return client;
}

export function connect() {
  disconnect();
  client = createClient({
    url: "/api/v1/ws/connect",
    share: session.user.id,
    storage: localStorage,
    getToken: ({ refresh }) =>
      session.token({ refresh }).catch((error) => {
        if (error instanceof Refused) return null;
        throw error;
      }),
  });
  client.on("*", keepFrame);
  client.onRefused((pending, error) => refused.add(pending, error));
  client.onState((status) => {
    connection.set(status);
    if (status.state === "stopped" && status.reason === "unauthorized" && session.user) {
      session.forget();
      session.tell("out", "Your session has ended. Sign in again.");
    }
  });
  client.start();
  return client;
}

function keepFrame(frame) {
  recentFrames.unshift({ frame, at: new Date(), number: ++frameCount });
  if (recentFrames.length > MOST_FRAMES) recentFrames.pop();
}

/** `forget` drops messages that wait to be sent, too. */
export function disconnect({ forget = false } = {}) {
  client?.stop({ forget });
  client = null;
  recentFrames.length = 0;
}
