// BM25 on some documents of a collection: scores split by word, and how good the order is.
import { frame, html, lineChart, number, short, svg } from "./common.mjs";

// What n occurrences of a word give a document, in multiples of the word's IDF.
export const saturated = (n, length, { k1, b, average }) =>
  (n === 0 ? 0 : (n * (k1 + 1)) / (n + k1 * (1 - b + (b * length) / average)));

// The documents of a query with their scores, split by word, best first; equal ones by their number.
export function ranked({ documents, idf, times }, settings) {
  return documents.map((document) => {
    const parts = document.counts.map((n, t) => times[t] * idf[t] * saturated(n, document.length, settings));
    return { ...document, parts, score: parts.reduce((a, b) => a + b, 0) };
  }).sort((one, other) => other.score - one.score);
}

const gained = (relevance) => relevance.reduce((sum, gain, place) => sum + gain / Math.log2(place + 2), 0);

// nDCG of the first `depth` places, of relevance in the order of the ranking.
export function ndcg(relevance, depth) {
  const best = gained([...relevance].sort((a, b) => b - a).slice(0, depth));
  return best > 0 ? gained(relevance.slice(0, depth)) / best : 0;
}

// The first place, from 1, of what is most relevant; 0 if nothing is.
export function placeOfBest(relevance) {
  const most = Math.max(...relevance);
  return most > 0 ? relevance.indexOf(most) + 1 : 0;
}

// Beyond the first `depth` places the page does not hold all documents.
export function quality(relevance, depth, grades) {
  const place = placeOfBest(relevance), most = grades[Math.max(...relevance)];
  if (place === 0) return "No document is relevant to this query.";
  return `nDCG of the first ${depth}: ${number(ndcg(relevance, depth))}. ` + (place > depth ? `No document that is “${most}” is among them.`
    : `The first document that is “${most}” is at place ${place}: reciprocal rank ${number(1 / place)}.`);
}

// Words beyond the fifth share a colour; the first are those that tell most.
const KINDS = ["input", "hidden", "output", "memory", "gradient", "weight"];
const kind = (t) => `kind-${KINDS[Math.min(t, KINDS.length - 1)]}`;
const letter = (t) => String.fromCharCode(97 + t);

function legend({ words, times, df, idf }, all) {
  return html("ul", { class: "legend" }, ...words.map((word, t) => html("li", {},
    html("span", { class: `key ${kind(t)}`, "aria-hidden": "true" }, letter(t)),
    `${word}${times[t] > 1 ? ` × ${times[t]}` : ""}: in ${df[t]} of ${all}, IDF ${number(idf[t])}`)));
}

const times = (n) => (n === 1 ? "once" : `${n} times`);

function row({ name, length, relevance, parts, counts, score }, place, best, words, grades) {
  const said = parts.map((part, t) => `${words[t]} ${number(part)}, ${times(counts[t])}`).filter((_, t) => counts[t] > 0).join("; ");
  return html("li", { class: relevance > 0 ? "relevant" : "" },
    html("div", { class: "ranked" },
      html("span", { class: "ranked-name" }, `${place}. ${relevance > 0 ? "▸ " : ""}`, html("strong", {}, name), relevance > 0 ? ` (${grades[relevance]})` : ""),
      html("span", { class: "ranked-score" }, `${length} words, score ${number(score)}`)),
    html("div", { class: "parts", role: "img", "aria-label": said || "no word of the query" }, ...parts.flatMap((part, t) =>
      (part > 0 ? [html("span", { class: `part ${kind(t)}`, style: `width:${(100 * part) / best}%` }, letter(t))] : []))));
}

const MOST = 12; // times that the curves go to
const LENGTHS = { "input dotted": [0.5, "half the average length"], "hidden": [1, "the average length"], "output dashed": [2, "twice the average"] };

function curves(width, settings) {
  const drawn = Object.entries(LENGTHS).map(([kind, [times]]) => ({ kind, dots: true,
    points: Array.from({ length: MOST + 1 }, (_, n) => [n, saturated(n, times * settings.average, settings)]) }));
  const top = Math.max(...drawn.map(({ points }) => points[MOST][1]));
  const said = Object.values(LENGTHS).map(([, name], i) => `${name} ${[1, 4, MOST].map((n) => number(drawn[i].points[n][1])).join(", ")}`);
  return [lineChart(width, `What a word adds for 1, 4 and ${MOST} times: ${said.join("; ")}`, "what a word adds, in multiples of its IDF",
    { last: MOST, ticks: [0, 1, ...(top > 1.2 ? [top] : [])], across: "times that the document has it" }, ...drawn),
    html("p", { class: "legend" }, html("span", {}, "a document of"), ...Object.entries(LENGTHS).map(([kind, [, name]]) => html("span", {},
      svg("svg", { width: 34, height: 16, "aria-hidden": "true" }, svg("polyline", { class: `curve kind-${kind}`, points: "1,8 33,8" })), name)))];
}

function render(context) {
  const { model } = context, view = frame(context), get = (name) => model.get(name), queries = get("queries");
  if (queries.length > 1) view.controls.append(view.slider("query", "query", { min: 1, max: queries.length, format: (q) => `${q} of ${queries.length}` }));
  view.controls.append(
    view.slider("k1", "*k_1*", { values: get("k1_values"), format: short }),
    view.slider("b", "*b*", { values: get("b_values"), format: short }));
  const asked = html("p", {}), key = html("div"), list = html("ol", { class: "ranking" }), chart = html("div", { class: "saturation" });
  view.picture.append(asked, key, view.live, html("div", { class: "ranking-and-curves" }, list, chart));

  return view.keepDrawn(["query", "k1", "b"], (width) => {
    const query = queries[get("query") - 1], depth = get("depth");
    const settings = { k1: get("k1"), b: get("b"), average: get("average") };
    const order = ranked(query, settings), relevance = order.map((document) => document.relevance);
    const shown = order.slice(0, depth), best = Math.max(shown[0].score, 1e-9);
    asked.replaceChildren("Query: ", html("strong", {}, `“${query.text}”`));
    key.replaceChildren(legend(query, get("documents")));
    list.replaceChildren(...shown.map((document, i) => row(document, i + 1, best, query.words, get("grades"))));
    chart.replaceChildren(...curves(Math.min(width, 352), settings));
    view.live.replaceChildren(quality(relevance, depth, get("grades")));
  });
}
export default { render };
