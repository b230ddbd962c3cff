// Every number of a network of three steps and one hidden unit: forward, then the derivatives back.
import { arrow, box, button, canvas, enable, frame, html, inline, maths, number, svg, words } from "./common.mjs";

// Forward and backward through h_t = f(w_ih x_t + b_ih + w_hh h_{t−1} + b_hh), y_t = w_hy h_t + b_y,
// L = Σ ½ (y_t − target_t)². Lists are indexed by t; a step with no target has no y_t and no L_t.
export function passes(xs, targets, weights, nonlinearity) {
  const { w_ih, w_hh, b_ih, b_hh, w_hy, b_y } = weights, last = xs.length;
  const [x, target] = [[null, ...xs], [null, ...targets]], times = xs.map((_, i) => i + 1);
  const [a, h, y, loss] = [[null], [0], [null], [null]];
  for (const t of times) {
    a[t] = w_ih * x[t] + b_ih + w_hh * h[t - 1] + b_hh;
    h[t] = nonlinearity === "tanh" ? Math.tanh(a[t]) : a[t];
    y[t] = target[t] === null ? null : w_hy * h[t] + b_y;
    loss[t] = target[t] === null ? null : (y[t] - target[t]) ** 2 / 2;
  }
  const [dy, dh, da, slope, fromOutput, fromLater] = [[], [], [], [], [], []];
  for (let t = last; t > 0; t--) {
    dy[t] = target[t] === null ? 0 : y[t] - target[t];
    fromOutput[t] = w_hy * dy[t];
    fromLater[t] = t === last ? 0 : w_hh * da[t + 1];
    dh[t] = fromOutput[t] + fromLater[t];
    slope[t] = nonlinearity === "tanh" ? 1 - h[t] ** 2 : 1;
    da[t] = slope[t] * dh[t];
  }
  const parts = { // what each step adds to the gradient of each weight
    w_ih: times.map((t) => da[t] * x[t]), w_hh: times.map((t) => da[t] * h[t - 1]),
    b_ih: times.map((t) => da[t]), b_hh: times.map((t) => da[t]),
    w_hy: times.map((t) => dy[t] * h[t]), b_y: times.map((t) => dy[t]),
  };
  return { times, last, x, target, a, h, y, loss, dy, dh, da, slope, fromOutput, fromLater, parts };
}

// What is computed, in order: each entry is the quantity and, if it has one, its step.
export function plan({ times, target }) {
  const at = (t, ...names) => names.filter((name) => !/y/.test(name) || target[t] !== null).map((name) => `${name} ${t}`);
  return [...times.flatMap((t) => at(t, "h", "y")), "loss", ...[...times].reverse().flatMap((t) => at(t, "dy", "dh", "da")),
    "w_hy", "b_y", "w_hh", "w_ih", "b"];
}

const sum = (values) => values.reduce((a, b) => a + b, 0);
const given = (value) => String(Number(value.toPrecision(4))).replaceAll("-", "−");
// A computed number: as it is if that is short, else with three decimals, fewer if it is large or tiny.
function computed(value) {
  const size = Math.abs(value);
  if (size < 1000 && Math.abs(value - Number(value.toFixed(2))) < 1e-12) return given(value);
  if (size >= 1e4 || size > 0 && size < 5e-4) return value.toExponential(0).replace("+", "").replaceAll("-", "−");
  return number(value, size < 10 ? 3 : size < 100 ? 2 : size < 1000 ? 1 : 0);
}
const inner = (text) => (text.startsWith("−") ? `(${text})` : text);
const [g, c] = [(value) => inner(given(value)), (value) => inner(computed(value))]; // inside a formula
const added = (values) => values.map((value, i) => (i ? c(value) : computed(value))).join(" + ");

// --- in words: what one entry of the plan computes ---

