// The service worker that shows web pushes. Register it with scope "/"; docs/notifications.md says how.

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("push", (event) => {
  const told = read(event.data);
  event.waitUntil(
    self.registration.showNotification(told.title, {
      body: told.message,
      // A newer push about the same takes the older one's place, and is heard again.
      tag: told.tag,
      renotify: Boolean(told.tag),
      data: { url: told.url },
    }),
  );
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data.url || "/"));
});

function read(data) {
  try {
    const told = data.json();
    return { ...told, title: String(told.title) };
  } catch {
    return { title: "Livedesk", message: "" };
  }
}

/** Brings an open window of the desk to the front and shows it the address, else opens one. */
async function open(url) {
  const address = new URL(url, self.location.origin);
  if (address.origin !== self.location.origin) return self.clients.openWindow(address.href);
  const [window] = await self.clients.matchAll({ type: "window" });
  if (!window) return self.clients.openWindow(address.href);
  const shown = await window.navigate(address.href);
  return (shown || window).focus();
}
