// A GRU reads what is typed, letter by letter; after each letter, its state and what it believes.
import { arrow, button, canvas, frame, html, newId, svg, visible, words } from "./common.mjs";

export const LONGEST = 24, END = "\n";

// What the network is given of a name: small letters, one without its accents where it does not
// know it with them, or nothing in its place; then the end of the line.
export function spelled(name, vocabulary) {
  const changed = new Set(), missing = new Set();
  let text = "";
  for (const letter of name.toLowerCase().normalize("NFC")) {
    const bare = letter === "’" ? "'" : letter.normalize("NFD").replace(/[\u0300-\u036f]/g, "");
    const read = [letter, bare].find((one) => vocabulary.includes(one));
    if (read === undefined) missing.add(letter);
    else text += read;
    if (read !== undefined && read !== letter) changed.add(`${letter} as ${read}`);
  }
  const letters = [...text.trim().replace(/ +/g, " ")].slice(0, LONGEST);
  return { symbols: letters.length ? [...letters, END] : [], changed: [...changed], missing: [...missing] };
}

const times = (W, v, b) => W.map((row, i) => row.reduce((sum, w, j) => sum + w * v[j], b[i]));
const sigmoid = (a) => 1 / (1 + Math.exp(-a));

// r, z = σ(ax + ah), n = tanh(ax_n + r ah_n), h_t = (1 − z) n + z h_{t−1}, from h_0 = 0 on.
export function states(ids, { E, W_ih, W_hh, b_ih, b_hh }) {
  const H = W_hh[0].length, hs = [Array(H).fill(0)];
  for (const id of ids) {
    const h = hs[hs.length - 1], ax = times(W_ih, E[id], b_ih), ah = times(W_hh, h, b_hh);
    hs.push(h.map((before, j) => {
      const r = sigmoid(ax[j] + ah[j]), z = sigmoid(ax[H + j] + ah[H + j]);
      const n = Math.tanh(ax[2 * H + j] + r * ah[2 * H + j]);
      return (1 - z) * n + z * before;
    }));
  }
  return hs;
}

// softmax(W h + b)
export function belief(h, { W, b }) {
  const logits = times(W, h, b), top = Math.max(...logits), powers = logits.map((z) => Math.exp(z - top));
  const total = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / total);
}

const percent = (p) => `${Math.round(100 * p)} %`;
const best = (beliefs) => beliefs.map((_, i) => i).sort((i, j) => beliefs[j] - beliefs[i] || i - j);
const quoted = (symbols) => `“${symbols.map(visible).join("")}”`;

// The letters, first to last: those that have been read are filled, the present one is marked.
function letterRow(width, symbols, step) {
  const room = Math.min(44, (width - 4) / symbols.length), side = room - Math.min(8, room / 6);
  const middle = (place) => 2 + room * (place + 0.5);
  return { x: middle(step - 1), drawn: symbols.map((symbol, place) =>
    svg("g", { class: "tap", "data-step": place + 1 },
      svg("rect", { class: `box kind-input ${place + 1 === step ? "now" : place < step ? "" : "ghost"}`, x: middle(place) - side / 2, y: 2, width: side, height: 40, rx: Math.min(7, side / 4) }),
      words(middle(place), 22, visible(symbol), place < step ? "strong" : "aside"))) };
}

// The state as a strip of cells, with a bar up for a positive number and down for a negative one.
function strip(width, h, top) {
  const room = (width - 4) / h.length, middle = top + 22;
  return h.flatMap((value, j) => [
    svg("rect", { class: "cell-of-state kind-hidden", x: 2 + room * j, y: top, width: room, height: 44 }),
    svg("rect", { class: "mark kind-hidden", x: 2 + room * j + 1.5, y: middle - Math.max(0, 20 * value), width: room - 3, height: 20 * Math.abs(value) })]);
}