function sentence(entry, run, weights, nonlinearity) {
  const { w_ih, w_hh, b_ih, b_hh, w_hy, b_y } = weights, [name, place] = entry.split(" "), t = Number(place);
  const { times, last, x, target, a, h, y, loss, dy, dh, da, slope, fromOutput, fromLater, parts } = run;
  const losses = times.filter((s) => target[s] !== null), tanh = nonlinearity === "tanh";
  const total = (weight, formula, why) =>
    `Sum. ${why} *∂L/∂${weight} = Σ_t ${formula}* = ${added(parts[weight])} = ${computed(sum(parts[weight]))}.`;
  const output = `*w_hy ∂L/∂y_${t}*`, later = `*w_hh ∂L/∂a_${t + 1}*`;
  const outputNumbers = () => `${g(w_hy)} × ${c(dy[t])}`, laterNumbers = () => `${g(w_hh)} × ${c(da[t + 1])}`;
  const arrows = t === last
    ? () => `Only one arrow arrives at *h_${t}*, for no step comes after it: *∂L/∂h_${t}* = ${output} = ${outputNumbers()} = ${computed(dh[t])}.`
    : target[t] === null
      ? () => `Step ${t} has no loss, so one arrow arrives at *h_${t}*: *∂L/∂h_${t}* = ${later} = ${laterNumbers()} = ${computed(dh[t])}.`
      : () => `Two arrows meet at *h_${t}*, from its own output and from the next step, and add up: *∂L/∂h_${t}* = ${output} + ${later} = ` +
        `${outputNumbers()} + ${laterNumbers()} = ${added([fromOutput[t], fromLater[t]])} = ${computed(dh[t])}.`;
  const texts = {
    h: () => `Forward. *a_${t} = w_ih x_${t} + b_ih + w_hh h_${t - 1} + b_hh* = ` +
      `${g(w_ih)} × ${g(x[t])} + ${g(b_ih)} + ${g(w_hh)} × ${c(h[t - 1])} + ${g(b_hh)} = ${computed(a[t])}, ` +
      `and *h_${t} = ${tanh ? `tanh(a_${t})` : `a_${t}`}* = ${computed(h[t])}.`,
    y: () => `Forward. *y_${t} = w_hy h_${t} + b_y* = ${g(w_hy)} × ${c(h[t])} + ${g(b_y)} = ${computed(y[t])}, which should be ${given(target[t])}. ` +
      `*L_${t}* = ½ (${computed(y[t])} − ${g(target[t])})² = ${computed(loss[t])}.`,
    loss: () => `Forward. The loss is *L* = ${losses.map((s) => `*L_${s}*`).join(" + ")} = ${computed(sum(loss))}. Now the way back begins, at the last step.`,
    dy: () => `Back. *∂L/∂y_${t} = y_${t} − target_${t}* = ${computed(y[t])} − ${g(target[t])} = ${computed(dy[t])}, ` +
      `the slope of ½ (*y_${t} − target_${t}*)².`,
    dh: () => `Back. ${arrows()}`,
    da: () => `Back. *∂L/∂a_${t} = f′(a_${t}) ∂L/∂h_${t}* = ${computed(slope[t])} × ${c(dh[t])} = ${computed(da[t])}, ` +
      (tanh ? `where *f′(a_${t}) = 1 − h_${t}*².` : "for the slope of a linear unit is 1."),
    w_hy: () => total("w_hy", "∂L/∂y_t h_t", "All steps use the same *w_hy*, so their parts add up:"),
    b_y: () => total("b_y", "∂L/∂y_t", "The bias is added as it is:"),
    w_hh: () => total("w_hh", "∂L/∂a_t h_{t−1}", "*w_hh* multiplies the state before, so the first step adds nothing (*h_0* = 0):"),
    w_ih: () => total("w_ih", "∂L/∂a_t x_t", "*w_ih* multiplies the input:"),
    b: () => `${total("b_ih", "∂L/∂a_t", "Both biases are added to *a_t* as they are:")} *∂L/∂b_hh* is the same number.`,
  };
  return texts[name]();
}

// --- drawing: forward arrows upwards and to the right, gradient arrows dashed and the other way ---

