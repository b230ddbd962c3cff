// Shared by LSTMStep and GRUStep: the pieces of their drawing, the chart of the run, and the controls.
import { box, button, canvas, enable, frame, html, inline, maths, number, svg, words } from "./common.mjs";

export const shown = (value) => number(value).replace(/^−(0\.00)$/, "$1");
export const inside = (value) => (value < 0 ? `(${shown(value)})` : shown(value)); // in a formula

// The width of the whole drawing, whether it has room for formulas, the places along it in parts of
// 340, and the widths of a gate and of the boxes at both ends.
export function layout(width) {
  const whole = Math.min(width, 760);
  return { whole, roomy: whole > 560, x: (part) => (part * whole) / 340, wide: Math.min(64, 0.135 * whole), end: Math.min(78, 0.147 * whole) };
}

// --- drawing: `state` is "later" for what is not computed yet, "now" for the part just computed ---

// A line that numbers flow along: the larger the number, the thicker; dotted where nothing flows.
export function pipe(kind, state, value, ...points) {
  const later = state === "later", size = later ? 0 : Math.min(2, Math.abs(value)), nothing = size < 0.005;
  const wide = nothing ? 1.5 : 2 + 2.5 * size, half = 3.5 + wide / 2, long = 5 + wide;
  const [[x0, y0], [x, y]] = points.slice(-2), turn = Math.atan2(y - y0, x - x0), cut = 0.7 * long; // the line ends inside its head
  const line = [...points.slice(0, -1), [x - cut * Math.cos(turn), y - cut * Math.sin(turn)]];
  return svg("g", { class: `pipe kind-${kind} ${later ? "later" : nothing ? "nothing" : ""}` },
    svg("polyline", { points: line.join(" "), style: `stroke-width:${wide}` }),
    svg("path", { d: `M0 0L${-long} ${half}L${-long} ${-half}Z`, transform: `translate(${x} ${y}) rotate(${(turn * 180) / Math.PI})` }));
}

// What sets a gate, or what a gate says to the operator it works on.
export function signal(state, ...points) {
  const [[x0, y0], [x, y]] = points.slice(-2);
  return svg("g", { class: `signal ${state}` }, svg("polyline", { points: points.join(" ") }),
    svg("path", { d: "M0 0L-7 3.5L-7 -3.5Z", transform: `translate(${x} ${y}) rotate(${(Math.atan2(y - y0, x - x0) * 180) / Math.PI})` }));
}
export const RADIUS = 12;
export const operator = (state, x, y, sign) => svg("g", {},
  box("weight", x, y, sign.length > 1 ? 40 : 2 * RADIUS, 2 * RADIUS, `round ${state === "later" ? "ghost" : state}`), words(x, y, sign));

// A quantity that comes from outside, and one with its number once it is computed.
export const given = (kind, x, y, width, name) => svg("g", {}, box(kind, x, y, width, 26), maths(x, y - 1, name));
export const quantity = (kind, state, x, y, width, name, value) => svg("g", {},
  box(kind, x, y, width, 40, state === "later" ? "ghost" : state), maths(x, y - (state === "later" ? 0 : 9), name),
  ...(state === "later" ? [] : [words(x, y + 10, shown(value), "small number")]));

// A gate filled as far as it is open, or a candidate filled up or down from its middle.
export const TALL = 60;
export function gate(kind, state, x, y, width, name, value, by, signed = false) {
  const later = state === "later", share = signed ? value / 2 : value, zero = y + (signed ? 0 : TALL / 2), top = zero - share * TALL;
  return svg("g", {}, box(kind, x, y, width, TALL, later ? "ghost" : ""),
    ...(later ? [] : [svg("rect", { class: `bar kind-${kind}`, x: x - width / 2, y: Math.min(top, zero), width, height: Math.abs(top - zero), rx: Math.min(7, Math.abs(top - zero) / 2) }),
      svg("rect", { class: `outline kind-${kind} ${state}`, x: x - width / 2, y: y - TALL / 2, width, height: TALL, rx: 7 }),
      words(x, y + 2, shown(value), "small number")]),
    maths(x, y - 17, name), words(x, y + 19, by, "tiny"));
}

// The number in a line beside it, and its formula where there is room.
export function beside(state, x, y, value, name, { upright = false, roomy }) {
  if (state === "later") return [];
  const kind = upright ? "start" : "";
  if (!roomy) return [words(x, y - (upright ? 0 : 15), shown(value), `small number ${kind}`)];
  return [words(x, y - (upright ? 9 : 15), shown(value), `small number ${kind}`), maths(x, y + (upright ? 8 : 15), name, `aside ${kind}`)];
}

// --- the run: what went through the unit at the steps so far ---

const WINDOW = 20, ROWS = 18; // steps shown at a time; height of a gate's row

