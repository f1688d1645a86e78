// The form of a question: options that are not needed yet stay out of the way, keys, and what the preview says.
// Without it all fields are there, and places are given by number.
"use strict";
(() => {
  const start = () => {
    const form = document.getElementById("question_form");
    if (!form || !form.elements.stem) return;
    const words = document.querySelector(".writing").dataset; // in the language of the page
    const options = [...form.querySelectorAll("fieldset.option")];
    const parts = ["text", "match", "rationale", "key"];
    const field = (index, part) => form.elements[`option_${index + 1}_${part}`];
    const isEmpty = (index) => !parts.some((part) => (part === "key" ? field(index, part).checked : field(index, part).value.trim()));
    const changed = () => form.dispatchEvent(new Event("change", { bubbles: true }));

    // --- Options -------------------------------------------------------------------------------------------------

    const button = (text, label, act) => {
      const made = document.createElement("button");
      made.type = "button";
      made.className = "button";
      made.textContent = text;
      if (label) made.setAttribute("aria-label", label);
      made.addEventListener("click", act);
      return made;
    };

    const exchange = (a, b) => {
      for (const part of parts) {
        const [first, second] = [field(a, part), field(b, part)];
        if (part === "key") [first.checked, second.checked] = [second.checked, first.checked];
        else [first.value, second.value] = [second.value, first.value];
      }
      changed();
    };

    const buttons = options.map((option, index) => {
      const row = document.createElement("p");
      row.className = "option-buttons";
      const move = (step) => () => {
        if (!options[index + step]) return;
        exchange(index, index + step);
        show();
        const moved = buttons[index + step];
        (step < 0 ? moved.up : moved.down).focus();
        if (document.activeElement.disabled || document.activeElement === document.body) moved.up.focus();
      };
      const made = {
        up: button("↑", words.up.replace("{number}", index + 1), move(-1)),
        down: button("↓", words.down.replace("{number}", index + 1), move(1)),
      };
      row.append(made.up, made.down);
      option.querySelector("h2, summary")?.after(row);
      option.querySelector(`.field-option_${index + 1}_place`).hidden = true;
      return made;
    });

    // A kind with an answer to type has no options, and the others have no such answer. What is filled stays in sight.
    const kind = form.elements.kind;
    const answers = [...form.querySelectorAll("fieldset.answer")];
    const isFilled = (fieldset) => [...fieldset.querySelectorAll("input, textarea")]
      .some((input) => (input.type === "checkbox" ? input.checked : input.value.trim()));
    const isTyped = () => answers.some((answer) => answer.classList.contains(`answer-${kind.value}`));

    let shown = 4;
    const more = button(words.more, "", () => {
      shown += 1;
      show();
      field(shown - 1, "text").focus();
    });
    const show = () => {
      const used = options.findLastIndex((option, index) => !isEmpty(index) || option.querySelector(".errorlist")) + 1;
      shown = Math.max(shown, used);
      options.forEach((option, index) => {
        option.hidden = index >= shown || (isTyped() && index >= used);
        buttons[index].up.disabled = index === 0;
        buttons[index].down.disabled = index === shown - 1;
      });
      more.hidden = shown === options.length || isTyped();
      for (const answer of answers) {
        const isOwn = answer.classList.contains(`answer-${kind.value}`);
        answer.hidden = !isOwn && !isFilled(answer) && !answer.querySelector(".errorlist");
      }
    };
    kind.addEventListener("change", show);
    options.at(-1).after(more);
    show();

    // --- Saving --------------------------------------------------------------------------------------------------

    document.addEventListener("keydown", (event) => {
      if (event.key.toLowerCase() !== "s" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
      event.preventDefault();
      form.querySelector("[name=_continue]")?.click();
    });

    // --- Preview -------------------------------------------------------------------------------------------------

    const live = document.getElementById("live");
    const state = document.getElementById("live-state");
    const say = (text) => { if (state.textContent !== text) state.textContent = text; };
    // The first one, as soon as htmx knows the page.
    document.body.addEventListener("htmx:load", () => live?.dispatchEvent(new Event("refresh")), { once: true });
    live?.addEventListener("htmx:afterSwap", () => say(live.querySelector("[data-summary]")?.dataset.summary ?? ""));
    for (const failure of ["htmx:sendError", "htmx:responseError"]) {
      live?.addEventListener(failure, () => say(words.stale));
    }
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