const ROW = { target: 8, loss: 38, y: 127, h: 229, a: 327, x: 406 }, TALL = 52, LOW = 38, START = 24;

function graph(width, entries, run) {
  const { times, last, x, target, a, h, y, loss, dy, dh, da, fromOutput, fromLater } = run;
  const known = new Set(entries), [name, place] = entries[entries.length - 1].split(" "), current = Number(place);
  const narrow = width < 560, [wide, size, pill] = narrow ? [54, "tiny", 44] : [92, "small", 50];
  const overhang = Math.max(0, 43 - wide / 2); // of what stands to the right of the last column
  const gap = Math.min(110, (Math.min(width, 720) - START - overhang) / last - wide);
  const middle = (t) => (t === 0 ? START / 2 : START + gap * t + wide * (t - 0.5));
  // The quantities that this entry of the plan computes, or adds up.
  const shown = { h: ["a", "h"], y: ["y", "loss"], dy: ["y"], dh: ["h"], da: ["a"], loss: ["loss"], b: ["a"], b_y: ["y"],
    w_hy: ["h", "y"], w_ih: ["x", "a"], w_hh: ["h", "a"] }[name];
  const now = (row, t) => (shown.includes(row) && (place === undefined || t === current)
    && !(name === "w_hh" && row === "h" && t === last) ? "now" : "");
  const state = (entry) => (!known.has(entry) ? "later" : entry === entries[entries.length - 1] ? "now" : "");
  const flow = (entry, ...points) => svg("g", { class: state(entry) }, arrow(...points));
  const label = (px, py, weight) => [box("weight", px, py, 34, 20), maths(px, py - 1, weight, "small")];
  const back = (entry, px, py, value, ...points) => (known.has(entry)
    ? [svg("g", { class: `backward ${state(entry)}` }, arrow(...points)), box("gradient", px, py, pill, 18), words(px, py, computed(value), size)]
    : []);

  // A box with its name, its number, and what the loss gains by it: ∂L/∂(name).
  function node(kind, row, t, symbol, value, entry, derivative, derivativeEntry) {
    const [px, py, high] = [middle(t), ROW[row], kind === "input" || kind === "weight" ? LOW : TALL];
    const reached = kind === "input" || known.has(entry), top = high === TALL ? py - 16 : py - 8;
    return [box(kind, px, py, t ? wide : START, high, `${reached ? "" : "ghost"} ${now(row, t)}`), maths(px, top, symbol),
      ...(reached ? [words(px, top + 17, value, size)] : []),
      ...(known.has(derivativeEntry) ? [words(px, top + 33, `∂ ${computed(derivative)}`, `${size} derivative`)] : [])];
  }

  const marks = [box("hidden", middle(0), ROW.h, START, TALL, now("h", 0)), maths(middle(0), ROW.h - 16, "h_0"), words(middle(0), ROW.h + 1, "0", size)];
  for (const t of times) {
    const px = middle(t), [left, right] = [px - wide / 2, px + wide / 2], [up, down] = [px - 18, px + 18];
    const before = t === 1 ? START : middle(t - 1) + wide / 2, halves = [before + gap * 0.35, before + gap * 0.65];
    const between = (upper, lower) => (ROW[upper] + ROW[lower]) / 2;
    marks.push(
      flow(`h ${t}`, [px, ROW.x - LOW / 2], [px, ROW.a + TALL / 2]), ...label(px + 25, between("a", "x") + 3, "w_ih"),
      flow(`h ${t}`, [before, ROW.h + 8], [halves[0], ROW.h + 8], [halves[0], ROW.a + 8], [left, ROW.a + 8]), ...label(before + gap / 2, ROW.a + 21, "w_hh"),
      flow(`h ${t}`, [up, ROW.a - TALL / 2], [up, ROW.h + TALL / 2]),
      ...back(`da ${t}`, down, between("h", "a"), da[t], [down, ROW.h + TALL / 2], [down, ROW.a - TALL / 2]),
      ...(t > 1 ? back(`dh ${t - 1}`, before + gap / 2, ROW.h - 22, fromLater[t - 1],
        [left, ROW.a - 8], [halves[1], ROW.a - 8], [halves[1], ROW.h - 8], [before, ROW.h - 8]) : []),
      ...node("input", "x", t, `x_${t}`, given(x[t])),
      ...node("hidden", "a", t, `a_${t}`, computed(a[t]), `h ${t}`, da[t], `da ${t}`),
      ...node("hidden", "h", t, `h_${t}`, computed(h[t]), `h ${t}`, dh[t], `dh ${t}`));
    if (target[t] !== null) marks.push(
      flow(`y ${t}`, [up, ROW.h - TALL / 2], [up, ROW.y + TALL / 2]), ...label(up - 22, between("y", "h"), "w_hy"),
      flow(`y ${t}`, [up, ROW.y - TALL / 2], [up, ROW.loss + LOW / 2]),
      ...back(`dy ${t}`, down, between("loss", "y") - 3, dy[t], [down, ROW.loss + LOW / 2], [down, ROW.y - TALL / 2]),
      ...back(`dh ${t}`, down, between("y", "h"), fromOutput[t], [down, ROW.y + TALL / 2], [down, ROW.h - TALL / 2]),
      ...node("output", "y", t, `y_${t}`, computed(y[t] ?? 0), `y ${t}`, dy[t], `dy ${t}`),
      ...node("weight", "loss", t, `L_${t}`, computed(loss[t] ?? 0), `y ${t}`),
      words(px, ROW.target, `target ${given(target[t])}`, size));
  }
  const total = middle(last) + wide / 2 + overhang;
  return canvas(total, ROW.x + LOW / 2 + 8, `The network unrolled over ${last} steps, with the numbers computed so far`, ...marks);
}

