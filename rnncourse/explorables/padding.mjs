// Rows of unlike length in batches: what is padding, how many steps the loop takes, what is computed.
import { canvas, frame, html, number, svg, words } from "./common.mjs";

// Parts of one size, or nearly: where that does not come out even, the first are longer by one.
function parted(rows, parts) {
  const size = Math.floor(rows.length / parts), longer = rows.length % parts;
  const start = (part) => part * size + Math.min(part, longer);
  return Array.from({ length: parts }, (_, part) => rows.slice(start(part), start(part + 1)));
}

// Batches of row numbers: rows by length, parted into buckets, each of these into batches in the
// order its rows came in.
export function batchesOf(lengths, batchSize, buckets) {
  const sorted = lengths.map((_, n) => n).sort((m, n) => lengths[m] - lengths[n] || m - n);
  return parted(sorted, buckets).flatMap((rows, bucket) =>
    parted(rows.sort((m, n) => m - n), Math.ceil(rows.length / batchSize)).map((part) => ({ bucket, rows: part })));
}

// How many rows are still running at each step, which PyTorch's PackedSequence calls batch_sizes.
export const runningRows = (lengths) =>
  Array.from({ length: Math.max(...lengths) }, (_, t) => lengths.filter((length) => length > t).length);

const sum = (values) => values.reduce((a, b) => a + b, 0);

// Over all batches, each given as the lengths of its rows: cells of the blocks, real steps among
// them, the share that is padding, and the steps that a loop over time takes.
export function totals(batches) {
  const cells = sum(batches.map((lengths) => lengths.length * Math.max(...lengths))), real = sum(batches.flat());
  return { cells, real, share: 1 - real / cells, steps: sum(batches.map((lengths) => Math.max(...lengths))) };
}

const many = (count, name, names = `${name}s`) => `${count} ${count === 1 ? name : names}`;

const PADDING = { padded: "padding, computed and in the loss", masked: "padding, computed but not in the loss" };
const KIND = { padded: "kind-weight padding", masked: "kind-weight padding masked" };
const swatch = (kind, name) => html("span", {},
  svg("svg", { width: 14, height: 14, "aria-hidden": "true" }, svg("rect", { class: kind, x: 1, y: 1, width: 12, height: 12 })), name);

const HIGH = 11, ROOM = 16; // of a cell; the least width of a column that has a number below it

// One batch: its rows as lines of cells, all the cells of a kind in one path.
function block(lengths, treatment, wide) {
  const steps = Math.max(...lengths), running = runningRows(lengths), counted = treatment === "packed" && wide >= ROOM;
  const cells = (row, from, to) =>
    Array.from({ length: to - from }, (_, i) => `M${(from + i) * wide + 1} ${row * HIGH + 1}h${wide - 2}v${HIGH - 2}h${2 - wide}z`).join("");
  const label = `${many(lengths.length, "row")} of ${lengths.join(", ")} steps` + (treatment === "packed" ? `; running at each step: ${running.join(", ")}` : "");
  return canvas(steps * wide, lengths.length * HIGH + (counted ? 18 : 0), label,
    svg("path", { class: "kind-input real", d: lengths.map((length, row) => cells(row, 0, length)).join("") }),
    ...(treatment === "packed" ? [] : [svg("path", { class: KIND[treatment], d: lengths.map((length, row) => cells(row, length, steps)).join("") })]),
    ...(counted ? running.map((rows, t) => words((t + 0.5) * wide, lengths.length * HIGH + 10, rows, "tiny")) : []));
}

function figure({ bucket, lengths }, place, buckets, treatment, wide) {
  const name = buckets > 1 ? `bucket ${bucket + 1}, batch ${place + 1}` : `batch ${place + 1}`;
  const list = treatment === "packed" && wide < ROOM ? [html("br"), `batch_sizes: ${runningRows(lengths).join(" ")}`] : [];
  return html("figure", {}, block(lengths, treatment, wide),
    html("figcaption", {}, `${name}: ${many(lengths.length, "row")} × ${many(Math.max(...lengths), "step")}`, ...list));
}

export function summary({ cells, real, share, steps }, batches, treatment) {
  const done = {
    padded: `All ${cells} are computed and all are in the loss, padding as if it were data.`,
    masked: `All ${cells} are computed, but only the ${real} real ones are in the loss.`,
    packed: `They are left out: only the ${real} real ones are computed and in the loss. Each batch is sorted, longest row first; the numbers below it are the rows still running at each step, \`batch_sizes\` in PyTorch.`,
  };
  return `${many(batches, "batch", "batches")}, together ${many(steps, "step")} of the loop. Of ${many(cells, "cell")}, ` +
    `${cells - real} are padding, ${number(100 * share, 1)} %. ${done[treatment]}`;
}

function render(context) {
  const { model } = context, view = frame(context), get = (name) => model.get(name), lengths = get("lengths");
  const upToAll = { min: 1, max: lengths.length };
  view.controls.append(
    view.slider("buckets", "buckets", upToAll),
    view.slider("batch_size", "rows in a batch", upToAll),
    view.choice("treatment", "rows are", { padded: "padded", masked: "padded and masked", packed: "packed" }));
  const legend = html("p", { class: "legend" }), blocks = html("div", { class: "batches" });
  view.picture.append(view.live, legend, blocks); // the numbers above the blocks, which may be many

  return view.keepDrawn(["batch_size", "buckets", "treatment"], (width) => {
    const buckets = get("buckets"), treatment = get("treatment"), wide = Math.max(3, Math.min(18, Math.floor(width / Math.max(...lengths))));
    const batches = batchesOf(lengths, get("batch_size"), buckets).map(({ bucket, rows }) => {
      const found = rows.map((n) => lengths[n]);
      return { bucket, lengths: treatment === "packed" ? found.sort((a, b) => b - a) : found };
    });
    legend.replaceChildren(swatch("kind-input real", "real step"), ...(PADDING[treatment] ? [swatch(KIND[treatment], PADDING[treatment])] : []));
    blocks.replaceChildren(...batches.map((batch, place) => figure(batch, place, buckets, treatment, wide)));
    view.say(summary(totals(batches.map((batch) => batch.lengths)), batches.length, treatment));
  });
}
export default { render };
