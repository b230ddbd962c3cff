// Deep recurrent networks by their wiring: the graph over four steps, sizes, parameters, expression.
import { arrow, box, canvas, frame, html, maths, svg, words } from "./common.mjs";

const GATES = { RNN: 1, GRU: 3, LSTM: 4 };
const AHEAD = 1, BACK = -1, turned = (layer) => (layer % 2 ? BACK : AHEAD);
// The ways in which the cells of a layer read (layers count from 0 here): a list for each chain.
const WIRINGS = {
  one: () => [[AHEAD]],
  joined: () => [[AHEAD, BACK]],
  apart: () => [[AHEAD], [BACK]],
  turning: (layer) => [[turned(layer)]],
  both_turning: (layer) => [[turned(layer)], [-turned(layer)]],
};
const range = (length) => Array.from({ length }, (_, i) => i);

// What each layer reads and holds, and the features of the outputs and of the final summary.
export function plan({ cell, wiring, layers, shortcut, input_size, hidden_size }) {
  const chains = WIRINGS[wiring](0), written = chains[0].length * hidden_size;
  const rows = [];
  let reads = input_size;
  for (const number of range(layers)) {
    const each = GATES[cell] * hidden_size * (reads + hidden_size + 2); // W_ih, W_hh, b_ih, b_hh
    const projection = shortcut === "residual" && reads !== written ? (reads + 1) * written : 0;
    const cells = chains.flat().length, projections = chains.length * projection;
    rows.push({ layer: number + 1, reads, cells, each, projections, parameters: cells * each + projections });
    reads = shortcut === "dense" ? reads + written : written;
  }
  const parameters = rows.reduce((sum, row) => sum + row.parameters, 0);
  return { rows, parameters, outputs: chains.length * reads, summary: chains.length * written };
}

// --- the package's expression, in lines of up to `columns` characters where they can be ---

const call = (open, items, close = ")") => ({ open, items, close });
const tuple = (open, items, close) => ({ ...call(open, items, close), lone: items.length === 1 ? "," : "" });
const flat = (node) => (node.items ? `${node.open}${node.items.map(flat).join(", ")}${node.lone ?? ""}${node.close}` : node);
function laid(node, columns, indent = "") {
  const line = flat(node), inner = `${indent}    `;
  if (!node.items || indent.length + line.length < columns) return line; // below: a comma may follow
  return `${node.open}\n${node.items.map((item) => `${inner}${laid(item, columns, inner)},\n`).join("")}${indent}${node.close}`;
}

export function expression(settings, columns = 100) {
  const { cell, wiring, layers, shortcut, hidden_size } = settings, { rows } = plan(settings);
  const recurrent = (number) => call("Recurrent(", [`${cell}(${rows[number].reads}, ${hidden_size})`]);
  const layer = (number, ways) => (ways.length === 2 ? call("Bidirectional(", [recurrent(number), recurrent(number)])
    : ways[0] === AHEAD ? recurrent(number) : call("Reversed(", [recurrent(number)]));
  const stack = (chain, sign) => tuple("Stack((", range(layers).map((number) => layer(number, WIRINGS[wiring](number)[chain].map((way) => sign * way))),
    shortcut === "none" ? "))" : `), shortcut="${shortcut}")`);
  // Bidirectional turns its second chain round, so there a layer that reads back is written as one that reads ahead.
  return laid(WIRINGS[wiring](0).length === 1 ? stack(0, 1) : call("Bidirectional(", [stack(0, 1), stack(1, -1)]), columns);
}

// The module of torch.nn with this wiring, if there is one. One layer has no layers to wire.
const twoWay = (wiring) => WIRINGS[wiring](0).flat().length === 2;
export const torch = ({ cell, wiring, layers, shortcut, input_size, hidden_size }) =>
  (shortcut === "none" && (layers === 1 || wiring === "one" || wiring === "joined")
    ? `nn.${cell}(${input_size}, ${hidden_size}, num_layers=${layers}${twoWay(wiring) ? ", bidirectional=True" : ""})` : "");

