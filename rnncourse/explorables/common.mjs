// Shared by every explorable. base.py puts this file in front of the explorable's own module.

const append = (node, attributes, children) => {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(name, value);
    else node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
};
export const html = (tag, attributes = {}, ...children) =>
  append(document.createElement(tag), attributes, children);
export const svg = (tag, attributes = {}, ...children) =>
  append(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);

export const number = (value, digits = 2) => value.toFixed(digits).replace("-", "−");
// A whole number as it is, a middling one with two decimals, any other as 3e−5.
export const short = (value) =>
  value >= 0.01 && value < 100 || value === 0 ? number(value, Number.isInteger(value) ? 0 : 2)
    : value.toExponential(0).replace("+", "").replace("-", "−");
// To three digits; very large and very small ones as short() has them.
export const rounded = (value) => (value === 0 || (value >= 0.001 && value < 1000) ? Number(value.toPrecision(3)) : short(value));
export const visible = (symbol) => symbol.replace(/ /g, "␣").replace(/\n/g, "⏎").replace(/\t/g, "⇥");
export const newId = () => `explorable-${Math.random().toString(36).slice(2)}`;

// Text and subscripts of a name such as W_ih or h_{t−1}: [["W", "ih"]].
const nameParts = (name) =>
  [...name.matchAll(/([^_]+)(?:_(?:\{([^}]*)\}|(\w+)))?/g)].map(([, base, braced, bare]) => [base, braced ?? bare ?? ""]);

// Minimal markup, everything else stays text: `code` and *emphasis*, where *W_ih* gets its subscript.
export function inline(text) {
  return text.split(/(`[^`]+`|\*\S(?:[^*]*\S)?\*)/).map((piece, index) => {
    if (index % 2 === 0) return piece;
    const inner = piece.slice(1, -1);
    if (piece[0] === "`") return html("code", {}, inner);
    return html("em", {}, ...nameParts(inner).flatMap(([base, sub]) => (sub ? [base, html("sub", {}, sub)] : [base])));
  });
}

// The frame of an explorable: title, how to read it, controls, picture, and a live line of text.
export function frame({ model, el }) {
  const id = newId();
  const undo = [];
  const controls = html("div", { class: "explorable-controls" });
  const picture = html("div", { class: "explorable-picture" });
  const live = html("p", { class: "explorable-live", "aria-live": "polite" });
  // Keys work the controls: kept from a notebook, whose own shortcuts would take the arrows and letters.
  const keydown = (event) => event.ctrlKey || event.metaKey || event.stopPropagation();
  el.append(html("div", { class: "explorable", role: "group", "aria-labelledby": id, keydown },
    html("p", { class: "explorable-title", id }, ...inline(model.get("title"))),
    html("p", { class: "explorable-how" }, ...inline(model.get("how_to_read"))),
    controls, picture, live));

  const set = (name, value) => { model.set(name, value); model.save_changes(); };
  const watch = (name, callback) => {
    model.on(`change:${name}`, callback);
    undo.push(() => model.off(`change:${name}`, callback));
  };
  const say = (text) => live.replaceChildren(...inline(text));

  // Draws now, again when a named trait changes, and anew when the width does. Returns the clean-up.
  function keepDrawn(names, draw) {
    let width;
    const redraw = () => draw(width = Math.max(280, picture.clientWidth));
    for (const name of names) watch(name, redraw);
    redraw();
    const observer = new ResizeObserver(() => picture.clientWidth && Math.max(280, picture.clientWidth) !== width && redraw());
    observer.observe(picture);
    return () => { observer.disconnect(); undo.forEach((f) => f()); };
  }

  // Between min and max, or along a list of values of any kind.
  function slider(name, label, { values, min = 0, max = values.length - 1, step = 1, format = String }) {
    const id = newId();
    const value = html("output", { for: id, "aria-live": "off" });
    const chosen = () => (values ? values[input.value] : Number(input.value));
    const input = html("input", { type: "range", id, min, max, step, input: () => set(name, chosen()) });
    const show = () => {
      input.value = values ? values.indexOf(model.get(name)) : model.get(name);
      value.textContent = format(model.get(name));
      input.setAttribute("aria-valuetext", value.textContent);
    };
    watch(name, show);
    show();
    return html("div", { class: "slider" }, html("label", { for: id }, ...inline(label)), input, value);
  }

  function choice(name, legend, labels) {
    const group = newId();
    const radios = Object.entries(labels).map(([value, label]) => {
      const input = html("input", { type: "radio", name: group, value, change: () => set(name, value) });
      const show = () => { input.checked = model.get(name) === value; };
      watch(name, show);
      show();
      return html("label", {}, input, label);
    });
    return html("fieldset", { class: "choices" }, html("legend", { class: "choices-legend" }, legend), ...radios);
  }

  return { controls, picture, live, set, say, keepDrawn, slider, choice };
}

