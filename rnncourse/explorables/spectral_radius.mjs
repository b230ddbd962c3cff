// The norm of the Jacobian ∂h_T/∂h_{T−d} of a small network against d, with what should predict it.
import { frame, html, inline, lineChart, number, rounded, svg } from "./common.mjs";

// Each function, its slope in terms of its own value, and the largest slope it has.
const FUNCTIONS = {
  tanh: { f: Math.tanh, slope: (h) => 1 - h * h, largest: 1 },
  linear: { f: (a) => a, slope: () => 1, largest: 1 },
  sigmoid: { f: (a) => 1 / (1 + Math.exp(-a)), slope: (h) => h * (1 - h), largest: 0.25 },
};
function dot(u, v) { // a loop: most of the time is spent here
  let sum = 0;
  for (let i = 0; i < u.length; i++) sum += u[i] * v[i];
  return sum;
}
const multiply = (A, v) => A.map((row) => dot(row, v));
const transpose = (A) => A[0].map((_, j) => A.map((row) => row[j]));
function product(A, B) {
  const columns = transpose(B);
  return A.map((row) => multiply(columns, row));
}
const scaled = (A, factor) => A.map((row) => row.map((x) => factor * x));

// The largest singular value. Squaring AᵀA again and again leaves multiples of one vector in its
// columns, the one that A lengthens most; the scaling keeps numbers from over- and underflowing.
export function spectralNorm(A) {
  const largest = Math.max(...A.flat().map(Math.abs));
  if (largest === 0) return 0;
  const B = scaled(A, 1 / largest);
  let G = product(transpose(B), B);
  for (let round = 0; round < 14; round++) {
    const square = product(G, G);
    G = scaled(square, 1 / Math.max(...square.map((row, i) => row[i])));
  }
  const longest = G.reduce((best, row, i) => (row[i] > best[0] ? [row[i], row] : best), [0])[1];
  return (largest * Math.hypot(...multiply(B, longest))) / Math.hypot(...longest);
}

// f'(a_t) of every unit at every step of h_t = f(W h_{t−1} + scale x_t) from h_0 = 0.
export function slopes(W, inputs, scale, nonlinearity) {
  const { f, slope } = FUNCTIONS[nonlinearity];
  let h = W.map(() => 0);
  return inputs.map((x) => {
    h = multiply(W, h).map((a, i) => f(a + scale * x[i]));
    return h.map(slope);
  });
}

// ‖∂h_T/∂h_{T−d}‖₂ for d = 0 … T: one more factor diag(f'(a_t)) W at each step back.
export function jacobianNorms(W, slopes) {
  let J = W.map((_, i) => W.map((_, j) => Number(i === j)));
  return [1, ...[...slopes].reverse().map((slope) => {
    J = product(J, W.map((row, i) => row.map((w) => slope[i] * w)));
    return spectralNorm(J);
  })];
}

// Powers of ten around 1 and the norms, within 1e±12; never fewer than two, so that a small rise shows.
function decades(norms) {
  const low = Math.max(-12, Math.floor(Math.log10(Math.min(0.1, ...norms))));
  const high = Math.min(12, Math.ceil(Math.log10(Math.max(10, ...norms))));
  const step = [1, 2, 3].find((step) => high - low <= 7 * step) ?? 4, from = Math.floor(low / step), to = Math.ceil(high / step);
  return Array.from({ length: to - from + 1 }, (_, i) => 10 ** (step * (from + i)));
}

// rate^d as the end points of a straight line, which stops where it leaves the chart.
function powers(rate, last, ticks) {
  const edge = ticks[rate < 1 ? 0 : ticks.length - 1];
  const end = rate === 1 ? last : Math.min(last, Math.log(edge) / Math.log(rate));
  return [[0, 1], [end, rate ** end]];
}

const LINES = { gradient: "gradient, *‖∂h_T/∂h_{T−d}‖*₂", "weight dashed": "bound, *(σ_1γ)*ᵈ", "weight dotted": "eigenvalues alone, *(ργ)*ᵈ" };
const legend = () => html("p", { class: "legend" }, ...Object.entries(LINES).map(([kind, name]) => html("span", {},
  svg("svg", { width: 34, height: 10, "aria-hidden": "true" }, svg("line", { class: `curve kind-${kind}`, x1: 1, x2: 33, y1: 5, y2: 5 })), html("span", {}, ...inline(name)))));

function story(norms) {
  const last = norms.length - 1, most = Math.max(...norms), peak = norms.indexOf(most), end = norms[last];
  const size = end === 0 ? "with nothing left" : Math.abs(end - 1) < 0.005 ? "about as long as it began"
    : end < 1 ? `${rounded(1 / end)} times smaller` : `${rounded(end)} times larger`;
  if (most < 1.005) return end > 0.995 ? "keeps its size" : `never grows and ends ${size}`;
  return peak === last ? `grows all the way and ends ${size}` : `first grows, ${rounded(most)}-fold by *d* = ${peak}, and ends ${size}`;
}

function render(context) {
  const { model } = context, view = frame(context), get = (name) => model.get(name);
  view.controls.append(
    view.slider("radius", "spectral radius *ρ*", { min: 0.3, max: 2, step: 0.05, format: (value) => number(value) }),
    view.slider("input_scale", "size of the inputs", { min: 0, max: 2, step: 0.1, format: (value) => number(value, 1) }),
    view.choice("nonlinearity", "function", { tanh: "tanh", linear: "linear", sigmoid: "sigmoid" }),
    view.choice("kind", "matrix", { orthogonal: "orthogonal", gaussian: "Gaussian", shear: "shear" }));
  const picture = html("div");
  view.picture.append(legend(), picture);

  return view.keepDrawn(["radius", "input_scale", "nonlinearity", "kind"], (width) => {
    const rho = get("radius"), W = scaled(get("matrices")[get("kind")], rho);
    const along = slopes(W, get("inputs"), get("input_scale"), get("nonlinearity")), last = along.length;
    const norms = jacobianNorms(W, along), ticks = decades(norms);
    const gamma = FUNCTIONS[get("nonlinearity")].largest, sigma = spectralNorm(W), rate = sigma * gamma;
    const mean = along.flat().reduce((a, b) => a + b) / along.flat().length;
    picture.replaceChildren(lineChart(width, "Curves: the norm of the Jacobian against the distance, its bound, and the powers of the spectral radius",
      "norm, on a logarithmic axis", { last, ticks, place: Math.log10, height: 300, across: "distance d, in steps back from the last" },
      { kind: "weight dashed", points: powers(rate, last, ticks) },
      { kind: "weight dotted", points: powers(rho * gamma, last, ticks) },
      { kind: "gradient", points: norms.map((value, d) => [d, value]) }));
    const verdict = rate < 0.999 ? "below 1: the gradient must vanish" : rate > 1.001 ? "above 1: the bound lets it grow" : "1: the gradient cannot grow";
    view.say(`*σ_1* = ${number(sigma)}, *ρ* = ${number(rho)}, *γ* = ${gamma}, so *σ_1γ* = ${number(rate)} is ${verdict}. ` +
      `Along the run the slopes of the function average ${number(mean)}. Over ${last} steps back the gradient ${story(norms)}.`);
  });
}
export default { render };