const counted = (value) => String(value).replace(/\B(?=(\d{3})+$)/g, ",");
const ABOUT = {
  one: "Every layer reads left to right: no output knows what stands to its right.",
  joined: "From layer 2 on, each direction reads both directions of the layer below.",
  apart: "The two directions meet above the top layer alone.",
  turning: "Each layer reads the other way what the layer below wrote.",
  both_turning: "In each chain every layer reads the other way; the chains meet above the top layer alone.",
};
function about({ wiring, layers, shortcut }) {
  if (layers > 1 || wiring === "one") return ABOUT[wiring];
  if (wiring === "turning") return "One layer has nothing to turn: it reads left to right.";
  return shortcut === "none" ? "With one layer the three wirings that read both ways are the same." : "With one layer the three wirings that read both ways differ in their shortcuts alone.";
}
export function sentence(settings) {
  const { parameters, outputs, summary } = plan(settings), module = torch(settings);
  return `${counted(parameters)} parameters; outputs (T, N, ${outputs}), final summary (N, ${summary}). ${about(settings)} ` +
    (module ? `In PyTorch: \`${module}\`.` : "No one module of `torch.nn` is wired like this.");
}

// --- drawing ---

const STEPS = 4, HALF = 15, TALL = 26, ASIDE = 20, LANE = 21, ROW = 38, GAP = 24, NODE = 10, BAR = 29;
const NAMES = { [AHEAD]: "left to right", [BACK]: "right to left" };

// What joins or adds the vectors that come in.
const operator = (x, y, half, sign) => [box("weight", x, y, 2 * half, 2 * NODE, "round"), words(x, y, sign)];

function graph(width, settings) {
  const { wiring, layers, shortcut } = settings, { rows } = plan(settings), whole = Math.min(width, 560);
  const first = WIRINGS[wiring](0), two = twoWay(wiring), joined = first[0].length === 2;
  const left = whole > 440 ? 56 : 16, pitch = (whole - left) / STEPS, rise = TALL + (two ? ROW : 0), bar = two ? BAR : HALF;
  const lift = ({ projections }) => (!joined && shortcut === "none" ? 0 : (projections ? 46 : 28) + NODE); // to the top of what joins or adds
  const height = rows.reduce((sum, row) => sum + GAP + rise + lift(row), 2 * TALL + GAP + 16 + (first.length === 2 ? GAP + 2 * NODE : 0));
  const steps = range(STEPS), column = (step) => left + pitch * (step + 0.5) + 3;
  const place = (index) => (two ? (index ? ASIDE : -ASIDE) : 0); // of a cell in its column
  const marks = steps.flatMap((step) => [box("input", column(step), height - 12 - TALL / 2, 2 * bar, TALL), maths(column(step), height - 13 - TALL / 2, `x_${step + 1}`)]);
  let floor = height - 12 - TALL, tops = first.map(() => floor); // the highest mark so far, and where each chain goes on from

  rows.forEach((row, number) => {
    const chains = WIRINGS[wiring](number), top = floor - GAP - rise - lift(row), node = top + NODE;
    const cellY = (index) => floor - GAP - TALL / 2 - (index ? ROW : 0);
    const numberY = floor - GAP - rise / 2;
    marks.push(words(0, numberY, whole > 440 ? `layer ${row.layer}` : row.layer, "start small"));
    chains.forEach((ways, chain) => steps.forEach((step) => {
      const places = ways.map((_, k) => column(step) + place(chain + k)), middle = joined ? column(step) : places[0];
      if (shortcut !== "none") {
        const lane = places[0] - LANE;
        marks.push(svg("g", { class: "shortcut" },
          arrow([places[0], tops[chain] - 7], [lane, tops[chain] - 7], [lane, node], [middle - (joined ? BAR : NODE), node])));
        if (row.projections) marks.push(box("weight", lane, node + 23, 22, 17), words(lane, node + 23, "W", "tiny math"));
      }
      ways.forEach((way, k) => {
        const x = places[k], y = cellY(chain + k), next = step + way, ends = next < 0 || next === STEPS;
        marks.push(arrow([x, tops[chain]], [x, y + TALL / 2]));
        if (!ends) marks.push(arrow([x + way * HALF, y], [x + way * (pitch - HALF), y]));
        if (lift(row)) marks.push(arrow([x, y - TALL / 2], [x, node + NODE]));
        marks.push(box("hidden", x, y, 2 * HALF, TALL, ends && row.layer === layers ? "now" : ""), maths(x, y - 1, `h_${step + 1}`));
      });
      if (lift(row)) marks.push(...operator(middle, node, joined ? BAR : NODE, joined && shortcut === "residual" ? "; +" : shortcut === "residual" ? "+" : ";"));
    }));
    tops = chains.map((_, chain) => (lift(row) ? top : cellY(chain) - TALL / 2));
    floor = top;
  });

  for (const step of steps) {
    const x = column(step), meet = floor - GAP - NODE;
    if (first.length === 2) marks.push(...tops.map((top, chain) => arrow([x + place(chain), top], [x + place(chain), meet + NODE])).concat(operator(x, meet, BAR, ";")));
    marks.push(arrow([x, first.length === 2 ? meet - NODE : floor], [x, 4 + TALL]), box("output", x, 4 + TALL / 2, 2 * bar, TALL), maths(x, 3 + TALL / 2, `y_${step + 1}`));
  }
  const said = rows.map((row, number) => `layer ${row.layer} reads ${WIRINGS[wiring](number).flat().map((way) => NAMES[way]).join(" and ")}`);
  return canvas(whole, height, `Four time steps: ${said.join(", ")}`, ...marks);
}

