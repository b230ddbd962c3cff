// A tanh RNN run forward and a gradient sent back through it, for a recurrent matrix of a given gain.
import { frame, html, lineChart, number, rounded, short } from "./common.mjs";

const norm = (vector) => Math.hypot(...vector);
function spread(vector) {
  const mean = vector.reduce((a, b) => a + b) / vector.length;
  return norm(vector.map((v) => v - mean)) / Math.sqrt(vector.length);
}

// h_t = tanh(gain Q h_{t-1} + noise ε_t); dh_{t-1} = gain Qᵀ (dh_t ⊙ (1 − h_t²)), dh_T = gradient.
// Returns the spread of h_0 … h_T and the norms of dh_0 … dh_T.
export function run({ Q, start, inputs, gradient }, gain, noise) {
  const hs = [start];
  for (const input of inputs) {
    const h = hs[hs.length - 1];
    hs.push(Q.map((row, i) => Math.tanh(gain * row.reduce((sum, q, j) => sum + q * h[j], 0) + noise * input[i])));
  }
  const norms = [norm(gradient)];
  let dh = gradient;
  for (let t = inputs.length; t > 0; t--) {
    const da = dh.map((d, i) => d * (1 - hs[t][i] ** 2));
    dh = start.map((_, j) => gain * da.reduce((sum, d, i) => sum + Q[i][j] * d, 0));
    norms.unshift(norm(dh));
  }
  return { spreads: hs.map(spread), norms };
}

const verdict = (ratio) =>
  ratio === 0 ? "nothing is left of it"
    : ratio < 1 ? `it has become ${rounded(1 / ratio)} times smaller` : `it has become ${rounded(ratio)} times larger`;

function render(context) {
  const { model } = context, view = frame(context), get = (name) => model.get(name);
  const [start, inputs, gradient] = ["start", "inputs", "gradient"].map(get), last = inputs.length;
  view.controls.append(
    view.slider("gain", "gain *g*", { min: 0, max: 2.5, step: 0.05, format: (value) => number(value) }),
    view.slider("noise", "input noise", { min: 0, max: 1, step: 0.05, format: (value) => number(value) }),
    view.choice("kind", "matrix", { orthogonal: "orthogonal", gaussian: "Gaussian, variance 1/H" }));

  return view.keepDrawn(["gain", "noise", "kind"], (width) => {
    const { spreads, norms } = run({ Q: get("matrices")[get("kind")], start, inputs, gradient }, get("gain"), get("noise"));
    const each = width < 560 ? width : (width - 24) / 2;
    const curve = (kind, values) => ({ kind, points: values.map((value, t) => [t, value]) });
    const axes = { last, across: "step t" };
    view.picture.replaceChildren(html("div", { class: "charts" },
      lineChart(each, "Curve: the spread of h at each step", "spread of the hidden units, forward →",
        { ...axes, ticks: [0, 0.25, 0.5, 0.75, 1] }, curve("hidden", spreads)),
      lineChart(each, "Curve: the norm of the gradient at each step", `gradient norm, ← back from step ${last}`,
        { ...axes, ticks: [1e-12, 1e-9, 1e-6, 1e-3, 1, 1e3, 1e6], place: Math.log10 }, curve("weight", norms))));
    view.say(`Gain ${number(get("gain"))}: the spread of *h_${last}* is ${short(spreads[last])}. The gradient leaves step ${last} with norm ${short(norms[last])} and ` +
      `reaches step 0 with ${short(norms[0])}: ${verdict(norms[0] / norms[last])}.`);
  });
}
export default { render };
