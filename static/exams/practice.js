// The page of a practice, which works as plain forms too. htmx saves what is chosen and puts the explained question in
// the place of the asked one; this script has the keys, says what came of a check, and keeps what could not be sent.
import { kinds } from "../questions/kinds/index.js";
import { fill } from "../questions/kinds/words.js";

(() => {
  const byId = (id) => document.getElementById(id);
  const root = () => byId("exam"); // another one after each check
  const question = () => root().querySelector(".question");
  const fields = (name) => {
    const asked = question();
    return asked ? [...asked.querySelectorAll(`[name="q${asked.dataset.position}-${name}"]`)] : [];
  };
  const field = (name) => fields(name)[0];
  const kind = () => kinds[question().dataset.script];
  const inputs = () => ({ choices: fields("choice"), places: fields("place"), text: field("text") });
  const textNode = (name) => byId("texts").content.querySelector(`[data-text="${name}"]`);
  const isText = (target) => target.matches("textarea, [contenteditable], input:not([type=checkbox], [type=radio])");

  // --- What is not saved yet, kept in the browser until the server has acknowledged it ---------------------------

  const RETRY = 5000;
  const PAUSE = 800; // after which what is typed is sent
  let isUnsaved = false;
  let isInFlight = false;
  let typing = 0;
  let retry = 0;

  const storageKey = () => `practice:${root().dataset.attempt}:${question().dataset.position}`;

  function stateOf() {
    const checked = (name) => fields(name).map((input) => input.checked);
    return {
      choice: checked("choice"), struck: checked("struck"), flag: checked("flag"),
      place: fields("place").map((list) => list.value), text: field("text")?.value ?? "",
      sequence: field("sequence").value, page: field("page").value, count: field("count").value,
      owner: root().dataset.owner,
    };
  }

  function mark(is) {
    isUnsaved = is;
    question().classList.toggle("is-unsaved", is);
  }

  function noteChange() {
    field("count").value = Number(field("count").value) + 1;
    mark(true);
    try { localStorage.setItem(storageKey(), JSON.stringify(stateOf())); } catch { /* kept on this page alone */ }
    say();
  }

  function forget() {
    mark(false);
    try { localStorage.removeItem(storageKey()); } catch { /* nothing was kept */ }
  }

  // What an earlier load of the page could not send goes on as what it was: the server tells whether it is stale.
  function restore() {
    let state = null;
    try { state = JSON.parse(localStorage.getItem(storageKey())); } catch { return; }
    if (!state || state.owner !== root().dataset.owner) return;
    for (const name of ["choice", "struck", "flag"]) {
      fields(name).forEach((input, number) => { input.checked = state[name][number]; });
    }
    fields("place").forEach((list, number) => { list.value = state.place[number]; });
    if (field("text")) field("text").value = state.text;
    for (const name of ["sequence", "page", "count"]) field(name).value = state[name];
    mark(true);
    say();
    resend();
  }

  function resend() {
    if (question() && isUnsaved && !isInFlight && !question().querySelector(".conflict")) htmx.trigger(question(), "resend");
  }

  function retryLater() {
    clearTimeout(retry);
    retry = setTimeout(sync, RETRY);
  }

  // Ask how much time is left: the answer also brings a fresh CSRF token, which a new log-in has changed.
  async function sync() {
    let response;
    try {
      response = await fetch(root().dataset.clock, { headers: { "HX-Request": "true" } });
      if (response.ok) {
        const { remaining, token } = await response.json();
        root().setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": token }));
        for (const input of document.querySelectorAll("[name=csrfmiddlewaretoken]")) input.value = token;
        setRemaining(remaining);
        hideBanner();
        return resend();
      }
    } catch { /* no connection, or an answer that breaks off */ }
    if (response?.status === 401) return showBanner("logged-out", {}, root().dataset.login);
    if (response?.status === 410) return location.assign(root().dataset.result);
    showBanner("offline");
    return retryLater();
  }

  function showBanner(name, values = {}, address = "") {
    const said = document.importNode(textNode(name), true);
    for (const part of said.childNodes) {
      if (part.nodeType === Node.TEXT_NODE) part.data = fill(part.data, values);
      else part.href = address;
    }
    if (byId("banner").textContent !== said.textContent) byId("banner").replaceChildren(...said.childNodes);
    byId("banner").hidden = false;
  }

  function hideBanner() {
    byId("banner").hidden = true;
  }

  // Before htmx sees the change, so that it sends the new count, or nothing of what is one too many.
  document.addEventListener("change", (event) => {
    if (!event.target.closest(".question")) return;
    const refusal = kind().refusal?.(question(), inputs(), event.target);
    if (refusal) {
      event.stopImmediatePropagation();
      write(refusal);
    } else if (!isText(event.target)) {
      noteChange();
    } else if (!typing) {
      event.stopImmediatePropagation(); // all that was typed is on its way or saved
    } else {
      clearTimeout(typing);
      typing = 0;
    }
  }, true);

  document.addEventListener("input", (event) => {
    if (!isText(event.target) || !event.target.closest(".question")) return;
    noteChange();
    clearTimeout(typing);
    typing = setTimeout(() => { typing = 0; resend(); }, PAUSE);
  });

  // Written only when it changes: each writing is read out.
  function write(words) {
    const note = question().querySelector(".answer-note");
    if (note && note.textContent !== words) note.textContent = words;
  }

  function say() {
    write(kind().note(question(), inputs()));
    question().querySelector(".clear").hidden = kind().state(question(), inputs()) === "blank";
  }

  // --- Answers of the server -------------------------------------------------------------------------------------

  const isSave = (element) => element.matches(".question");

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (isSave(event.detail.elt)) isInFlight = true;
    else if (event.detail.elt.id === "hand-in") event.detail.xhr.said = true;
  });

  // A form is answered with the form again, whatever was wrong with it.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { requestConfig, xhr } = event.detail;
    if (requestConfig.elt.matches("form") && [400, 409].includes(xhr.status)) {
      event.detail.shouldSwap = true;
      event.detail.isError = false;
    }
  });

  document.addEventListener("htmx:afterRequest", (event) => {
    const { elt, xhr } = event.detail;
    if (isSave(elt)) isInFlight = false;
    if (xhr.status === 200 || xhr.status === 409) hideBanner();
    else if (xhr.status === 401) showBanner("logged-out", {}, root().dataset.login);
    else if (xhr.status === 410) location.assign(root().dataset.result);
    else if (xhr.status === 400 || xhr.status === 404) {
      if (isSave(elt)) showBanner("refused", { reason: xhr.responseText.slice(0, 200) });
    } else if (xhr.status === 403) sync();
    else {
      showBanner("offline");
      retryLater();
    }
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    const { requestConfig, xhr } = event.detail;
    if (isSave(requestConfig.elt) && xhr.status === 200) {
      const position = question().dataset.position;
      // A newer change may have come while this one was on its way; it is sent next and acknowledged by itself.
      if (requestConfig.parameters.get(`q${position}-count`) === field("count").value) {
        forget();
        field("page").value = root().dataset.page;
      }
      const { remaining } = field("sequence").dataset;
      if (remaining) setRemaining(Number(remaining));
    } else if (requestConfig.elt.id === "hand-in") {
      settle();
      byId("announcer").textContent = root().dataset.said;
      window.scrollTo(0, 0);
      (byId("heading") ?? question()?.querySelector("legend")).focus({ preventScroll: true });
    } else if (requestConfig.elt.closest("#note") || event.target.id === "note") {
      byId("announcer").textContent = byId("note").dataset.said;
    }
  });

  document.addEventListener("click", (event) => {
    const choice = event.target.closest("[data-resolve]");
    if (choice?.dataset.resolve === "theirs") {
      forget();
      location.reload();
    } else if (choice) {
      field("sequence").value = choice.closest(".conflict").dataset.sequence;
      choice.closest(".conflict").remove();
      noteChange();
      htmx.trigger(question(), "resend");
    } else if (event.target.closest(".clear")) {
      for (const input of fields("choice")) input.checked = false;
      for (const list of fields("place")) list.value = "";
      if (field("text")) field("text").value = "";
      field("flag").dispatchEvent(new Event("change", { bubbles: true }));
      question().querySelector("legend").focus({ preventScroll: true });
    }
  });

  // A check is a change too: newer than whatever is still on its way.
  document.addEventListener("click", (event) => {
    if (event.target.closest(".foot button") && question()) noteChange();
  }, true);

  window.addEventListener("online", () => isUnsaved && sync());
  window.addEventListener("beforeunload", (event) => {
    const note = byId("note-text");
    if (note && note.value !== note.defaultValue) event.preventDefault();
  });

  // --- Time: what was spent, and what is left where there is a clock ---------------------------------------------

  let endsAt = 0; // on the browser's steady clock; 0: without a clock

  function setRemaining(seconds) {
    endsAt = seconds === null || seconds === "" ? 0 : performance.now() + Number(seconds) * 1000;
  }

  function tick() {
    if (question() && document.visibilityState === "visible") field("seconds").value = Number(field("seconds").value) + 1;
    if (!endsAt || !byId("timer")) return;
    const left = Math.max(0, Math.ceil((endsAt - performance.now()) / 1000));
    const two = (number) => String(number).padStart(2, "0");
    const [hours, minutes] = [Math.floor(left / 3600), Math.floor(left / 60) % 60];
    byId("timer").textContent = hours ? `${hours}:${two(minutes)}:${two(left % 60)}` : `${minutes}:${two(left % 60)}`;
    byId("timer").parentElement.classList.toggle("soon", left <= 300);
    if (left) return;
    endsAt = 0;
    sync(); // the server says whether it is over
  }

  // --- Keyboard --------------------------------------------------------------------------------------------------

  const shortcuts = byId("shortcuts");
  try { shortcuts.checked = localStorage.getItem("exam-shortcuts") !== "off"; } catch { /* on */ }
  shortcuts.addEventListener("change", () => {
    try { localStorage.setItem("exam-shortcuts", shortcuts.checked ? "on" : "off"); } catch { /* this page alone */ }
  });

  function pressOption(options, number) {
    options[number]?.click();
    options[number]?.focus({ preventScroll: true });
  }

  function pressChoice(number) {
    pressOption(fields("choice"), number);
    fields("place")[number]?.focus();
    if (number === 0) field("text")?.focus();
  }

  const press = (selector) => () => root().querySelector(selector)?.click();
  const previous = () => document.querySelector(".cell.now")?.closest("li").previousElementSibling?.querySelector("a").click();

  function pressed(key, isShifted) {
    if (key === "n" || key === "ArrowRight") return press("#next");
    if (key === "p" || key === "ArrowLeft") return previous;
    if (!question()) return key === "Enter" ? press("#next") : null;
    if (key === "Enter" || key === "s") return press("[data-key=s]");
    if (key === "u") return press("[data-key=u]");
    if (key === "m") return () => field("flag").click();
    if (/^[1-8]$/.test(key)) return () => pressChoice(Number(key) - 1);
    if (!/^[a-h]$/.test(key)) return null;
    const number = key.charCodeAt(0) - 97;
    return isShifted ? () => pressOption(fields("struck"), number) : () => pressChoice(number);
  }

  document.addEventListener("keydown", (event) => {
    const { target } = event;
    if (event.isComposing || event.ctrlKey || event.altKey || event.metaKey || event.getModifierState("AltGraph")) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const isSideways = key === "ArrowRight" || key === "ArrowLeft";
    // Enter on what has a use for it does that; in an answer it would press the form's first button, as does the key.
    if (key === "Enter" ? target.matches("a, button, summary, textarea, select") : isText(target)) return;
    if (isSideways && (event.shiftKey || (target.matches("pre, table") && target.scrollWidth > target.clientWidth))) return;
    if (!isSideways && target.matches("select")) return;
    // The browser's own way of ← and → is to choose another option or entry. They never do: they move, or do nothing.
    if (isSideways && target.matches("input[type=radio], select")) event.preventDefault();
    if (event.repeat && target.matches("input[type=radio]") && key.startsWith("Arrow")) event.preventDefault();
    if (!shortcuts.checked && key !== "Enter") return;
    const act = pressed(key, event.shiftKey);
    if (!act || (key === "Enter" && !shortcuts.checked && !target.matches(".question input"))) return;
    event.preventDefault();
    if (!event.repeat) act(); // a key held down presses once
  });

  // --- Begin -----------------------------------------------------------------------------------------------------

  function settle() {
    isUnsaved = false;
    clearTimeout(typing);
    typing = 0;
    if (question()) {
      say();
      if ("kept" in question().dataset) noteChange();
    }
  }

  byId("keyboard").hidden = false;
  settle();
  if (question() && !("kept" in question().dataset)) restore();
  setRemaining(root().dataset.remaining);
  tick();
  setInterval(tick, 1000);
})();
