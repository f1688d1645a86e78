// Options that are chosen. How many, where candidates are told, the server says in `data-choose`, and what is said of it
// in the note's own data.
import { fill } from "./words.js";

const chosen = (inputs) => inputs.choices.filter((input) => input.checked).length;
const limitOf = (question) => Number(question.dataset.choose);
const say = (question, inputs, name) =>
  fill(question.querySelector(".answer-note").dataset[name], { count: chosen(inputs), told: limitOf(question) });

export const choice = {
  state(question, inputs) {
    if (!chosen(inputs)) return "blank";
    return limitOf(question) && chosen(inputs) !== limitOf(question) ? "incomplete" : "answered";
  },
  note(question, inputs) {
    return limitOf(question) ? say(question, inputs, "note") : "";
  },
  refusal(question, inputs, changed) {
    const isTooMany = limitOf(question) && inputs.choices.includes(changed) && changed.checked && chosen(inputs) > limitOf(question);
    if (!isTooMany) return "";
    changed.checked = false;
    return say(question, inputs, "full");
  },
};
