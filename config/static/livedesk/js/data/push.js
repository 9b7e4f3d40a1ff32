// Web pushes to this browser, through the service worker of the notifications.

import { api } from "./api.js";

const WORKER = "/api/v1/notifications/push/worker.js";

/** "on", "off", or "unavailable". */
export async function pushState() {
  if (!("serviceWorker" in navigator) || !("PushManager" in globalThis) || Notification.permission === "denied") return "unavailable";
  const registration = await navigator.serviceWorker.getRegistration("/");
  return (await registration?.pushManager.getSubscription()) ? "on" : "off";
}

/** Asks the user and the browser, then tells the server. */
export async function switchPush(on) {
  if (!on) return stop();
  if ((await Notification.requestPermission()) !== "granted") throw new Error("The browser was told not to show notifications.");
  const registration = await navigator.serviceWorker.register(WORKER, { scope: "/" });
  await navigator.serviceWorker.ready;
  const { public_key: key } = await api.get("notifications/push/key/");
  const subscription = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  await api.post("notifications/push/browsers/", subscription.toJSON());
}

async function stop() {
  const registration = await navigator.serviceWorker.getRegistration("/");
  const subscription = await registration?.pushManager.getSubscription();
  if (!subscription) return;
  const { results } = await api.get("notifications/push/browsers/");
  const known = results.find(({ endpoint }) => endpoint === subscription.endpoint);
  if (known) await api.delete(`notifications/push/browsers/${known.id}/`);
  await subscription.unsubscribe();
}