// `curves`: {kind, name, points: [[t, value] …]}; `gates`: how far each was open, {name, points}.
// Step `last` is the one on the sliders.
function record(width, last, curves, gates) {
  const first = Math.max(0, last - WINDOW), wide = Math.min(width, 760), left = 44;
  const values = ({ points }) => points.filter(([t]) => t >= first), all = curves.flatMap(values).map(([, value]) => value);
  const low = Math.min(-1, Math.floor(Math.min(...all))), high = Math.max(1, Math.ceil(Math.max(...all)));
  const pitch = (wide - left - 4) / (WINDOW + 0.5), x = (t) => left + pitch * (t - first), y = (value) => 12 + (120 * (high - value)) / (high - low);
  const strip = 146, end = strip + ROWS * gates.length;
  const spoken = [...curves, ...gates].filter((one) => values(one).length)
    .map((one) => `${one.name.replace(/[*]|_t/g, "")} ${values(one).map(([, value]) => shown(value)).join(" ")}`);
  return [
    html("p", { class: "legend" }, ...curves.map(({ kind, name }) => html("span", {}, svg("svg", { width: 34, height: 10, "aria-hidden": "true" },
      svg("line", { class: `curve kind-${kind}`, x1: 1, x2: 33, y1: 5, y2: 5 })), html("span", {}, ...inline(name)))),
      html("span", {}, svg("svg", { width: 34, height: 14, "aria-hidden": "true" }, svg("rect", { class: "open", x: 1, y: 1, width: 15, height: 12, style: "fill-opacity:0" }),
        svg("rect", { class: "open", x: 18, y: 1, width: 15, height: 12 })), html("span", {}, "gate shut, open"))),
    canvas(wide, end + 40, `The steps from ${first} to ${last}: ${spoken.join("; ")}`,
      svg("rect", { class: "present", x: x(last) - pitch / 2, y: 6, width: pitch, height: end - 6 }),
      ...[low, 0, high].filter((tick) => tick === 0 || Math.abs(y(tick) - y(0)) > 12).flatMap((tick) => [
        svg("line", { class: "grid", x1: left, x2: wide, y1: y(tick), y2: y(tick) }), words(left - 8, y(tick), number(tick, 0), "end small")]),
      ...curves.flatMap((curve) => [
        svg("polyline", { class: `curve kind-${curve.kind}`, points: values(curve).map(([t, value]) => `${x(t)},${y(value)}`).join(" ") }),
        ...values(curve).map(([t, value]) => svg("circle", { class: `mark kind-${curve.kind}`, cx: x(t), cy: y(value), r: 3.5 }))]),
      ...gates.flatMap((one, row) => [maths(left - 8, strip + ROWS * (row + 0.5), one.name, "end"), ...values(one).filter(([t]) => t > first).map(([t, value]) =>
        svg("rect", { class: "open", x: x(t - 0.5) + 0.5, y: strip + ROWS * row + 2, width: pitch - 1, height: ROWS - 4, style: `fill-opacity:${value}` }))]),
      ...Array.from({ length: 5 }, (_, i) => first + 5 * i).map((t) => words(x(t), end + 12, t, "small")), words(left + (wide - left) / 2, end + 31, "time step", "small"))];
}

// --- controls: the parts of a step in their order, then the next step ---

// `names` are the traits that make up one step, `state` the one that `compute` gives for the next.
// A curve of the chart is what `compute` calls `of`, known from the part `from` on; the first is the
// state's. `gates` maps each gate to the part that sets it.
export function unitStep(context, { names, state, stages, presets, sliders, compute, curves, gates, draw, sentence }) {
  const { model } = context, view = frame(context), get = (name) => model.get(name);
  const order = Object.keys(stages), settings = () => Object.fromEntries(names.map((name) => [name, get(name)]));
  const at = () => order.indexOf(get("stage"));

  const controls = sliders.map(([name, label, min, max]) => view.slider(name, label, { min, max, step: 0.05, format: shown }));
  controls[sliders.findIndex(([name]) => name === state)].addEventListener("input", () => view.set("history", []));
  const sets = Object.entries(presets).map(([label, values]) =>
    [values, button(label, () => Object.entries(values).forEach(([name, value]) => view.set(name, value)))]);
  const part = button("Next part", () => view.set("stage", order[at() + 1]));
  const step = button("Next time step", () => {
    const done = settings();
    view.set("history", [...get("history"), done]);
    view.set(state, compute(done)[state]);
    view.set("stage", order[order.length - 1]);
  });
  const again = button("Start again", () => {
    if (get("history").length) view.set(state, get("history")[0][state]);
    view.set("history", []);
    view.set("stage", order[0]);
  });
  const run = html("div", { class: "run" });
  view.controls.append(html("div", { class: "sliders" }, ...controls),
    html("div", { class: "buttons presets", role: "group", "aria-label": "set the gates to" }, html("span", {}, "set the gates to"), ...sets.map(([, element]) => element)),
    html("div", { class: "stages" }, view.choice("stage", "computed up to", stages)), html("div", { class: "buttons moves" }, part, step, again));
  view.live.after(run);

  function chart(width, steps, stage) {
    const after = steps.map(compute), start = [0, steps[0][state]];
    // The numbers of the steps done, and of the present one once its part has computed it.
    const along = (values, name, from) => values.slice(0, stage >= order.indexOf(from) ? steps.length : -1).map((value, t) => [t + 1, value[name]]);
    return record(width, steps.length,
      curves.map(({ kind, name, of, from }, i) => ({ kind, name, points: [...(i === 0 ? [start] : []), ...along(after, of, from)] })),
      Object.entries(gates).map(([name, from]) => ({ name: `${name}_t`, points: along(steps, name, from) })));
  }

  return view.keepDrawn([...names, "stage", "history"], (width) => {
    const now = settings(), history = get("history"), stage = at();
    enable(part, stage < order.length - 1);
    enable(again, history.length > 0 || stage > 0);
    for (const [values, element] of sets) element.setAttribute("aria-pressed", Object.entries(values).every(([name, value]) => now[name] === value));
    view.picture.replaceChildren(draw(width, now, (name) => (order.indexOf(name) > stage ? "later" : order.indexOf(name) === stage ? "now" : "")));
    run.replaceChildren(...chart(width, [...history, now], stage));
    view.say(`Time step ${history.length + 1}, part ${stage + 1} of ${order.length}. ${sentence(order[stage], now)}`);
  });
}
