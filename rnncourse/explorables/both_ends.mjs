// A sentence read from both ends: which words each chain has read, and what three readers say.
import { canvas, frame, html, number, svg, words } from "./common.mjs";

const READERS = { left: "only the left", right: "only the right", both: "both" }; // in this order
const KINDS = { left: "input", right: "hidden", both: "output" };

// Which chains have read word i (from 1) when they meet at word t.
export const haveRead = (i, t) => ({ left: i <= t, right: i >= t });

// The words that a reader of word t knows of, as a sentence says them.
export function knows(reader, t, last) {
  const span = (from, to) => (from === to ? `word ${from}` : `words ${from} to ${to}`);
  return { left: span(1, t), right: span(t, last), both: span(1, last) }[reader];
}

export const likeliest = (probabilities) => probabilities.indexOf(Math.max(...probabilities));

const ROW = 24;

// The probabilities of one reader as bars; the right tag, if known, is marked.
function chart(width, reader, heading, tags, probabilities, target) {
  const left = Math.min(140, 28 + 8 * Math.max(...tags.map((tag) => tag.length))), full = width - left - 44, y = (k) => 38 + ROW * k;
  const spoken = tags.map((tag, k) => `${tag} ${number(probabilities[k])}${k === target ? ", which is right" : ""}`).join("; ");
  return canvas(width, y(tags.length) - 8, `${heading}: ${spoken}`,
    words(4, 12, heading, "start"),
    ...tags.flatMap((tag, k) => [
      words(left - 8, y(k), `${k === target ? "▸ " : ""}${tag}`, `end ${k === target ? "strong" : ""}`),
      svg("rect", { class: `bar kind-${KINDS[reader]}`, x: left, y: y(k) - 8, width: full * probabilities[k], height: 16 }),
      svg("path", { class: "axis", d: `M${left} ${y(k) - 10}v20` }),
      words(left + full * probabilities[k] + 6, y(k), number(probabilities[k]), "start small")]));
}

function render(context) {
  const { model } = context, view = frame(context), get = (name) => model.get(name), tags = get("tags");
  const sentences = get("sentences"), longest = Math.max(...sentences.map((sentence) => sentence.length));
  const places = view.slider("place", "word *t*", { min: 1, max: longest }), slider = places.querySelector("input");
  if (sentences.length > 1) view.controls.append(view.slider("sentence", "sentence", { min: 1, max: sentences.length }));
  view.controls.append(places);
  const text = html("div", { class: "sentence" }), charts = html("div", { class: "charts" });
  view.picture.append(text, view.live, charts);

  const show = ({ target }) => target.dataset.place && view.set("place", Number(target.dataset.place));
  text.addEventListener("click", (event) => { show(event); slider.focus(); }); // the arrow keys go on from there

  return view.keepDrawn(["sentence", "place"], (width) => {
    const n = get("sentence") - 1, sentence = sentences[n], last = sentence.length, t = Math.min(get("place"), last);
    slider.max = last;
    if (t < get("place")) return view.set("place", t); // which draws again
    text.replaceChildren(...sentence.flatMap((word, i) => {
      const { left, right } = haveRead(i + 1, t);
      return [html("span", { class: `word ${left ? "from-left" : ""} ${right ? "from-right" : ""}`, "data-place": i + 1 }, word), " "];
    }));
    const target = get("targets")[n]?.[t - 1], room = width >= 640 ? Math.floor((width - 48) / 3) : width;
    charts.replaceChildren(...Object.entries(READERS).map(([reader, name]) =>
      chart(room, reader, `${name}: ${knows(reader, t, last)}`, tags, get(reader)[n][t - 1], target)));
    const says = Object.keys(READERS).map((reader) => {
      const p = get(reader)[n][t - 1], best = likeliest(p);
      return `from ${reader === "both" ? "both" : `the ${reader}`} “${tags[best]}” ${number(p[best])}`;
    });
    // Words and tags stay apart from the markup: they may hold a star or a backquote.
    view.live.replaceChildren(`Word ${t} of ${last}, “${sentence[t - 1]}”${target === undefined ? "" : `, is “${tags[target]}”`}. Likeliest ${says.join(", ")}.`);
  });
}
export default { render };
