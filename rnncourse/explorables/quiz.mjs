// Questions with radio buttons; the explanation of the chosen option is shown and announced.
import { frame, html, inline, newId } from "./common.mjs";

// How many of the answers given are right, of how many given.
export function score(questions, answers) {
  const given = answers.map((answer, i) => questions[i].options[answer]).filter(Boolean);
  return { right: given.filter((option) => option.correct).length, given: given.length };
}

const explanation = ({ correct, why }) => [html("strong", {}, correct ? "✓ Right. " : "✗ Not quite. "), ...inline(why)];

// The field of one question, and a function that shows which of its options is chosen.
function question({ text, options }, place, total, choose) {
  const group = newId();
  const feedback = html("p", { class: "feedback", role: "status" });
  const radios = options.map((_, i) => html("input", { type: "radio", name: group, change: () => choose(i) }));
  const labels = options.map((option, i) => html("label", {}, radios[i], html("span", {}, ...inline(option.text))));
  const field = html("fieldset", { class: "question" },
    html("legend", {}, html("span", { class: "place" }, `${place} of ${total}. `), ...inline(text)), ...labels, feedback);
  let shown;
  const show = (chosen) => {
    if (chosen === shown) return; // an explanation is announced once, not at every answer elsewhere
    shown = chosen;
    const option = options[chosen];
    radios.forEach((radio, i) => { radio.checked = i === chosen; });
    feedback.className = `feedback kind-${option?.correct ? "output" : "hidden"}`;
    feedback.replaceChildren(...(option ? explanation(option) : []));
  };
  return { field, show };
}

function render(context) {
  const { model } = context, view = frame(context), questions = model.get("questions");
  const answer = (i) => (option) => view.set("answers", model.get("answers").map((old, j) => (i === j ? option : old)));
  const fields = questions.map((q, i) => question(q, i + 1, questions.length, answer(i)));
  view.picture.append(...fields.map(({ field }) => field));
  return view.keepDrawn(["answers"], () => {
    const answers = model.get("answers"), { right, given } = score(questions, answers);
    fields.forEach(({ show }, i) => show(answers[i]));
    view.say(given ? `Score: ${right} right of ${given} answered, ${questions.length} in all.` : `${questions.length} questions, none answered yet.`);
  });
}
export default { render };
