// Light, dark, or as the device says.

import { Value } from "./signal.js";

const KEY = "livedesk:theme";
const THEMES = ["auto", "light", "dark"];

const device = matchMedia("(prefers-color-scheme: dark)");

export const theme = new Value(localStorage.getItem(KEY) ?? "auto");

theme.follow((name) => {
  if (name === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = name;
  localStorage.setItem(KEY, name);
});

export function isDark() {
  return theme.get() === "dark" || (theme.get() === "auto" && device.matches);
}

/** From what is seen now to the other. */
export function switchTheme() {
  const wanted = isDark() ? "light" : "dark";
  theme.set((wanted === "dark") === device.matches ? "auto" : wanted);
}

device.addEventListener("change", () => theme.get() === "auto" && theme.tell("auto"));

if (!THEMES.includes(theme.get())) theme.set("auto");
