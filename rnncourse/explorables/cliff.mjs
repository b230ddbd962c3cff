// A ball on the error surface of a one-unit network, where gradient descent meets a wall.
import { arrow, button, canvas, enable, frame, html, lineChart, number, rounded, svg, words } from "./common.mjs";

const LENGTH = 50, START = 0.5, TARGET = 0.7, MOST_STEPS = 200;
const sigmoid = (z) => 1 / (1 + Math.exp(-z));

// E = (σ(h_50) − 0.7)² for h_t = w σ(h_{t−1}) + b, and its gradient: h_w and h_b are ∂h_t/∂w and ∂h_t/∂b.
export function error(w, b) {
  let h = START, h_w = 0, h_b = 0;
  for (let t = 0; t < LENGTH; t++) {
    const s = sigmoid(h), slope = w * s * (1 - s);
    [h, h_w, h_b] = [w * s + b, s + slope * h_w, 1 + slope * h_b];
  }
  const y = sigmoid(h), d = 2 * (y - TARGET) * y * (1 - y);
  return { E: (y - TARGET) ** 2, w: d * h_w, b: d * h_b };
}

const inside = ([ws, bs], { w, b }) => ws[0] <= w && w <= ws[1] && bs[0] <= b && b <= bs[1];

// Where the ball has been, with the error and the gradient there. It stops when it leaves the picture.
export function descend(ranges, start, rate, threshold, steps) {
  const look = ({ w, b }) => {
    const gradient = error(w, b), length = Math.hypot(gradient.w, gradient.b);
    const kept = threshold === null || length <= threshold ? 1 : threshold / length;
    return { w, b, E: gradient.E, length, step: { w: -rate * kept * gradient.w, b: -rate * kept * gradient.b }, kept };
  };
  const path = [look(start)];
  while (path.length <= steps && inside(ranges, path.at(-1))) {
    const { w, b, step } = path.at(-1);
    path.push(look({ w: w + step.w, b: b + step.b }));
  }
  return path;
}

// --- the map ---

// The distance of σ(h_50) from its target, in bands of 0.05: 0 is clear, the furthest is darkest.
const BAND = 0.05, shade = (E) => 0.85 * Math.min(1, (Math.floor(Math.sqrt(E) / BAND) * BAND) / 0.65);
const GREY = [128, 137, 147];

// The shades of the whole map as the address of a picture: see-through grey, for any background.
function shades([ws, bs], columns = 360, rows = 252) {
  const sheet = html("canvas", { width: columns, height: rows }), pen = sheet.getContext("2d");
  const image = pen.createImageData(columns, rows);
  const middle = ([low, high], i, count) => low + ((high - low) * (i + 0.5)) / count;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const { E } = error(middle(ws, column, columns), middle(bs, rows - 1 - row, rows));
      image.data.set([...GREY, 255 * shade(E)], 4 * (row * columns + column));
    }
  }
  pen.putImageData(image, 0, 0);
  return sheet.toDataURL();
}

const ticks = ([low, high], by) => Array.from({ length: Math.round((high - low) / by) + 1 }, (_, i) => low + by * i);

function map(width, height, picture, [ws, bs], path) {
  const [left, right, top, bottom] = [52, width - 12, 40, height - 46];
  const x = (w) => left + ((right - left) * (w - ws[0])) / (ws[1] - ws[0]);
  const y = (b) => bottom + ((top - bottom) * (b - bs[0])) / (bs[1] - bs[0]);
  const within = path.filter((point) => inside([ws, bs], point)), ball = within.at(-1), thrown = path.length > within.length;
  const points = within.map(({ w, b }) => `${x(w)},${y(b)}`).join(" ");
  const at = (kind, point, r) => svg("circle", { class: `${kind} kind-gradient`, cx: x(point.w), cy: y(point.b), r });
  return canvas(width, height, "Map of the error over w and b, with the path of the ball", words(4, 14, "error, and the path of the ball", "start"),
    svg("image", { href: picture, x: left, y: top, width: right - left, height: bottom - top, preserveAspectRatio: "none" }),
    svg("rect", { class: "axis", x: left, y: top, width: right - left, height: bottom - top }),
    ...ticks(ws, 0.2).map((w) => words(x(w), bottom + 16, number(w, 1), "small")),
    ...ticks(bs, 0.2).map((b) => words(left - 6, y(b), number(b, 1), "end small")),
    words((left + right) / 2, bottom + 34, "w", "math"), words(10, (top + bottom) / 2, "b", "math"),
    svg("polyline", { class: "halo", points }), svg("polyline", { class: "curve kind-gradient", points }),
    ...within.slice(1, -1).map((point) => at("mark", point, 2)), at("ring", path[0], 8), at("ball", ball, 6),
    ...(thrown ? [arrow([x(ball.w), y(ball.b)], edge([x(ball.w), y(ball.b)], [x(path.at(-1).w), y(path.at(-1).b)], [left, right, top, bottom]))] : []));
}

