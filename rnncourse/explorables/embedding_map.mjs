// A map of word vectors to search: a word, its neighbours in the full space, and how near they are on the map.
import { button, canvas, frame, html, newId, number, svg, words } from "./common.mjs";

const folded = (text) => text.trim().toLowerCase();

// The number of the word that was typed, if there is one: as it stands, or whatever the case.
export function place(words, typed) {
  const exact = words.indexOf(typed.trim());
  return exact >= 0 ? exact : words.findIndex((word) => folded(word) === folded(typed));
}

// What to say of a text that is none of the words.
export function unknown(words, typed) {
  const alike = words.filter((word) => folded(word).startsWith(folded(typed))).slice(0, 5);
  return `“${typed.trim()}” is not among the ${words.length} words of this map.` + (alike.length ? ` There is: ${alike.join(", ")}.` : "");
}

// The numbers of the dots nearest to a point, the nearest first.
export const nearestDots = (points, [x, y], count) => points.map((_, i) => i)
  .sort((i, j) => Math.hypot(points[i][0] - x, points[i][1] - y) - Math.hypot(points[j][0] - x, points[j][1] - y) || i - j).slice(0, count);

const MARGIN = 24, HIGH = 18;

// The dots on a drawing of some width, in its coordinates; as far apart across as down.
export function laidOut(points, width) {
  const [xs, ys] = [0, 1].map((axis) => points.map((point) => point[axis]));
  const [left, right, low, high] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const room = width - 2 * MARGIN, scale = Math.min(room / (right - left), Math.max(280, 0.45 * room) / Math.max(1, high - low));
  const aside = (width - scale * (right - left)) / 2;
  return { height: 2 * MARGIN + scale * (high - low), places: points.map(([x, y]) => [aside + scale * (x - left), MARGIN + scale * (high - y)]) };
}

// About how wide a text of 12 pixels is; a Chinese character is as wide as high.
const wide = (text) => [...text].reduce((sum, character) => sum + (character > "\u2e7f" ? 13 : 7.2), 4);

// Names beside their dots, each where it meets no other and none of the places to be kept free; one
// without room is left out.
export function labelled(names, free, width, height) {
  const taken = free.map(([x, y]) => ({ left: x - 6, right: x + 6, top: y - 6, bottom: y + 6 }));
  const meets = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
  return names.flatMap(({ text, at: [x, y], ...rest }) => {
    const w = wide(text), [beside, above] = [8 + w / 2, HIGH - 2];
    const spots = [[beside, 0], [-beside, 0], [0, -above], [0, above], [beside, -above], [-beside, -above], [beside, above], [-beside, above]].map(([dx, dy]) =>
      ({ left: x + dx - w / 2, right: x + dx + w / 2, top: y + dy - HIGH / 2, bottom: y + dy + HIGH / 2 }));
    const found = spots.find((spot) => spot.left >= 0 && spot.right <= width && spot.top >= 0 && spot.bottom <= height && !taken.some((other) => meets(spot, other)));
    if (!found) return [];
    taken.push(found);
    return [{ text, x: (found.left + found.right) / 2, y: (found.top + found.bottom) / 2, ...rest }];
  });
}

function drawing(width, points, all, chosen, near, labels) {
  const { height, places } = laidOut(points, width);
  const lit = [{ text: all[chosen], i: chosen, kind: "strong" }, ...near.map((i, n) => ({ text: `${n + 1} ${all[i]}`, i, kind: "" }))];
  const others = labels.filter((i) => i !== chosen && !near.includes(i)).map((i) => ({ text: all[i], i, kind: "aside" }));
  const names = labelled([...lit, ...others].map((name) => ({ ...name, at: places[name.i] })), lit.map(({ i }) => places[i]), width, height);
  const dot = (i, r, kind) => svg("circle", { class: `mark ${kind}`, cx: places[i][0], cy: places[i][1], r });
  return { places, picture: canvas(width, height, `Map of ${all.length} words; marked are ${lit.map(({ text }) => text).join(", ")}`,
    svg("rect", { class: "map", x: 0.5, y: 0.5, width: width - 1, height: height - 1 }),
    ...all.map((_, i) => dot(i, 2, "kind-weight")),
    ...near.map((i) => svg("line", { class: "axis", x1: places[chosen][0], y1: places[chosen][1], x2: places[i][0], y2: places[i][1] })),
    ...near.map((i) => dot(i, 5, "kind-hidden")),
    dot(chosen, 6, "kind-input"),
    ...names.flatMap(({ x, y, text, kind }) => [words(x, y, text, `small halo ${kind}`), words(x, y, text, `small ${kind}`)])) };
}

function render(context) {
  const { model } = context, view = frame(context), get = (name) => model.get(name);
  const all = get("words"), points = get("points"), [field, list] = [newId(), newId()];
  const labels = get("labels").map((word) => all.indexOf(word)), chosen = () => all.indexOf(get("word"));
  const input = html("input", { type: "text", id: field, list, autocomplete: "off", autocapitalize: "off", spellcheck: "false", input: () => search() });
  const search = () => {
    const found = input.value.trim() ? place(all, input.value) : chosen();
    if (found >= 0 && found !== chosen()) view.set("word", all[found]);
    else say(found);
  };
  view.controls.append(
    html("div", { class: "search" }, html("label", { for: field }, "word"), input, html("datalist", { id: list }, ...all.map((word) => html("option", { value: word })))),
    button("Next word", () => view.set("word", all[(chosen() + 1) % all.length])));
  const map = html("div", { class: "word-map" });
  const neighbours = get("neighbours")[0].map((_, n) => button("", () => view.set("word", all[get("neighbours")[chosen()][n]])));
  view.picture.append(view.live, html("div", { class: "neighbours", role: "group", "aria-label": "The nearest words and their cosines" }, ...neighbours), map);

  let places;
  map.addEventListener("click", ({ clientX, clientY }) => {
    const { left, top } = map.firstChild.getBoundingClientRect();
    view.set("word", all[nearestDots(places, [clientX - left, clientY - top], 1)[0]]);
  });

  function say(found) {
    if (found < 0) return view.live.replaceChildren(unknown(all, input.value));
    const near = get("neighbours")[found], dots = nearestDots(points, points[found], near.length + 1).filter((i) => i !== found).slice(0, near.length);
    const both = near.filter((i) => dots.includes(i)).length;
    view.live.replaceChildren(`The nearest words to “${all[found]}” in all ${get("dimensions")} dimensions, by cosine. ` +
      `Of these ${near.length}, ${both || "none"} ${both > 1 ? "are" : "is"} among the ${near.length} nearest dots. The map keeps ${number(100 * get("variance"), 0)} % of the variance.`);
  }

  return view.keepDrawn(["word"], (width) => {
    const now = chosen(), near = get("neighbours")[now], cosines = get("cosines")[now];
    if (place(all, input.value) !== now) input.value = all[now];
    neighbours.forEach((element, n) => element.replaceChildren(`${n + 1} ${all[near[n]]} ${number(cosines[n] / 1000)}`));
    const made = drawing(width, points, all, now, near, labels);
    places = made.places;
    map.replaceChildren(made.picture);
    say(now);
  });
}
export default { render };