// A bar for each language; a dashed outline is what it was before the last letter.
function bars(width, languages, now, before, top) {
  const columns = width < 560 ? 1 : 2, rows = Math.ceil(languages.length / columns), wide = width / columns;
  const name = 12 + 9.5 * Math.max(...languages.map((language) => language.length)), full = wide - name - 60;
  const first = best(now)[0];
  return { height: 24 * rows, drawn: languages.flatMap((language, i) => {
    const left = wide * Math.floor(i / rows) + name, y = top + 24 * (i % rows) + 12, kind = i === first ? "strong" : "";
    return [
      words(left - 8, y, language, `end ${kind}`),
      svg("rect", { class: "bar kind-output", x: left, y: y - 8, width: full * now[i], height: 16 }),
      svg("rect", { class: "box ghost kind-output", x: left, y: y - 8, width: Math.max(1, full * before[i]), height: 16 }),
      words(left + full + 50, y, percent(now[i]), `end ${kind}`)];
  }) };
}

function drawing(width, languages, symbols, step, h, now, before) {
  const letters = letterRow(width, symbols, step), middle = (2 + width) / 2;
  const below = bars(width, languages, now, before, 166);
  const spoken = best(now).map((i) => `${languages[i]} ${percent(now[i])}`).join(", ");
  return canvas(width, 166 + below.height, `Read: ${quoted(symbols.slice(0, step))}. ${spoken}`,
    ...letters.drawn, arrow([letters.x, 43], [letters.x, 76]),
    words(letters.x < middle ? width - 2 : 2, 62, `hidden state: ${h.length} numbers`, letters.x < middle ? "end aside" : "start aside"),
    ...strip(width, h, 78), arrow([middle, 123], [middle, 156]), words(middle + 12, 140, "which language?", "start aside"), ...below.drawn);
}

function render(context) {
  const { model } = context, view = frame(context), get = (name) => model.get(name);
  const vocabulary = get("vocabulary"), weights = get("weights"), languages = get("languages"), field = newId();
  const start = (name) => { view.set("name", name); view.set("step", LONGEST + 1); }; // more than there are: all
  const input = html("input", { type: "text", id: field, autocomplete: "off", autocapitalize: "off", spellcheck: "false", input: () => start(input.value) });
  const along = view.slider("step", "letter", { min: 1, max: LONGEST + 1 });
  const slider = along.querySelector("input"), place = along.querySelector("output");
  view.controls.append(html("div", { class: "search" }, html("label", { for: field }, "name"), input), along,
    html("div", { class: "buttons presets", role: "group", "aria-label": "Names to try" }, html("span", {}, "or try"),
      ...get("examples").map((name) => button(name, () => start(name)))));
  const picture = html("div");
  view.picture.append(view.live, picture);
  picture.addEventListener("click", ({ target }) => {
    const letter = target.closest(".tap");
    if (!letter) return;
    view.set("step", Number(letter.dataset.step));
    slider.focus(); // the arrow keys go on from there
  });

  return view.keepDrawn(["name", "step"], (width) => {
    const { symbols, changed, missing } = spelled(get("name"), vocabulary), last = symbols.length, step = Math.min(get("step"), last);
    if (input.value !== get("name")) input.value = get("name");
    const left = missing.length ? `${missing.join(" ")}: not among the letters that this network has met, so left out. ` : "";
    if (!last) {
      picture.replaceChildren();
      return view.live.replaceChildren(get("name").trim() ? `${left}Write the name in Latin letters.` : "Type a name: any one, also your own.");
    }
    Object.assign(slider, { max: last, value: step });
    place.textContent = `${step} of ${last}`;
    slider.setAttribute("aria-valuetext", place.textContent);
    const hs = states(symbols.slice(0, step).map((symbol) => vocabulary.indexOf(symbol)), weights);
    const now = belief(hs[step], weights), before = belief(hs[step - 1], weights), [first, second] = best(now);
    picture.replaceChildren(drawing(width, languages, symbols, step, hs[step], now, before));
    view.live.replaceChildren(`After ${quoted(symbols.slice(0, step))}: `, html("strong", {}, `${languages[first]} ${percent(now[first])}`), `, then ${languages[second]} ${percent(now[second])}. ` +
      `${left}${changed.length ? `It reads ${changed.join(", ")}, which it has met.` : ""}`);
  });
}
export default { render };
