// A text whose characters are coloured by the value of one unit of a gated network.
import { frame, html, inline, number, visible } from "./common.mjs";

const NAMES = {
  i: "input gate i", f: "forget gate f", g: "candidate g", o: "output gate o", c: "cell state c", h: "hidden state h",
  r: "reset gate r", z: "update gate z", n: "candidate n",
};

// Where a value's bar begins and ends and where the line of zero is, as parts of the lane's height
// from the bottom, and how strong the colour is.
export function bar(value, [low, high]) {
  const height = (v) => (v - low) / (high - low), ends = [height(0), height(value)];
  return { zero: ends[0], from: Math.min(...ends), to: Math.max(...ends), strength: Math.abs(value) / high };
}

export const summary = (values) => ({
  lowest: Math.min(...values), highest: Math.max(...values), mean: values.reduce((a, b) => a + b) / values.length,
});

function paint(letter, value, range) {
  const { zero, from, to, strength } = bar(value, range);
  letter.setAttribute("style", `--zero:${zero};--from:${100 * from}%;--to:${100 * to}%;--strength:${100 * strength}%`);
  letter.classList.remove("kind-input", "kind-hidden");
  letter.classList.add(value < 0 ? "kind-hidden" : "kind-input");
  return letter;
}

const threeDigits = (value) => String(Number(value.toPrecision(3))).replace("-", "−");
const samples = ([low, high]) => [0, 0.25, 0.5, 0.75, 1].map((part) => low + part * (high - low))
  .map((value) => paint(html("span", { class: "letter" }, threeDigits(value)), value, [low, high]));

function render(context) {
  const { model } = context, view = frame(context), get = (name) => model.get(name);
  const characters = [...get("text")], blocks = get("blocks"), units = get("units");
  const letters = characters.map((character, place) =>
    html("span", { class: "letter", "data-place": place }, character === " " ? character : visible(character)));
  const text = html("div", { class: "letters", role: "img" }, ...letters.flatMap((letter, place) =>
    (characters[place] === "\n" ? [letter, html("br")] : [letter])));
  const legend = html("p", { class: "legend letter-legend" }), about = html("p", { role: "status" });
  const along = view.slider("position", "character", { max: characters.length - 1, format: (place) => `${place + 1} of ${characters.length}` });
  if (blocks.length > 1) view.controls.append(view.choice("block", "show", Object.fromEntries(blocks.map((name) => [name, NAMES[name] ?? name]))));
  if (units.length > 1) view.controls.append(view.slider("unit", "unit", { values: units }));
  view.controls.append(along);
  view.picture.append(legend, view.live, text, about); // the value above the text: on a phone the text is long

  const point = ({ target }) => target.dataset.place && view.set("position", Number(target.dataset.place));
  text.addEventListener("pointerover", point);
  text.addEventListener("click", (event) => { point(event); along.querySelector("input").focus(); }); // the arrow keys go on from there

  let shown; // the block and unit that the text is painted for
  return view.keepDrawn(["block", "unit", "position"], () => {
    const block = get("block"), unit = get("unit"), place = get("position"), range = get("ranges")[block];
    const values = get("values")[block][units.indexOf(unit)].map((hundredths) => hundredths / 100);
    const name = NAMES[block] ?? block;
    if (shown !== `${block} ${unit}`) {
      shown = `${block} ${unit}`;
      letters.forEach((letter, i) => paint(letter, values[i], range));
      legend.replaceChildren(html("span", {}, "value:"), ...samples(range));
      const { lowest, mean, highest } = summary(values), note = get("notes")[block]?.[unit];
      text.setAttribute("aria-label", `The text, coloured by the ${name} of unit ${unit}: ${get("text")}`);
      about.replaceChildren(...inline(`Unit ${unit}, ${name}: lowest ${number(lowest)}, mean ${number(mean)}, highest ${number(highest)} over this text. ${note ?? ""}`));
    }
    letters.forEach((letter, i) => letter.classList.toggle("now", i === place));
    // The character stays apart from the markup: it may be a star or a backquote.
    view.live.replaceChildren(`Character ${place + 1} of ${characters.length}, “${visible(characters[place])}”: `, html("strong", {}, number(values[place])));
  });
}
export default { render };
