// Temperature and top-k on the logits of one next symbol, and draws from what is left.
import { button, canvas, enable, frame, html, number, svg, visible, words } from "./common.mjs";
import { draw } from "./random.mjs";

// Indices from the largest logit to the smallest; of equal ones the first comes first.
export const ranked = (logits) => logits.map((_, i) => i).sort((i, j) => logits[j] - logits[i] || i - j);

// softmax(logits / temperature) over the topK largest logits, 0 elsewhere.
export function distribution(logits, temperature, topK) {
  const order = ranked(logits), allowed = new Set(order.slice(0, topK)), top = logits[order[0]];
  const powers = logits.map((z, i) => (allowed.has(i) ? Math.exp((z - top) / temperature) : 0));
  const total = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / total);
}

export const entropy = (probabilities) =>
  probabilities.reduce((sum, p) => (p > 0 ? sum - p * Math.log2(p) : sum), 0);

const ROW = 26, SHOWN = 12;
const percent = (p) => `${number(100 * p, 1)} %`;

// One row: a name, the outline of the model's own probability, the filled bar, and its number.
function row(y, left, width, name, own, p) {
  const full = width - left - 70, kind = "kind-output";
  return [
    words(left - 8, y, name, "end"),
    svg("rect", { class: `bar ${kind}`, x: left, y: y - 9, width: full * p, height: 18 }),
    svg("rect", { class: `box ghost ${kind}`, x: left, y: y - 9, width: Math.max(1, full * own), height: 18 }),
    words(width - 4, y, percent(p), "end"),
  ];
}

function chart(width, symbols, order, own, p, topK) {
  const shown = order.length <= SHOWN ? order : order.slice(0, SHOWN - 1), others = order.slice(shown.length);
  const sum = (values) => others.reduce((total, i) => total + values[i], 0);
  const cut = topK < order.length && topK <= shown.length;
  const y = (place) => 16 + ROW * place + (cut && place >= topK ? 28 : 0), height = y(shown.length + (others.length ? 1 : 0));
  const left = Math.min(140, Math.max(74, 16 + 8 * Math.max(...shown.map((i) => symbols[i].length))));
  const line = cut ? y(topK) - 34 : 0;
  const bars = shown.map((i) => [visible(symbols[i]), own[i], p[i]]);
  if (others.length) bars.push([`${others.length} others`, sum(own), sum(p)]);
  const spoken = bars.map(([name, , probability]) => `${name} ${percent(probability)}`).join(", ");
  return canvas(width, height, `Probabilities of the next symbol: ${spoken}`,
    ...bars.flatMap((bar, place) => row(y(place), left, width, ...bar)),
    ...(cut ? [svg("line", { class: "axis", x1: 4, x2: width - 4, y1: line, y2: line }),
      words(width - 4, line + 12, `top-k leaves these ${order.length - topK} out`, "end small")] : []));
}

function render(context) {
  const { model } = context, view = frame(context), get = (name) => model.get(name);
  const symbols = get("symbols"), logits = get("logits"), order = ranked(logits);
  const own = distribution(logits, 1, symbols.length);
  const more = button("Draw 10", () => view.set("drawn", get("drawn") + 10));
  const clear = button("Clear", () => view.set("drawn", 0));
  view.controls.append(
    view.slider("temperature", "temperature", { min: 0.1, max: 3, step: 0.05, format: (value) => number(value) }),
    view.slider("top_k", "top-k", { min: 1, max: symbols.length, step: 1, format: (k) => `${k} of ${symbols.length}` }),
    html("div", { class: "buttons" }, more, clear));
  const picture = html("div"), written = html("p", { class: "written", role: "status" });
  view.picture.append(picture, written);

  return view.keepDrawn(["temperature", "top_k", "drawn"], (width) => {
    const p = distribution(logits, get("temperature"), get("top_k")), bits = entropy(p);
    const text = draw(p, get("drawn"), get("seed")).map((i) => visible(symbols[i]));
    const gap = symbols.every((symbol) => symbol.length === 1) ? "" : " ";
    picture.replaceChildren(chart(width, symbols, order, own, p, get("top_k")));
    written.replaceChildren(...(text.length ? ["Drawn: ", html("code", {}, text.join(gap))] : []));
    enable(clear, text.length > 0);
    enable(more, text.length < 200);
    view.say(`Entropy: ${number(bits)} bits, as uncertain as a choice among ${number(2 ** bits, 1)} equally likely symbols ` +
      `(the model’s own: ${number(entropy(own))} bits). Greedy choice: “${visible(symbols[order[0]])}”, probability ${percent(p[order[0]])}.`);
  });
}
export default { render };
