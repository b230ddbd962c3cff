// One unit of an LSTM: what one time step makes of the memory, part by part.
import { canvas } from "./common.mjs";
import { RADIUS, TALL, beside, gate, given, inside, layout, operator, pipe, quantity, shown, signal, unitStep } from "./unit_step.mjs";

// c_t = f c_{t−1} + i g,  h_t = o tanh(c_t), where the argument c is c_{t−1}.
export function lstmStep({ i, f, g, o, c }) {
  const kept = f * c, written = i * g, next = kept + written, squashed = Math.tanh(next);
  return { kept, written, c: next, squashed, h: o * squashed };
}

function sentence(stage, { i, f, g, o, c }) {
  const { kept, written, c: next, squashed, h } = lstmStep({ i, f, g, o, c });
  const share = (value, whole) => (value === 0 ? `nothing of ${whole}` : value === 1 ? `all of ${whole}` : `${Math.round(100 * value)} % of ${whole}`);
  return {
    forget: () => `The forget gate keeps ${share(f, "the memory")}: *f_t c_{t−1}* = ${shown(f)} × ${inside(c)} = ${shown(kept)}.`,
    input: () => `The input gate will let in ${share(i, "the candidate")}: *i_t* = ${shown(i)}.`,
    candidate: () => `The candidate *g_t* is what could be written. Let in is *i_t g_t* = ${shown(i)} × ${inside(g)} = ${shown(written)}.`,
    cell: () => `The memory is what was kept plus what is written: *c_t = f_t c_{t−1} + i_t g_t* = ` +
      `${shown(f)} × ${inside(c)} + ${shown(i)} × ${inside(g)} = ${shown(next)}.`,
    output: () => `The output gate shows ${share(o, "tanh(*c_t*)")}: *h_t = o_t* tanh(*c_t*) = ` +
      `${shown(o)} × tanh(${shown(next)}) = ${shown(o)} × ${inside(squashed)} = ${shown(h)}.`,
  }[stage]();
}

const ROW = { memory: 42, middle: 114, output: 178, gates: 252, bus: 316 };

function draw(width, settings, state) {
  const { i, f, g, o, c } = settings, { kept, written, c: next, squashed, h } = lstmStep(settings);
  const { whole, roomy, x, wide, end } = layout(width), [up, down] = [-RADIUS, RADIUS];
  const at = { start: end / 2 + 2, f: x(90), i: x(148), plus: x(175), g: x(202), o: x(256), end: whole - end / 2 - 2 };
  const above = ROW.gates - TALL / 2, below = ROW.gates + TALL / 2, join = at.start + end / 2 + 8;
  return canvas(whole, ROW.bus + 32, "One unit of an LSTM, computed as far as the text below says",
    // what sets the gates, and what the gates work on
    ...[-16, 16].map((shift) => signal("quiet plain", [at.start, ROW.bus + shift], [join, ROW.bus + shift], [join, ROW.bus])),
    given("hidden", at.start, ROW.bus - 16, end, "h_{t−1}"), given("input", at.start, ROW.bus + 16, end, "x_t"),
    ...[at.f, at.i, at.g, at.o].map((to) => signal("quiet", [join, ROW.bus], [to, ROW.bus], [to, below])),
    signal(state("forget"), [at.f, above], [at.f, ROW.memory + down]),
    signal(state("candidate"), [at.i, above], [at.i, ROW.middle], [at.plus + up, ROW.middle]),
    signal(state("output"), [at.o, above], [at.o, ROW.output + down]),
    gate("weight", state("forget"), at.f, ROW.gates, wide, "f_t", f, "σ"), gate("weight", state("input"), at.i, ROW.gates, wide, "i_t", i, "σ"),
    gate("input", state("candidate"), at.g, ROW.gates, wide, "g_t", g, "tanh", true), gate("weight", state("output"), at.o, ROW.gates, wide, "o_t", o, "σ"),
    // the memory line, what is written to it, and what is read from it
    pipe("memory", "", c, [at.start + end / 2, ROW.memory], [at.f + up, ROW.memory]),
    pipe("memory", state("forget"), kept, [at.f + down, ROW.memory], [at.plus + up, ROW.memory]),
    pipe("input", state("candidate"), g, [at.g, above], [at.g, ROW.middle], [at.plus + down, ROW.middle]),
    pipe("input", state("candidate"), written, [at.plus, ROW.middle + up], [at.plus, ROW.memory + down]),
    pipe("memory", state("output"), next, [at.o, ROW.memory], [at.o, ROW.middle - 12]),
    pipe("memory", state("cell"), next, [at.plus + down, ROW.memory], [at.end - end / 2, ROW.memory]),
    pipe("hidden", state("output"), squashed, [at.o, ROW.middle + 12], [at.o, ROW.output + up]),
    pipe("hidden", state("output"), h, [at.o + down, ROW.output], [at.end - end / 2, ROW.output]),
    operator(state("forget"), at.f, ROW.memory, "×"), operator(state("candidate"), at.plus, ROW.middle, "×"),
    operator(state("cell"), at.plus, ROW.memory, "+"), operator(state("output"), at.o, ROW.output, "×"),
    operator(state("output"), at.o, ROW.middle, "tanh"),
    quantity("memory", "", at.start, ROW.memory, end, "c_{t−1}", c), quantity("memory", state("cell"), at.end, ROW.memory, end, "c_t", next),
    quantity("hidden", state("output"), at.end, ROW.output, end, "h_t", h),
    ...beside(state("forget"), (at.f + at.plus) / 2, ROW.memory, kept, "f_t c_{t−1}", { roomy }),
    ...beside(state("candidate"), at.plus + 12, (ROW.memory + ROW.middle) / 2, written, "i_t g_t", { roomy, upright: true }),
    ...beside(state("output"), at.o + 12, (ROW.middle + ROW.output) / 2 - 2, squashed, "", { roomy: false, upright: true }));
}

const render = (context) => unitStep(context, {
  names: ["i", "f", "g", "o", "c"], state: "c", compute: lstmStep, draw, sentence,
  stages: { forget: "forget", input: "input", candidate: "candidate", cell: "cell", output: "output" },
  curves: [{ kind: "memory", name: "memory *c_t*", of: "c", from: "cell" }, { kind: "hidden dashed", name: "output *h_t*", of: "h", from: "output" }],
  gates: { f: "forget", i: "input", o: "output" },
  presets: { keep: { f: 1, i: 0, o: 0 }, write: { f: 0, i: 1, o: 0 }, add: { f: 1, i: 1, o: 0 }, read: { f: 1, i: 0, o: 1 }, forget: { f: 0, i: 0, o: 0 } },
  sliders: [["f", "forget *f_t*", 0, 1], ["i", "input *i_t*", 0, 1], ["g", "candidate *g_t*", -1, 1], ["o", "output *o_t*", 0, 1], ["c", "memory *c_{t−1}*", -3, 3]],
});
export default { render };