// Where the way from one point to another leaves a rectangle.
function edge([x, y], [toX, toY], [left, right, top, bottom]) {
  const share = (from, to, low, high) => (to > high ? (high - from) / (to - from) : to < low ? (low - from) / (to - from) : 1);
  const part = Math.min(share(x, toX, left, right), share(y, toY, top, bottom));
  return [x + part * (toX - x), y + part * (toY - y)];
}

const legend = () => html("p", { class: "legend" }, html("span", {}, "error:"), ...[0, 0.01, 0.04, 0.16, 0.36].map((E) => html("span", {},
  svg("svg", { width: 22, height: 16, "aria-hidden": "true" }, svg("rect", { class: "axis", width: 22, height: 16, style: `fill:rgb(${GREY.join(" ")} / ${shade(E)})` })), String(E))));

function render(context) {
  const { model } = context, view = frame(context), get = (name) => model.get(name), ranges = get("ranges");
  const more = (count) => button(count === 1 ? "One step" : "Ten steps", () => view.set("steps", Math.min(MOST_STEPS, get("steps") + count)));
  const steppers = [more(1), more(10)], reset = button("Reset", () => view.set("steps", 0));
  const spot = (name, [min, max]) => view.slider(name, `start *${name}*`, { min, max, step: 0.05, format: (value) => number(value) });
  view.controls.append(
    spot("w", ranges[0]), spot("b", ranges[1]),
    view.slider("learning_rate", "learning rate", { values: get("learning_rates") }),
    view.slider("threshold", "clip at", { values: get("thresholds"), format: (value) => value ?? "no clipping" }),
    html("div", { class: "buttons" }, ...steppers, reset));
  const picture = html("div", { class: "charts" }), surface = shades(ranges);
  view.picture.append(legend(), picture);

  return view.keepDrawn(["w", "b", "learning_rate", "threshold", "steps"], (width) => {
    const rate = get("learning_rate"), threshold = get("threshold"), steps = get("steps");
    const path = descend(ranges, { w: get("w"), b: get("b") }, rate, threshold, steps), ball = path.at(-1);
    const thrown = !inside(ranges, ball), visits = thrown ? path.slice(0, -1) : path, before = visits.at(-1);
    const each = width < 560 ? width : (width - 24) / 2, last = Math.max(20, steps);
    picture.replaceChildren(
      map(each, 320, surface, ranges, path),
      lineChart(each, "Curve: the length of the gradient before each step", "length of the gradient before each step",
        { last, ticks: [1e-3, 1e-2, 0.1, 1, 10, 100, 1e3, 1e4], place: Math.log10, height: 320, across: "step" },
        ...(threshold === null ? [] : [{ kind: "weight dashed", points: [[0, threshold], [last, threshold]] }]),
        { kind: "gradient", points: visits.map(({ length }, step) => [step, length]), dots: true }));
    for (const stepper of steppers) enable(stepper, !thrown && steps < MOST_STEPS);
    enable(reset, steps > 0);
    const cut = visits.slice(0, path.length - 1).filter(({ kept }) => kept < 1).length, done = path.length - 1;
    const gradient = `${rounded(before.length)}${before.kept < 1 ? `, clipped to ${threshold}` : ""}`, size = rounded(Math.hypot(before.step.w, before.step.b));
    view.say((thrown
      ? `Step ${done} throws the ball out of the map, to *w* = ${number(ball.w)} and *b* = ${number(ball.b)}: the gradient was ${gradient}, so the step was ${size} long.`
      : `${done ? `Step ${done}` : "Start"}: *w* = ${number(ball.w)}, *b* = ${number(ball.b)}, *E* = ${number(ball.E, 4)}. The length of the gradient is ${gradient}; the next step will be ${size} long.`) +
      (threshold === null ? "" : ` So far ${cut} of ${done} steps were clipped.`));
  });
}
export default { render };
