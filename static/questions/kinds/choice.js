// Options that are chosen. How many, where candidates are told, the server says in `data-choose`.
const chosen = (inputs) => inputs.choices.filter((input) => input.checked).length;
const limitOf = (question) => Number(question.dataset.choose);

export const choice = {
  state(question, inputs) {
    if (!chosen(inputs)) return "blank";
    return limitOf(question) && chosen(inputs) !== limitOf(question) ? "incomplete" : "answered";
  },
  note(question, inputs) {
    return limitOf(question) ? `${chosen(inputs)} of ${limitOf(question)} chosen.` : "";
  },
  refusal(question, inputs, changed) {
    const isTooMany = limitOf(question) && inputs.choices.includes(changed) && changed.checked && chosen(inputs) > limitOf(question);
    if (!isTooMany) return "";
    changed.checked = false;
    return `${this.note(question, inputs)} Clear one of them before you choose another.`;
  },
};
