// Small charts as SVG: bars, a line over time, a ring. Each is an image with a text of what it shows.

import { h, setText } from "../core/dom.js";
import { svg } from "../core/icons.js";

/** Horizontal bars: items {label, value, tone?, href?}. Updated in place, so that they move. */
export class BarChart {
  #rows = new Map();

  constructor(label) {
    this.element = h("ul.bars", { "aria-label": label });
  }

  set(items) {
    const most = Math.max(1, ...items.map(({ value }) => value));
    const labels = new Set(items.map(({ label }) => label));
    for (const [label, { element }] of this.#rows) {
      if (labels.has(label)) continue;
      element.remove();
      this.#rows.delete(label);
    }
    items.forEach((item, index) => {
      const row = this.#rows.get(item.label) ?? this.#add(item);
      row.bar.style.setProperty("--share", String(item.value / most));
      setText(row.value, item.text ?? item.value);
      const before = this.element.children[index];
      if (before !== row.element) this.element.insertBefore(row.element, before);
    });
  }

  #add({ label, tone }) {
    const bar = h("span.bar", { data: { tone: tone ?? "accent" } });
    const value = h("span.bar-value");
    const element = this.element.appendChild(h("li.bar-row", {}, h("span.bar-label", {}, label), h("span.bar-track", {}, bar), value));
    const row = { element, bar, value };
    this.#rows.set(label, row);
    return row;
  }
}

const WIDTH = 600;

/** Lines over the same labels: series {name, values, tone}. */
export function lineChart({ label, labels, series, height = 180 }) {
  const most = Math.max(4, ...series.flatMap(({ values }) => values));
  const x = (index) => 34 + (index * (WIDTH - 44)) / Math.max(1, labels.length - 1);
  const y = (value) => height - 24 - (value / most) * (height - 40);
  const chart = svg("svg", { viewBox: `0 0 ${WIDTH} ${height}`, class: "line-chart", role: "img", "aria-label": label });
  for (const share of [0, 0.5, 1]) {
    const value = Math.round(most * share);
    chart.append(svg("line", { x1: 34, x2: WIDTH - 10, y1: y(value), y2: y(value), class: "grid" }));
    chart.append(textAt(28, y(value) + 4, value, "end"));
  }
  // Counted from today, so that the last day has its name; narrow screens show every second of these names.
  const every = Math.ceil(labels.length / 7);
  labels.forEach((text, index) => {
    const place = (labels.length - 1 - index) / every;
    if (!Number.isInteger(place)) return;
    chart.append(textAt(x(index), height - 6, text, place ? "middle" : "end", place % 2 ? "axis minor" : "axis"));
  });
  for (const { values, tone } of series) {
    const points = values.map((value, index) => `${x(index).toFixed(1)},${y(value).toFixed(1)}`);
    if (!points.length) continue;
    const area = `M${points[0]} L${points.join(" L")} L${x(values.length - 1)},${y(0)} L${x(0)},${y(0)} Z`;
    chart.append(svg("path", { d: area, class: "area", "data-tone": tone }));
    chart.append(svg("polyline", { points: points.join(" "), class: "line", "data-tone": tone }));
    const [lastX, lastY] = points.at(-1).split(",");
    chart.append(svg("circle", { cx: lastX, cy: lastY, r: 3.5, class: "dot", "data-tone": tone }));
  }
  return chart;
}

/** A ring of shares: items {label, value, tone}; `total` stands in its middle. */
export function ringChart({ label, items, total, caption }) {
  const sum = items.reduce((all, { value }) => all + value, 0) || 1;
  const radius = 58;
  const around = 2 * Math.PI * radius;
  const chart = svg("svg", { viewBox: "0 0 150 150", class: "ring-chart", role: "img", "aria-label": label });
  chart.append(svg("circle", { cx: 75, cy: 75, r: radius, class: "ring-track" }));
  let offset = 0;
  for (const { value, tone } of items) {
    if (!value) continue;
    const length = (value / sum) * around;
    chart.append(svg("circle", {
      cx: 75, cy: 75, r: radius, class: "ring-part", "data-tone": tone,
      "stroke-dasharray": `${Math.max(0, length - 2)} ${around}`, "stroke-dashoffset": -offset, transform: "rotate(-90 75 75)",
    }));
    offset += length;
  }
  chart.append(textAt(75, 78, total, "middle", "ring-total"), textAt(75, 96, caption, "middle", "ring-caption"));
  return chart;
}

function textAt(x, y, text, anchor, className = "") {
  return svg("text", { x, y, "text-anchor": anchor, class: className }, String(text));
}
