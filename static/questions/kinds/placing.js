// Options that are each given a place or a match. What is said of these, and whether each is for one option, the server
// says in the data of the list.
import { fill } from "./words.js";

const lettersAt = (lists, value) => lists.flatMap((list, number) => (list.value === value ? ["ABCDEFGH"[number]] : []));

export const placing = {
  state(question, { places }) {
    if (places.every((list) => list.value === "")) return "blank";
    return this.note(question, { places }) ? "incomplete" : "answered";
  },
  note(question, { places }) {
    const { missing: none, doubled, incomplete, once } = question.querySelector(".options").dataset;
    const missing = lettersAt(places, "");
    if (missing.length === places.length) return "";
    const parts = missing.length ? [fill(none, { letters: missing.join(", ") })] : [];
    for (const { value, text } of once === undefined ? [] : [...places[0].options].slice(1)) {
      const letters = lettersAt(places, value);
      if (letters.length > 1) parts.push(fill(doubled, { label: text, letters: letters.join(", ") }));
    }
    return parts.length ? fill(incomplete, { problems: parts.join("; ") }) : "";
  },
};