// A button with nothing to do stays in reach: one that is truly disabled would drop the keyboard's focus.
export const enable = (element, useful) => element.setAttribute("aria-disabled", !useful);
export function button(label, click) {
  const idle = () => element.getAttribute("aria-disabled") === "true";
  const element = html("button", { type: "button", click: () => idle() || click() }, label);
  return element;
}

// --- drawing: rounded boxes are vectors and cells, arrows are the flow of data ---

export const canvas = (width, height, label, ...children) =>
  svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": label }, ...children);
export const words = (x, y, text, kind = "") => svg("text", { x, y, class: kind }, text);
export function maths(x, y, name, kind = "") {
  const text = svg("text", { x, y, class: `math ${kind}` });
  nameParts(name).forEach(([base, sub], i) => text.append(svg("tspan", { dy: i && -4 }, base), svg("tspan", { class: "subscript", dy: 4 }, sub)));
  return text;
}
export const box = (kind, x, y, width, height, state = "") =>
  svg("rect", { class: `box kind-${kind} ${state}`, x: x - width / 2, y: y - height / 2, width, height, rx: 7 });
export function arrow(...points) {
  const [[x0, y0], [x, y]] = points.slice(-2);
  const turn = (Math.atan2(y - y0, x - x0) * 180) / Math.PI;
  return svg("g", {},
    svg("polyline", { class: "arrow", points: points.join(" ") }),
    svg("path", { class: "arrow-head", d: "M0 0L-8 4L-8 -4Z", transform: `translate(${x} ${y}) rotate(${turn})` }));
}

// A chart of curves through points [x, value], x from 0 to `last`; `ticks` are the places on the
// other axis, first the lowest, and what lies beyond them is drawn on the edge.
export function lineChart(width, label, title, { last, ticks, across, place = (value) => value, height = 236 }, ...curves) {
  const [left, right, top, bottom] = [52, width - 12, 40, height - 46];
  const low = place(ticks[0]), high = place(ticks[ticks.length - 1]);
  const x = (t) => left + ((right - left) * t) / last;
  const y = (value) => bottom + ((top - bottom) * (Math.min(high, Math.max(low, place(value))) - low)) / (high - low);
  return canvas(width, height, label, words(4, 14, title, "start"),
    ...ticks.flatMap((tick) => [svg("line", { class: "grid", x1: left, x2: right, y1: y(tick), y2: y(tick) }), words(left - 6, y(tick), short(tick), "end small")]),
    ...[0, Math.round(last / 2), last].map((t) => words(x(t), bottom + 16, t, "small")),
    words((left + right) / 2, bottom + 34, across, "small"),
    svg("path", { class: "axis", d: `M${left} ${top}V${bottom}H${right}` }),
    ...curves.flatMap(({ kind, points, dots = false }) => [
      svg("polyline", { class: `curve kind-${kind}`, points: points.map(([t, value]) => `${x(t)},${y(value)}`).join(" ") }),
      ...(dots ? points.map(([t, value]) => svg("circle", { class: `mark kind-${kind}`, cx: x(t), cy: y(value), r: 3 })) : [])]));
}

// A vector or matrix as cells that show each value as a number and as a bar.
export function matrix(kind, name, rows, { scale = 1, signed = true, labels = [] } = {}) {
  const cell = (value) => {
    const end = signed ? 50 + (50 * value) / scale : (100 * value) / scale;
    const [from, to] = signed ? [Math.min(50, end), Math.max(50, end)] : [0, end];
    return html("span", { class: "cell", style: `--from:${from}%;--to:${to}%` }, number(value));
  };
  const spoken = rows.map((row, i) => `${labels[i] ?? ""} ${row.map((v) => number(v)).join(" ")}`.trim()).join("; ");
  const columns = rows[0].length + (labels.length ? 1 : 0);
  return html("div", { class: `matrix kind-${kind}` },
    html("div", { class: "matrix-name" }, ...inline(`*${name}*`)),
    html("div", { class: "cells", role: "img", "aria-label": `${name}: ${spoken}`, style: `grid-template-columns:repeat(${columns},auto)` },
      ...rows.flatMap((row, i) => [...(labels.length ? [html("span", { class: "cell-label" }, visible(labels[i]))] : []), ...row.map(cell)])));
}
