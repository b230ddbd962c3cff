// Unrolls a vanilla RNN: the graph up to step t, and the numbers of step t, computed here.
import { arrow, box, button, canvas, enable, frame, html, maths, matrix, number, visible, words } from "./common.mjs";

const dot = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);

export function softmax(logits) {
  const top = Math.max(...logits);
  const powers = logits.map((z) => Math.exp(z - top));
  const total = powers.reduce((a, b) => a + b);
  return powers.map((p) => p / total);
}

// h_t = tanh(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh) for t = 1 … T; result[0] is h_0 = 0.
export function states(xs, { W_ih, W_hh, b_ih, b_hh }) {
  const hs = [b_hh.map(() => 0)];
  for (const x of xs) {
    const h = hs[hs.length - 1];
    hs.push(b_hh.map((_, i) => Math.tanh(dot(W_ih[i], x) + b_ih[i] + dot(W_hh[i], h) + b_hh[i])));
  }
  return hs;
}
export const logits = (h, { W, b }) => W.map((row, i) => dot(row, h) + b[i]);

const BOX = 44, COLUMN = 88, LEFT = 28, LOOP = 150;
const label = (x, y, name) => [box("weight", x, y, 37, 24), maths(x, y - 1, name)];

// One cell with what flows into and out of it; `top` is where the drawing of the cell starts.
function cell(x, top, { input, state, output, symbol, likeliest, now = "" }) {
  const h = top + (output ? 140 : 30), below = h + 88;
  return [
    arrow([x, below - BOX / 2], [x, h + BOX / 2]), ...label(x, (h + below) / 2, "W_ih"),
    box("input", x, below, BOX, BOX, now), maths(x, below, input), words(x, below + 36, symbol),
    box("hidden", x, h, BOX, BOX, now), maths(x, h, state),
    ...(output ? [
      arrow([x, h - BOX / 2], [x, h - 88 + BOX / 2]), ...label(x, h - 44, "W_hy"),
      box("output", x, h - 88, BOX, BOX, now), maths(x, h - 88, output), words(x, h - 88 - 34, likeliest),
    ] : []),
  ];
}

function folded(top, hasOutput) {
  const x = LEFT + BOX / 2, h = top + (hasOutput ? 140 : 30), right = x + BOX / 2;
  return [
    ...cell(x, top, { input: "x_t", state: "h_t", output: hasOutput && "p_t", symbol: "", likeliest: "" }),
    arrow([right, h - 10], [right + 26, h - 10], [right + 26, h + 10], [right, h + 10]),
    ...label(right + 48, h, "W_hh"),
  ];
}

// Steps first … last side by side, after the state that comes into the first of them.
function unrolled(left, top, first, last, hasOutput, symbols, likeliest) {
  const h = top + (hasOutput ? 140 : 30), x = (t) => left + BOX / 2 + (t - first + 1) * COLUMN;
  const marks = [box("hidden", x(first - 1), h, BOX, BOX, "ghost"), maths(x(first - 1), h, `h_${first - 1}`)];
  for (let t = first; t <= last; t++) {
    const now = t === last ? "now" : "";
    marks.push(arrow([x(t - 1) + BOX / 2, h], [x(t) - BOX / 2, h]), ...label(x(t) - COLUMN / 2, h - 22, "W_hh"),
      ...cell(x(t), top, { input: `x_${t}`, state: `h_${t}`, output: hasOutput && `p_${t}`,
        symbol: `“${visible(symbols[t - 1])}”`, likeliest: hasOutput ? `“${visible(likeliest[t - 1])}”` : "", now }));
  }
  return marks;
}