const HEADS = { layer: "layer", reads: "features read", cells: "cells", each: "each cell", projections: "projections", parameters: "together" };
function table(rows) {
  const cell = (row, name) => (name === "layer" ? html("th", { scope: "row" }, row.layer) : html("td", {}, counted(row[name])));
  return html("table", { class: "numbers" }, html("caption", {}, "Parameters of each cell, of the projections, and of the layer together"),
    html("tr", {}, ...Object.values(HEADS).map((head) => html("th", { scope: "col" }, head))),
    ...rows.map((row) => html("tr", {}, ...Object.keys(HEADS).map((name) => cell(row, name)))));
}

const CHOICES = ["cell", "wiring", "layers", "shortcut", "input_size", "hidden_size"];
const SIZES = range(10).map((power) => 2 ** power);

function render(context) {
  const { model } = context, view = frame(context);
  view.controls.append(view.choice("wiring", "wiring", { one: "one direction", joined: "joined at every layer", apart: "two chains apart", turning: "one chain that turns", both_turning: "two chains that turn" }),
    view.choice("cell", "cell", { RNN: "RNN", GRU: "GRU", LSTM: "LSTM" }),
    view.choice("shortcut", "shortcut", { none: "none", residual: "residual", dense: "dense" }),
    html("div", { class: "sliders" }, view.slider("layers", "layers *L*", { min: 1, max: 4 }),
      view.slider("input_size", "input size *D*", { values: SIZES }), view.slider("hidden_size", "hidden size *H*", { values: SIZES })));
  const listing = html("code"), counts = html("div");
  view.live.after(html("pre", { class: "listing" }, listing), counts);

  return view.keepDrawn(CHOICES, (width) => {
    const settings = Object.fromEntries(CHOICES.map((name) => [name, model.get(name)]));
    view.picture.replaceChildren(graph(width, settings));
    listing.textContent = expression(settings, Math.min(88, Math.floor((width - 20) / 8)));
    counts.replaceChildren(table(plan(settings).rows));
    view.say(sentence(settings));
  });
}
export default { render };
