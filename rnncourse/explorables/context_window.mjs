// word2vec's window on a sentence: which words are given, which are to be told from which noise.
import { button, frame, html, number } from "./common.mjs";
import { draw } from "./random.mjs";

// Places of the words around one place, at most `window` away, within a sentence.
export const around = (place, window, length) =>
  Array.from({ length }, (_, i) => i).filter((i) => i !== place && Math.abs(i - place) <= window);

// What the model is given (the bag) and what it is to tell from noise (the target), as places.
export function examples(architecture, place, window, length) {
  const context = around(place, window, length);
  return architecture === "cbow" ? [{ bag: context, target: place }] : context.map((target) => ({ bag: [place], target }));
}

// Each word's chance to be drawn as noise: its count to the power ¾, as a share.
export function noiseDistribution(counts) {
  const powers = counts.map((n) => n ** 0.75), total = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / total);
}

// The noise of one example does not depend on the window, so that more context leaves it alone.
export const noise = (chances, count, { seed, drawn, place, target }) =>
  draw(chances, count, [seed, drawn, place, target].reduce((mixed, n) => Math.imul(mixed, 1000003) + n, 0));

const many = (count, name) => `${count} ${name}${count === 1 ? "" : "s"}`;
const token = (kind, word) => html("span", { class: `token ${kind}` }, word);

// A word of the sentence: what it is to the centre, by an arrow and by colour, and how often it is left out.
function spot(word, i, { place, window, architecture, dropped }) {
  const given = architecture === "cbow", centre = i === place, near = !centre && Math.abs(i - place) <= window;
  const role = centre ? "centre" : !near ? "\u00a0" : (i < place) === given ? "→" : "←";
  const kind = !centre && !near ? "" : centre === given ? "kind-output" : "kind-input";
  return html("span", { class: "spot", "data-place": i },
    html("span", { class: "role" }, role), token(kind, word), html("span", { class: "dropped" }, dropped[i] < 0.005 ? "\u00a0" : `${number(100 * dropped[i], 0)} % out`));
}

const noiseWord = (word, target) => html("span", { class: "token noise" }, ...(word === target ? [html("s", {}, word), " (target)"] : [word]));

function row({ bag, target }, sentence, drawn, vocabulary) {
  return html("tr", {},
    html("td", {}, ...bag.flatMap((i) => [token("kind-input", sentence[i]), " "])),
    html("td", {}, html("span", { class: "aim" }, "→", token("kind-output", sentence[target]))),
    html("td", {}, ...drawn.flatMap((n) => [noiseWord(vocabulary[n], sentence[target]), " "])));
}

export function summary(architecture, bags, negatives, centre) {
  if (architecture === "cbow") return `${centre}: one example. The mean of ${many(bags[0].bag.length, "context word")} is to tell it from ${many(negatives, "noise word")}.`;
  return `${centre}: ${many(bags.length, "example")}, one a context word. Each is to be told from ${many(negatives, "noise word")} of its own, ${bags.length * negatives} in all.`;
}

function render(context) {
  const { model } = context, view = frame(context), get = (name) => model.get(name);
  const sentence = get("sentence"), vocabulary = get("vocabulary"), chances = noiseDistribution(get("counts"));
  const places = view.slider("place", "centre word", { values: sentence.map((_, i) => i + 1), format: (place) => `${place} of ${sentence.length}` });
  view.controls.append(places,
    view.slider("window", "window", { min: 1, max: 5 }),
    view.slider("negatives", "noise words", { min: 1, max: 10 }),
    view.choice("architecture", "model", { "skip-gram": "skip-gram", cbow: "CBOW" }),
    button("Draw noise again", () => view.set("drawn", get("drawn") + 1)));
  const text = html("div", { class: "spots" });
  const rows = html("tbody"), table = html("table", { class: "pairs" },
    html("thead", {}, html("tr", {}, ...["bag", "target", "noise words"].map((name) => html("th", { scope: "col" }, name)))), rows);
  view.picture.append(text, view.live, table);

  const slider = places.querySelector("input");
  text.addEventListener("click", ({ target }) => {
    const spot = target.closest(".spot");
    if (spot) view.set("place", Number(spot.dataset.place) + 1);
    slider.focus(); // the arrow keys go on from there
  });

  return view.keepDrawn(["place", "window", "architecture", "negatives", "drawn"], () => {
    const place = get("place") - 1, architecture = get("architecture"), window = get("window"), negatives = get("negatives");
    const found = examples(architecture, place, window, sentence.length);
    text.replaceChildren(...sentence.map((word, i) => spot(word, i, { place, window, architecture, dropped: get("dropped") })));
    rows.replaceChildren(...found.map((example) =>
      row(example, sentence, noise(chances, negatives, { seed: get("seed"), drawn: get("drawn"), place, target: example.target }), vocabulary)));
    view.live.replaceChildren(summary(architecture, found, negatives, `Centre word ${place + 1}, “${sentence[place]}”`),
      get("drawn") ? ` Noise drawn ${get("drawn") + 1} times.` : "");
  });
}
export default { render };
