// Times for people, kept current by one timer for the whole page.

import { h, setText } from "./dom.js";

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "narrow" });
const clock = new Intl.DateTimeFormat("en", { hour: "numeric", minute: "2-digit" });
const day = new Intl.DateTimeFormat("en", { weekday: "long", month: "long", day: "numeric" });
const short = new Intl.DateTimeFormat("en", { month: "short", day: "numeric" });
const moment = new Intl.DateTimeFormat("en", { month: "short", day: "numeric", hour: "numeric", minute: "2-digit" });
const wide = new Intl.DateTimeFormat("en", { dateStyle: "medium" });
const full = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });

export function clockTime(text) {
  return clock.format(new Date(text));
}

/** "Nov 21, 8:33 AM". */
export function dateTime(text) {
  return moment.format(new Date(text));
}

export function fullTime(text) {
  return full.format(new Date(text));
}

/** "Nov 21, 2026" of "2026-11-21"; what is no day stays as it is. */
export function wholeDay(text) {
  const date = new Date(`${text}T00:00`);
  return Number.isNaN(date.getTime()) ? String(text) : wide.format(date);
}

/** "Today", "Yesterday", or the date. */
export function dayName(text) {
  const date = new Date(text);
  const days = Math.round((startOfDay(new Date()) - startOfDay(date)) / 86_400_000);
  return days === 0 ? "Today" : days === 1 ? "Yesterday" : day.format(date);
}

export function sameDay(one, other) {
  return new Date(one).toDateString() === new Date(other).toDateString();
}

/** "now", "5 min", "3 h", "2 d", then a date. */
export function age(text) {
  const seconds = (Date.now() - new Date(text).getTime()) / 1000;
  if (seconds < 60) return "now";
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`;
  if (seconds < 7 * 86_400) return `${Math.floor(seconds / 86_400)} d`;
  return short.format(new Date(text));
}

/** "in 20 min", "2 h ago". */
export function fromNow(text) {
  const minutes = (new Date(text).getTime() - Date.now()) / 60_000;
  if (Math.abs(minutes) < 60) return relative.format(Math.round(minutes), "minute");
  if (Math.abs(minutes) < 2880) return relative.format(Math.round(minutes / 60), "hour");
  return relative.format(Math.round(minutes / 1440), "day");
}

/** Seconds as "42 s", "12 min", "3.5 h", "2.1 d"; a dash for none. */
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${trim(seconds / 3600)} h`;
  return `${trim(seconds / 86_400)} d`;
}

/** "due in 20 min", "due in 3 h", "overdue". */
export function dueTime(text) {
  const seconds = (new Date(text).getTime() - Date.now()) / 1000;
  return seconds > 0 ? `due in ${duration(seconds)}` : "overdue";
}

/** A <time> that stays right while it is on the page. */
export function timeElement(text, format = age) {
  const element = h("time", {});
  updateTime(element, text, format);
  return element;
}

export function updateTime(element, text, format = age) {
  if (!text) return setText(element, "");
  element.format = format;
  if (element.dateTime !== text) {
    element.dateTime = text;
    element.title = fullTime(text);
  }
  setText(element, format(text));
}

setInterval(() => {
  if (document.hidden) return;
  for (const element of document.querySelectorAll("time")) {
    if (element.format) setText(element, element.format(element.dateTime));
  }
}, 20_000);

function trim(number) {
  return number >= 10 ? String(Math.round(number)) : String(Math.round(number * 10) / 10);
}

function startOfDay(date) {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate());
}