// --- the table of gradients: one row a weight, one column a step ---

function table(entries, { times, parts }, weights) {
  const known = new Set(entries), now = entries[entries.length - 1];
  const row = (weight) => {
    const entry = /^b_[ih]h$/.test(weight) ? "b" : /^b/.test(weight) ? "b_y" : weight;
    const cells = known.has(entry) ? [...parts[weight], sum(parts[weight])].map(computed) : [...times, 0].map(() => "");
    return html("tr", { class: entry === now ? "now" : "" }, html("th", { scope: "row" }, ...inline(`*${weight}*`)), html("td", {}, given(weights[weight])),
      ...cells.map((text) => html("td", {}, text)));
  };
  const head = ["weight", "value", ...times.map((t) => `step ${t}`), "sum"];
  return [html("caption", {}, "∂L/∂weight: the part of each step, and their sum"),
    html("thead", {}, html("tr", {}, ...head.map((text) => html("th", { scope: "col" }, text)))),
    html("tbody", {}, ...Object.keys(parts).map(row))];
}

function render(context) {
  const { model } = context, view = frame(context), get = (name) => model.get(name);
  const weights = get("weights"), nonlinearity = get("nonlinearity");
  const run = passes(get("xs"), get("targets"), weights, nonlinearity), entries = plan(run), last = entries.length;
  const move = (by) => view.set("step", Math.min(last, Math.max(1, get("step") + by)));
  const back = button("Back", () => move(-1)), next = button("Next", () => move(1));
  const gradients = html("table", { class: "numbers gradients" });
  view.live.after(gradients);
  view.controls.append(view.slider("step", "computed", { min: 1, max: last, step: 1, format: (step) => `${step} of ${last}` }),
    html("div", { class: "buttons" }, back, next));

  return view.keepDrawn(["step"], (width) => {
    const step = get("step"), reached = entries.slice(0, step);
    enable(back, step > 1);
    enable(next, step < last);
    view.picture.replaceChildren(graph(width, reached, run));
    gradients.replaceChildren(...table(reached, run, weights));
    view.say(sentence(reached[step - 1], run, weights, nonlinearity));
  });
}
export default { render };
