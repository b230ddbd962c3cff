// Questions with radio buttons; the explanation of the chosen option is shown and announced.
import { frame, html, inline, newId } from "./common.mjs";

// How many of the answers given are right, of how many given.
export function score(questions, answers) {
  const given = answers.map((answer, i) => questions[i].options[answer]).filter(Boolean);
  return { right: given.filter((option) => option.correct).length, given: given.length };
}

function question({ text, options }, place, total, chosen, choose) {
  const group = newId();
  const feedback = html("p", { class: "feedback", role: "status" });
  const explain = (option) => {
    feedback.className = `feedback kind-${option.correct ? "output" : "hidden"}`;
    feedback.replaceChildren(html("strong", {}, option.correct ? "✓ Right. " : "✗ Not quite. "), ...inline(option.why));
  };
  const labels = options.map((option, i) => {
    const input = html("input", { type: "radio", name: group, change: () => { explain(option); choose(i); } });
    input.checked = i === chosen;
    return html("label", {}, input, html("span", {}, ...inline(option.text)));
  });
  if (options[chosen]) explain(options[chosen]);
  return html("fieldset", { class: "question" },
    html("legend", {}, html("span", { class: "place" }, `${place} of ${total}. `), ...inline(text)), ...labels, feedback);
}

function render(context) {
  const { model } = context, view = frame(context), questions = model.get("questions");
  const answer = (i) => (option) => view.set("answers", model.get("answers").map((old, j) => (i === j ? option : old)));
  view.picture.append(...questions.map((q, i) => question(q, i + 1, questions.length, model.get("answers")[i], answer(i))));
  return view.keepDrawn(["answers"], () => {
    const { right, given } = score(questions, model.get("answers"));
    view.say(given ? `Score: ${right} right of ${given} answered, ${questions.length} in all.` : `${questions.length} questions, none answered yet.`);
  });
}
export default { render };
