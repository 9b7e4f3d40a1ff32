// Line icons on a 24 × 24 grid.

const PATHS = {
  alert: "M12 9v4m0 4h.01M10.3 4 2.7 17.2A2 2 0 0 0 4.4 20h15.2a2 2 0 0 0 1.7-2.8L13.7 4a2 2 0 0 0-3.4 0Z",
  archive: "M4 8h16v11a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V8ZM3 4h18v4H3V4Zm7 8h4",
  arrowLeft: "M19 12H5m6 6-6-6 6-6",
  arrowDown: "M12 5v14m6-6-6 6-6-6",
  bell: "M6 9a6 6 0 1 1 12 0c0 5 2 6 2 7H4c0-1 2-2 2-7Zm4 10a2 2 0 0 0 4 0",
  bolt: "M13 3 5 14h6l-1 7 8-11h-6l1-7Z",
  camera: "M3 8a2 2 0 0 1 2-2h8a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V8Zm12 3 6-3v8l-6-3",
  chart: "M4 20V4m0 16h16M8 16v-5m4 5V8m4 8v-3",
  check: "m5 12.5 4.5 4.5L19 7.5",
  checks: "m2.5 12.5 4 4L14 9m-4 6.5 1 1 8-8.5",
  chevron: "m6 9 6 6 6-6",
  clock: "M12 7v5l3 2M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Z",
  close: "M6 6l12 12M18 6 6 18",
  edit: "M4 20h4L19 9l-4-4L4 16v4ZM13 7l4 4",
  exit: "M14 8V5a1 1 0 0 0-1-1H5a1 1 0 0 0-1 1v14a1 1 0 0 0 1 1h8a1 1 0 0 0 1-1v-3m-4-4h10m-3-3 3 3-3 3",
  filter: "M4 5h16l-6 8v5l-4 2v-7L4 5Z",
  inbox: "M4 13h4l1.5 3h5L16 13h4M4 13 6.5 5h11L20 13v6H4v-6Z",
  info: "M12 11v5m0-8h.01M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Z",
  keyboard: "M3 7h18v10H3V7Zm4 3h.01M11 10h.01M15 10h.01M7 14h10",
  lock: "M6 11h12v9H6v-9Zm2.5 0V8a3.5 3.5 0 0 1 7 0v3",
  mic: "M12 4a2.5 2.5 0 0 0-2.5 2.5v5a2.5 2.5 0 0 0 5 0v-5A2.5 2.5 0 0 0 12 4ZM6 11.5a6 6 0 0 0 12 0M12 17.5V21",
  monitor: "M3 5h18v11H3V5Zm5 15h8m-4-4v4",
  moon: "M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10Z",
  more: "M5 12h1m5.500 0h1m5.500 0h1",
  offline: "M3 3l18 18M8.5 15.5a5 5 0 0 1 7 0M5 12a10 10 0 0 1 4-2.4M19 12a10 10 0 0 0-6-2.9M2 8.5A15 15 0 0 1 6 6M22 8.5A15 15 0 0 0 11 5M12 19h.01",
  paperclip: "m8 13 6-6a2.5 2.5 0 0 1 3.5 3.5l-7.5 7.5A4.5 4.5 0 0 1 3.600 11.600L11 4.200",
  phone: "M6 3h3l1.500 5-2 1.500a12 12 0 0 0 6 6l1.500-2 5 1.500v3a2 2 0 0 1-2 2A16 16 0 0 1 4 5a2 2 0 0 1 2-2Z",
  plus: "M12 5v14M5 12h14",
  reply: "m9 15-5-5 5-5M4 10h9a7 7 0 0 1 7 7v2",
  search: "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14Zm5 12 4.500 4.500",
  send: "M4 12 20 4l-5 16-3.500-6.500L4 12Zm7.500 1.500L20 4",
  smile: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM8.500 14a4 4 0 0 0 7 0M9 9.500h.01M15 9.500h.01",
  sliders: "M4 7h9m5 0h2M4 17h2m5 0h9M18 7a2.500 2.500 0 1 0-5 0 2.500 2.500 0 0 0 5 0ZM11 17a2.500 2.500 0 1 0-5 0 2.500 2.500 0 0 0 5 0Z",
  star: "m12 4 2.400 5 5.600.700-4.100 3.800 1.100 5.500-5-2.800-5 2.800 1.100-5.500L4 9.700 9.600 9 12 4Z",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM12 2.500v2m0 15v2M4.900 4.900l1.400 1.400m11.400 11.400 1.400 1.400M2.500 12h2m15 0h2M4.900 19.100l1.400-1.400M17.700 6.300l1.400-1.400",
  tag: "M4 4h7l9 9-7 7-9-9V4Zm4 4h.01",
  terminal: "M4 5h16v14H4V5Zm4 4 3 3-3 3m5 0h3",
  trash: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
  user: "M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM5 20a7 7 0 0 1 14 0",
  users: "M9 5a3.500 3.500 0 1 0 0 7 3.500 3.500 0 0 0 0-7ZM2.500 20a6.500 6.500 0 0 1 13 0M16 5.200a3.500 3.500 0 0 1 0 6.600M18.500 14.500a6.500 6.500 0 0 1 3 5.500",
};

const SVG = "http://www.w3.org/2000/svg";

export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Decoration: whatever it means must be said in text beside it or in a label. */
export function icon(name, className = "") {
  const path = svg("path", { d: PATHS[name] });
  return svg("svg", { viewBox: "0 0 24 24", class: `icon ${className}`.trim(), "aria-hidden": "true" }, path);
}
