// Answers of closed exams that this browser keeps (see exam.js): the server says which of them did not count, and they
// stay here until the candidate has said that they saw it. Only this person's are looked at.
"use strict";

(() => {
  const kept = document.getElementById("kept");
  const entries = new Map(); // attempt → [{ key, position, state }]

  function read() {
    for (const key of Object.keys(localStorage)) {
      const [, attempt, position] = key.match(/^exam:([0-9a-f-]{36}):(\d+)$/) || [];
      if (!attempt || (kept.dataset.attempt && kept.dataset.attempt !== attempt)) continue;
      let state;
      try {
        state = JSON.parse(localStorage.getItem(key));
      } catch {
        continue;
      }
      // On a page of the attempt the server has made sure whose it is.
      if (!state || (kept.dataset.attempt !== attempt && state.owner !== kept.dataset.owner)) continue;
      entries.set(attempt, [...(entries.get(attempt) || []), { key, position, state }]);
    }
  }

  function formOf(kept) {
    const form = new FormData();
    for (const { position, state } of kept) {
      for (const [name, values] of [["choice", state.choice], ["place", state.place], ["struck", state.struck], ["text", [state.text || ""]], ["sure", [state.sure || ""]]]) {
        for (const value of values || []) form.append(`q${position}-${name}`, value);
      }
      if (state.flag) form.append(`q${position}-flag`, "on");
      for (const name of ["sequence", "page", "count", "seconds"]) form.append(`q${position}-${name}`, state[name]);
    }
    form.append("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]").value);
    return form;
  }

  const forget = (attempt) => entries.get(attempt)?.forEach(({ key }) => localStorage.removeItem(key));

  async function ask(attempt) {
    const address = kept.dataset.unsaved.replace("00000000-0000-0000-0000-000000000000", attempt);
    let response;
    try {
      response = await fetch(address, { method: "POST", body: formOf(entries.get(attempt)), redirect: "error" });
    } catch {
      return; // no connection: they stay, and the next page asks again
    }
    if (response.status === 204) forget(attempt);
    if (response.status !== 200) return;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    kept.append(document.importNode(page.getElementById("unsaved"), true));
  }

  kept.addEventListener("submit", (event) => forget(event.target.closest("[data-attempt]").dataset.attempt));
  try {
    read();
  } catch {
    return; // storage is switched off, so nothing is kept in it
  }
  for (const attempt of entries.keys()) {
    if (!kept.querySelector(`.unsaved[data-attempt="${attempt}"]`)) ask(attempt);
  }
})();
