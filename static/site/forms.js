// Forms: leaving a page warns of what is typed and not sent, and coming back to a page shows what is saved now, or says
// that it does not.
"use strict";

(() => {
  const words = document.currentScript.dataset; // in the language of the page
  // A choice of rows and an action is no text; log-in forms hold nothing that would be missed.
  const isWatched = (form) => form.method === "post" && !form.querySelector("[type=password]");
  const isIgnored = (field) => field.matches("button, [type=hidden], [type=submit], [name=action], .action-select, #action-toggle");
  const forms = () => [...document.forms].filter(isWatched);
  const sent = new WeakSet();
  const lists = new WeakMap();

  const valuesOf = (select) => {
    // Of the admin's pair of lists the second holds what is chosen, whether marked or not.
    const isPair = select.matches(".filtered, .selector select") || /_(from|to)$/.test(select.id);
    if (isPair && select.id.endsWith("_from")) return "";
    return [...select.options].filter((option) => isPair || option.selected).map((option) => option.value).sort().join("\n");
  };

  function isChanged(field) {
    if (isIgnored(field)) return false;
    if (field.matches("select")) return lists.has(field) && lists.get(field) !== valuesOf(field);
    if (field.matches("[type=checkbox], [type=radio]")) return field.checked !== field.defaultChecked;
    if (field.matches("[type=file]")) return field.files.length > 0;
    return field.value !== field.defaultValue;
  }

  // What was refused is not saved, though nobody has typed since.
  const isRefused = (form) => form.matches("[data-unsaved]") || Boolean(form.querySelector(".errorlist, .errors, .errornote, [data-unsaved]"));
  const isTyped = (form) => [...form.elements].some((field) => field.matches("input, textarea, select") && isChanged(field));
  const isDirty = (form) => !sent.has(form) && (isRefused(form) || isTyped(form));

  window.addEventListener("beforeunload", (event) => {
    if (forms().some(isDirty)) event.preventDefault();
  });
  // On the window, so after the handlers that may stop it.
  window.addEventListener("submit", (event) => { if (!event.defaultPrevented) sent.add(event.target); });

  function hint(text, label, act) {
    const note = document.createElement("p");
    note.className = "message warning back-note";
    note.setAttribute("role", "status");
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "button", textContent: label });
    button.addEventListener("click", () => { note.remove(); act(); });
    note.append(`${text} `, button);
    (document.querySelector("#content, main") || document.body).prepend(note);
  }

  window.addEventListener("pageshow", (event) => {
    const typed = forms().filter((form) => isTyped(form));
    if (event.persisted) {
      const unsent = typed.filter((form) => !sent.has(form));
      if (!unsent.length) {
        location.reload(); // the page as it was left: what was saved since is not in it
        return;
      }
      hint(words.asLeft, words.show, () => {
        for (const form of unsent) sent.add(form);
        location.reload();
      });
    } else if (performance.getEntriesByType("navigation")[0]?.type === "back_forward" && typed.length) {
      hint(words.asTyped, words.show, () => {
        for (const form of typed) {
          form.reset();
          form.dispatchEvent(new Event("change", { bubbles: true }));
        }
      });
    }
  });

  // Once the admin's own scripts have made their lists.
  window.addEventListener("load", () => {
    for (const form of forms()) {
      for (const select of form.querySelectorAll("select")) lists.set(select, valuesOf(select));
    }
  });
})();
