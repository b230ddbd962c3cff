// The gradient of W_hh when each loss is followed back through only the last k steps, for every k.
import { arrow, box, canvas, frame, lineChart, number, short, svg, words } from "./common.mjs";

// What the losses add to the gradient of W_hh at a distance of 0, 1, … T − 1 steps, each flattened:
// the sum over t of ∂L_t/∂a_{t−d} h_{t−d−1}ᵀ, for h_t = tanh(gain Q h_{t−1} + u_t), L_t = ½‖h_t − target_t‖².
export function byDistance({ matrix, start, inputs, targets }, gain) {
  const last = inputs.length, hs = [start];
  for (const u of inputs) {
    const h = hs[hs.length - 1];
    hs.push(matrix.map((row, i) => Math.tanh(gain * row.reduce((sum, q, j) => sum + q * h[j], 0) + u[i])));
  }
  const sums = inputs.map(() => start.flatMap(() => start.map(() => 0)));
  for (let t = 1; t <= last; t++) {
    let dh = hs[t].map((h, i) => h - targets[t - 1][i]);
    for (let d = 0; d < t; d++) {
      const da = dh.map((value, i) => value * (1 - hs[t - d][i] ** 2)), before = hs[t - d - 1];
      da.forEach((value, i) => before.forEach((h, j) => { sums[d][i * start.length + j] += value * h; }));
      dh = start.map((_, j) => gain * da.reduce((sum, value, i) => sum + matrix[i][j] * value, 0));
    }
  }
  return sums;
}

const dot = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);

// For k = 1 … T, the gradient g_k that counts distances 0 … k − 1, beside the full one g:
// the relative error ‖g_k − g‖ / ‖g‖ and the cosine between the two.
export function comparison(sums) {
  const zero = sums[0].map(() => 0), add = (a, b) => a.map((value, i) => value + b[i]);
  const rest = sums.map((_, d) => sums.slice(d + 1).reduce(add, zero)); // what is left out
  const full = add(sums[0], rest[0]), norm = Math.hypot(...full);
  return rest.map((left) => {
    const kept = full.map((value, i) => value - left[i]);
    return { error: Math.hypot(...left) / norm, cosine: dot(kept, full) / (Math.hypot(...kept) * norm) };
  });
}

const TICKS = [1e-8, 1e-6, 1e-4, 1e-2, 1, 10];

// One box a step; the loss at the last of them is followed back through k of them.
function reach(width, last, k) {
  const pitch = (width - 8) / last, x = (t) => 4 + pitch * (t - 0.5), side = Math.min(22, pitch - 3), y = 44;
  const first = last - k + 1, target = k === 1 ? "goes no further back" : `reaches back to step ${first}`;
  return canvas(width, 62, `The loss at step ${last} ${target}`,
    words(4, 12, `the loss at step ${last} ${target}`, "start small"),
    svg("g", { class: "backward" }, arrow([x(last) + side / 2, 26], [x(first) - side / 2, 26])),
    ...Array.from({ length: last }, (_, i) => box("hidden", x(i + 1), y, side, side, i + 1 < first ? "ghost" : "")));
}

const degrees = (cosine) => number((180 / Math.PI) * Math.acos(Math.min(1, Math.max(-1, cosine))), 0);

function render(context) {
  const { model } = context, view = frame(context), get = (name) => model.get(name);
  const data = Object.fromEntries(["matrix", "start", "inputs", "targets"].map((name) => [name, get(name)]));
  const last = data.inputs.length;
  view.controls.append(
    view.slider("k", "steps back *k*", { min: 1, max: last, step: 1, format: (k) => `${k} of ${last}` }),
    view.slider("gain", "gain *g*", { min: 0.5, max: 1.5, step: 0.05, format: (value) => number(value) }));

  return view.keepDrawn(["k", "gain"], (width) => {
    const k = get("k"), all = comparison(byDistance(data, get("gain"))), { error, cosine } = all[k - 1];
    view.picture.replaceChildren(reach(width, last, k),
      lineChart(width, "Curve: the relative error of the truncated gradient against k", "relative error of the truncated gradient",
        { last, ticks: TICKS, place: Math.log10, height: 280, across: "k, the steps that each loss is followed back" },
        { kind: "weight dotted", points: [[k, TICKS[0]], [k, error]] },
        { kind: "gradient", points: all.slice(0, -1).map((one, i) => [i + 1, one.error]) },
        { kind: "gradient dot", points: [[k, error], [k, error]] }));
    view.say(`Gain ${number(get("gain"))}, *k* = ${k}: ` + (k === last
      ? "nothing is left out, so this is the full gradient of *W_hh*."
      : `the truncated gradient of *W_hh* is off by ${short(error)} of the full one’s norm. The cosine between them is ${number(cosine, 4)}, an angle of ${degrees(cosine)}°, ` +
        `so a small enough step against it ${cosine > 0 ? "still lowers" : "does not lower"} the loss.`));
  });
}
export default { render };
