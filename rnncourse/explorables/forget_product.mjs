// The product of the forget gates against distance, for a bias and a spread of their pre-activations.
import { frame, html, inline, lineChart, number, rounded, svg } from "./common.mjs";

export const sigmoid = (a) => 1 / (1 + Math.exp(-a));
export const halfLife = (f) => Math.log(0.5) / Math.log(f);

// The product of the last d gates σ(bias + spread ε_t), for d = 0 … T.
export const products = (noise, bias, spread) =>
  noise.reduceRight((kept, epsilon) => [...kept, kept.at(-1) * sigmoid(bias + spread * epsilon)], [1]);
// The gate that, taken every time, would keep as much over all sequences together.
export const geometricMean = (sequences, bias, spread) => {
  const gates = sequences.flat().map((epsilon) => sigmoid(bias + spread * epsilon));
  return Math.exp(gates.reduce((sum, f) => sum + Math.log(f), 0) / gates.length);
};

const TICKS = [1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1];

// A falling curve up to where it leaves the chart, straight between its points on a logarithmic axis.
export function untilEdge(values) {
  const points = values.map((value, d) => [d, value]), out = values.findIndex((value) => value < TICKS[0]);
  if (out < 0) return points;
  const [before, after, edge] = [values[out - 1], values[out], TICKS[0]].map(Math.log);
  return [...points.slice(0, out), [out - 1 + (before - edge) / (before - after), TICKS[0]]];
}

const LINES = { "memory thin": "sequences drawn", "weight dashed": "every gate at *σ(b)*", "weight dot": "half-life of *σ(b)*" };
const legend = () => html("p", { class: "legend" }, ...Object.entries(LINES).map(([kind, name]) => html("span", {},
  svg("svg", { width: 34, height: 16, "aria-hidden": "true" }, svg("polyline", { class: `curve kind-${kind}`, points: kind === "weight dot" ? "17,8 17,8" : "1,8 33,8" })),
  html("span", {}, ...inline(name)))));

// What is kept over some distances: one row for gates that are all alike, two for the sequences drawn.
function table(distances, alike, drawn) {
  const cells = (values) => distances.map((d) => html("td", {}, String(rounded(values(d)))));
  const row = (name, values) => html("tr", {}, html("th", { scope: "row" }, ...inline(name)), ...cells(values));
  return [html("caption", {}, "Product of the forget gates"),
    html("tr", {}, html("th", { scope: "col" }, "distance in steps"), ...distances.map((d) => html("th", { scope: "col" }, String(d)))),
    row("every gate at *σ(b)*", (d) => alike[d]),
    row("sequences drawn, most", (d) => Math.max(...drawn.map((kept) => kept[d]))),
    row("sequences drawn, least", (d) => Math.min(...drawn.map((kept) => kept[d])))];
}

function render(context) {
  const { model } = context, view = frame(context), get = (name) => model.get(name), sequences = get("noise");
  const last = sequences[0].length, distances = [20, 100, 200].filter((d) => d <= last);
  const range = { step: 0.1, format: (value) => number(value) };
  view.controls.append(
    view.slider("bias", "forget bias *b*", { min: -2, max: 6, ...range }),
    view.slider("spread", "spread *s*", { min: 0, max: 3, ...range }));
  const picture = html("div"), kept = html("table", { class: "numbers" });
  view.picture.append(legend(), picture);
  view.live.after(kept);

  return view.keepDrawn(["bias", "spread"], (width) => {
    const b = get("bias"), s = get("spread"), f = sigmoid(b), half = halfLife(f);
    const alike = products(sequences[0], b, 0), drawn = sequences.map((noise) => products(noise, b, s));
    picture.replaceChildren(lineChart(width, "Curves: the product of the forget gates against the distance", "product of the forget gates",
      { last, ticks: TICKS, place: Math.log10, height: 300, across: "distance, in steps back from the last" },
      ...drawn.map((values) => ({ kind: "memory thin", points: untilEdge(values) })),
      { kind: "weight dashed", points: untilEdge(alike) },
      ...(half <= last ? [{ kind: "weight dot", points: [[half, 0.5], [half, 0.5]] }] : [])));
    kept.replaceChildren(...table(distances, alike, drawn));
    const typical = geometricMean(sequences, b, s);
    view.say(`*f* = σ(${number(b)}) = ${number(f, 4)}: half is lost after ${rounded(half)} steps. ` + (s === 0 ? "Without spread every gate has this value." :
      `With spread ${number(s)} the gates drawn keep as much as if each were ${number(typical, 4)}, their geometric mean: half is lost after ${rounded(halfLife(typical))} steps.`));
  });
}
export default { render };
