// An answer that is typed. What is a whole one, and what is said of any other, the server says in the field's `pattern`
// and `data-mismatch`.
export const entry = {
  state(question, { text }) {
    if (!text.value.trim()) return "blank";
    return text.validity.patternMismatch ? "incomplete" : "answered";
  },
  note(question, inputs) {
    return this.state(question, inputs) === "incomplete" ? inputs.text.dataset.mismatch : "";
  },
};
