// One unit of a GRU: what one time step makes of the state, part by part.
import { canvas } from "./common.mjs";
import { RADIUS, TALL, beside, gate, inside, layout, operator, pipe, quantity, shown, signal, unitStep } from "./unit_step.mjs";

// n_t = tanh(ax_n + r ah_n) with ah_n = w h_{t−1},  h_t = (1 − z) n_t + z h_{t−1}, where the argument h is h_{t−1}.
export function gruStep({ r, z, h, w, ax_n }) {
  const ah_n = w * h, gated = r * ah_n, a = ax_n + gated, n = Math.tanh(a), written = (1 - z) * n, kept = z * h;
  return { ah_n, gated, a, n, written, kept, h: written + kept };
}

function sentence(stage, settings) {
  const { r, z, h, ax_n, w } = settings, { ah_n, gated, a, n, h: next } = gruStep(settings);
  return {
    reset: () => `The reset gate lets ${Math.round(100 * r)} % of the state’s part into the candidate: *r_t w h_{t−1}* = ` +
      `${shown(r)} × ${inside(w)} × ${inside(h)} = ${shown(r)} × ${inside(ah_n)} = ${shown(gated)}.`,
    update: () => `The update gate keeps ${Math.round(100 * z)} % of the old state: *z_t h_{t−1}* = ${shown(z)} × ${inside(h)} = ${shown(z * h)}. ` +
      `The candidate will get the rest, 1 − *z_t* = ${shown(1 - z)}.`,
    candidate: () => `The candidate mixes the input’s part with what *r_t* let through: *n_t* = tanh(*ax_n + r_t ah_n*) = ` +
      `tanh(${shown(ax_n)} + ${inside(gated)}) = tanh(${shown(a)}) = ${shown(n)}.`,
    state: () => `The new state lies between the candidate and the old state: *h_t* = (1 − *z_t*) *n_t + z_t h_{t−1}* = ` +
      `${shown(1 - z)} × ${inside(n)} + ${shown(z)} × ${inside(h)} = ${shown(next)}.`,
  }[stage]();
}

const ROW = { state: 42, update: 116, candidate: 212, reset: 298 };

function draw(width, settings, state) {
  const { r, z, h, w, ax_n } = settings, { ah_n, gated, a, n, written, kept, h: next } = gruStep(settings);
  const { whole, roomy, x, wide, end } = layout(width), [up, down] = [-RADIUS, RADIUS];
  const at = { start: end / 2 + 2, r: x(106), z: x(140), sum: x(178), n: x(256), end: whole - end / 2 - 2 };
  const label = (stage, px, py, value, name, upright) => beside(state(stage), px, py, value, name, { roomy, upright });
  return canvas(whole, ROW.reset + TALL / 2 + 4, "One unit of a GRU, computed as far as the text below says",
    // the gates, and what they work on
    signal(state("reset"), [at.r, ROW.reset - TALL / 2], [at.r, ROW.candidate + down]),
    signal(state("update"), [at.z, ROW.update - TALL / 2], [at.z, ROW.state + down]),
    signal(state("update"), [at.z + wide / 2, ROW.update], [at.n + up, ROW.update]),
    gate("weight", state("reset"), at.r, ROW.reset, wide, "r_t", r, "σ"), gate("weight", state("update"), at.z, ROW.update, wide, "z_t", z, "σ"),
    gate("input", state("candidate"), at.n, ROW.candidate, wide, "n_t", n, "tanh", true),
    // the state line, and the candidate's way to it
    pipe("hidden", "", h, [at.start + end / 2, ROW.state], [at.z + up, ROW.state]),
    pipe("hidden", state("update"), kept, [at.z + down, ROW.state], [at.n + up, ROW.state]),
    pipe("hidden", state("state"), next, [at.n + down, ROW.state], [at.end - end / 2, ROW.state]),
    pipe("hidden", "", h, [at.start, ROW.state + 20], [at.start, ROW.candidate - 20]),
    pipe("hidden", state("reset"), ah_n, [at.start + end / 2, ROW.candidate], [at.r + up, ROW.candidate]),
    pipe("hidden", state("reset"), gated, [at.r + down, ROW.candidate], [at.sum + up, ROW.candidate]),
    pipe("input", state("candidate"), ax_n, [at.sum, ROW.reset - 20], [at.sum, ROW.candidate + down]),
    pipe("input", state("candidate"), a, [at.sum + down, ROW.candidate], [at.n - wide / 2, ROW.candidate]),
    pipe("input", state("candidate"), n, [at.n, ROW.candidate - TALL / 2], [at.n, ROW.update + down]),
    pipe("input", state("state"), written, [at.n, ROW.update + up], [at.n, ROW.state + down]),
    operator(state("update"), at.z, ROW.state, "×"), operator(state("state"), at.n, ROW.state, "+"), operator(state("state"), at.n, ROW.update, "×"),
    operator(state("reset"), at.r, ROW.candidate, "×"), operator(state("candidate"), at.sum, ROW.candidate, "+"),
    quantity("hidden", "", at.start, ROW.state, end, "h_{t−1}", h), quantity("hidden", state("state"), at.end, ROW.state, end, "h_t", next),
    quantity("weight", state("reset"), at.start, ROW.candidate, end, "w", w), quantity("input", state("candidate"), at.sum, ROW.reset, end, "ax_n", ax_n),
    ...label("update", (at.z + at.n) / 2, ROW.state, kept, "z_t h_{t−1}"), ...label("update", (at.z + wide / 2 + at.n) / 2, ROW.update, 1 - z, "1 − z_t"),
    ...label("reset", (at.start + end / 2 + at.r + up) / 2, ROW.candidate, ah_n, "ah_n"), ...label("reset", (at.r + at.sum) / 2, ROW.candidate, gated, "r_t ah_n"),
    ...label("candidate", (at.sum + down + at.n - wide / 2) / 2, ROW.candidate, a, "ax_n + r_t ah_n"),
    ...label("state", at.n + 12, (ROW.state + ROW.update) / 2, written, "(1 − z_t) n_t", true));
}

const render = (context) => unitStep(context, {
  names: ["r", "z", "h", "w", "ax_n"], state: "h", compute: gruStep, draw, sentence,
  stages: { reset: "reset", update: "update", candidate: "candidate", state: "state" },
  curves: [{ kind: "hidden", name: "state *h_t*", of: "h", from: "state" }, { kind: "input dashed", name: "candidate *n_t*", of: "n", from: "candidate" }],
  gates: { r: "reset", z: "update" },
  presets: { keep: { z: 1, r: 1 }, blend: { z: 0.5, r: 1 }, replace: { z: 0, r: 1 }, reset: { z: 0, r: 0 } },
  sliders: [["r", "reset *r_t*", 0, 1], ["z", "update *z_t*", 0, 1], ["ax_n", "input *ax_n*", -2, 2], ["w", "weight *w*", -2, 2], ["h", "state *h_{t−1}*", -1, 1]],
});
export default { render };