function graph(width, step, symbols, likeliest) {
  const hasOutput = likeliest.length > 0, height = hasOutput ? 300 : 190, narrow = width < 560;
  const [left, top] = narrow ? [LEFT, height + 20] : [LOOP + 40, 30];
  const columns = Math.max(1, Math.min(12, Math.floor((width - left - BOX) / COLUMN)));
  const first = Math.max(1, step - columns + 1);
  const span = first === 1 ? `unrolled to step ${step}` : `unrolled: steps ${first} to ${step}`;
  return canvas(width, narrow ? top + height : height + 10, `The network folded into one cell with a loop, and ${span}`,
    words(4, 12, "folded", "start"), ...folded(30, hasOutput),
    words(narrow ? 4 : left, narrow ? top - 18 : 12, span, "start"),
    ...unrolled(left, top, first, step, hasOutput, symbols, likeliest));
}

const column = (values) => values.map((value) => [value]);
const largest = (...arrays) => Math.max(1e-9, ...arrays.flat(2).map(Math.abs));
const term = (...parts) => html("div", { class: "term" }, ...parts);
const together = (...parts) => html("div", { class: "term together" }, ...parts); // never broken over lines

function equations(t, x, hs, weights, output, vocabulary, oneHot) {
  const { W_ih, W_hh, b_ih, b_hh } = weights, scale = largest(W_ih, W_hh, b_ih, b_hh);
  const weight = (name, rows) => matrix("weight", name, rows, { scale });
  const lines = [html("div", { class: "equation" },
    term(matrix("hidden", `h_${t}`, column(hs[t]))),
    term("= tanh(", weight("W_ih", W_ih),
      matrix("input", `x_${t}`, column(x), { scale: largest(x), signed: !oneHot, labels: oneHot ? vocabulary : [] }),
      together("+", weight("b_ih", column(b_ih)))),
    term("+", weight("W_hh", W_hh), matrix("hidden", `h_${t - 1}`, column(hs[t - 1])),
      together("+", weight("b_hh", column(b_hh)), ")")))];
  if (output) {
    const p = softmax(logits(hs[t], output)), size = { scale: largest(output.W, output.b) };
    lines.push(html("div", { class: "equation" },
      term(matrix("output", `p_${t}`, column(p), { signed: false, labels: vocabulary })),
      term("= softmax(", matrix("weight", "W_hy", output.W, size), matrix("hidden", `h_${t}`, column(hs[t])),
        together("+", matrix("weight", "b_y", column(output.b), size), ")"))));
  }
  return lines;
}

function render(context) {
  const { model } = context, view = frame(context), get = (name) => model.get(name);
  const symbols = get("symbols"), vocabulary = get("vocabulary"), xs = get("xs"), weights = get("weights");
  const output = get("output").W ? get("output") : null, last = symbols.length;
  const hs = states(xs, weights);
  const choices = output ? hs.slice(1).map((h) => softmax(logits(h, output))) : [];
  const likeliest = choices.map((p) => vocabulary[p.indexOf(Math.max(...p))]);
  const oneHot = xs.every((x) => x.length === vocabulary.length && x.every((v) => v === 0 || v === 1));
  const move = (by) => view.set("step", Math.min(last, Math.max(1, get("step") + by)));
  const back = button("Back", () => move(-1)), next = button("Next", () => move(1));
  view.controls.append(view.slider("step", "step *t*", { min: 1, max: last, step: 1, format: (t) => `${t} of ${last}` }),
    html("div", { class: "buttons" }, back, next));

  return view.keepDrawn(["step"], (width) => {
    const t = get("step");
    enable(back, t > 1);
    enable(next, t < last);
    view.picture.replaceChildren(graph(width, t, symbols, likeliest),
      ...equations(t, xs[t - 1], hs, weights, output, vocabulary, oneHot));
    const top = output && Math.max(...choices[t - 1]);
    view.say(`Step ${t} of ${last} reads “${visible(symbols[t - 1])}” and *h_${t - 1}*, and writes *h_${t}* = (${hs[t].map((v) => number(v)).join(", ")}). ` +
      (output ? `Its likeliest output is “${visible(likeliest[t - 1])}”, with probability ${number(top)}. ` : "") +
      `*W_ih*, *W_hh* and the biases are the same numbers at every step: ${t === 1 ? "one use" : `${t} uses`} so far, one set of weights.`);
  });
}
export default { render };
