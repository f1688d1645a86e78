// The page of a practice around its question (answers.js), which works as plain forms too: a check by htmx, which puts
// the explained question in the place of the asked one, what is said of it, the clock, and the keys.
import {
  answerState, begin, byId, end, exam, field, fields, focusQuestion, isText, questions, reconnect, showBanner, unsaved,
} from "./answers.js";

// Once it was checked there is none: the module of answers has the question that the page came with.
const question = () => exam.querySelector(".question");
const announce = (words) => { byId("announcer").textContent = words; };

// --- Checking ---------------------------------------------------------------------------------------------------------

const isCheck = (event) => event.detail.requestConfig?.elt.id === "hand-in";

// Which button it was: htmx looks for it inside of the form alone.
let pressedButton = null;
exam.addEventListener("submit", (event) => { pressedButton = event.submitter; }, true);

exam.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.elt.id === "hand-in" && pressedButton?.name) {
    event.detail.parameters[pressedButton.name] = pressedButton.value;
  }
});

exam.addEventListener("htmx:confirm", (event) => {
  if (event.detail.elt.id !== "hand-in") return;
  const choice = question().querySelector("[data-resolve]");
  if (choice) {
    event.preventDefault(); // first say which of the two answers counts
    choice.focus();
    return;
  }
  if (answerState(question()) === "incomplete") {
    event.preventDefault(); // what is missing is said where it is missing
    focusQuestion(question());
    return;
  }
  // A check is a change, newer than whatever is still on its way.
  field(question(), "count").value = Number(field(question(), "count").value) + 1;
});

exam.addEventListener("htmx:afterRequest", (event) => {
  if (!isCheck(event)) return;
  const { status, responseText } = event.detail.xhr;
  if (status === 200) return;
  if (status === 409) htmx.trigger(questions[0], "resend"); // is refused too, and shows both answers
  else if (status === 410) location.assign(exam.dataset.result);
  else if (status === 400 || status === 423) {
    showBanner("not-checked", { reason: responseText.slice(0, 300) });
    if (status === 423) forget();
  } else reconnect();
});

// The answer is the server's: a later visit has nothing to send.
function forget() {
  const { position } = questions[0].dataset;
  unsaved.delete(Number(position));
  try {
    localStorage.removeItem(`${exam.dataset.keep}:${exam.dataset.attempt}:${position}`);
  } catch { /* nothing could be kept */ }
}

exam.addEventListener("htmx:afterSwap", (event) => {
  if (isCheck(event)) {
    forget();
    byId("banner").hidden = true;
    window.scrollTo(0, 0);
    byId("heading").focus({ preventScroll: true });
    announce(byId("practice").dataset.said);
  } else if (event.target.id === "note" || event.detail.requestConfig.elt.closest("#note")) {
    announce(byId("note").dataset.said);
  }
});

// A note is answered with its form, whatever was wrong with it.
exam.addEventListener("htmx:beforeSwap", (event) => {
  if (isCheck(event)) event.detail.shouldSwap = event.detail.xhr.status === 200;
  else if (event.detail.xhr.status === 400 && event.detail.requestConfig.elt.closest("#note")) {
    event.detail.shouldSwap = true;
    event.detail.isError = false;
  }
});

window.addEventListener("beforeunload", (event) => {
  const note = byId("note-text");
  if (note && note.value !== note.defaultValue) event.preventDefault();
});

// --- The clock, where there is one: the server's remaining time on the browser's steady clock ------------------------

let endsAt = 0;

function told(seconds) {
  endsAt = seconds === null ? 0 : performance.now() + seconds * 1000;
}

function tick() {
  if (!endsAt || !byId("timer")) return;
  const left = Math.max(0, Math.ceil((endsAt - performance.now()) / 1000));
  const two = (number) => String(number).padStart(2, "0");
  const [hours, minutes] = [Math.floor(left / 3600), Math.floor(left / 60) % 60];
  byId("timer").textContent = hours ? `${hours}:${two(minutes)}:${two(left % 60)}` : `${minutes}:${two(left % 60)}`;
  byId("timer").parentElement.classList.toggle("soon", left <= 300);
  if (left) return;
  endsAt = 0;
  reconnect(); // sends what is unsaved, and hears in the end that it is over
  setTimeout(reconnect, 16_000);
}

// --- Keyboard ---------------------------------------------------------------------------------------------------------

const shortcuts = byId("shortcuts");
try { shortcuts.checked = localStorage.getItem("exam-shortcuts") !== "off"; } catch { /* on */ }
shortcuts.addEventListener("change", () => {
  try { localStorage.setItem("exam-shortcuts", shortcuts.checked ? "on" : "off"); } catch { /* for this page alone */ }
});

function pressOption(options, number) {
  options[number]?.click();
  options[number]?.focus({ preventScroll: true });
}

// An option is chosen, or the list of its places is gone to: there the keys are the list's own.
function pressChoice(number) {
  pressOption(fields(question(), "choice"), number);
  fields(question(), "place")[number]?.focus();
  if (number === 0) field(question(), "text")?.focus();
}

const press = (...selectors) => () => selectors.map((one) => exam.querySelector(one)).find(Boolean)?.click();
const previous = () => exam.querySelector(".cell.now").closest("li").previousElementSibling?.querySelector("a").click();

function pressed(key, isShifted) {
  if (key === "n" || key === "ArrowRight") return press("#next", "[data-key=s]:not([name])");
  if (key === "p" || key === "ArrowLeft") return previous;
  if (!question()) return key === "Enter" ? press("#next") : null;
  if (key === "Enter" || key === "s") return press("[data-key=s]");
  if (key === "u") return press("[data-key=u]");
  if (key === "m") return () => field(question(), "flag").click();
  if (/^[1-8]$/.test(key)) return () => pressChoice(Number(key) - 1);
  if (!/^[a-h]$/.test(key)) return null;
  const number = key.charCodeAt(0) - 97;
  return isShifted ? () => pressOption(fields(question(), "struck"), number) : () => pressChoice(number);
}

const isWide = (target) => target.matches("pre, table") && target.scrollWidth > target.clientWidth;

// Enter on an answer presses the form's first button, as it does without a script; elsewhere it is a shortcut.
function isShortcut(key, target, isSideways, isShifted) {
  if (key === "Enter") return !target.matches("a, button, summary, textarea, select, .question-tools input, .keyboard input");
  if (isText(target) || !shortcuts.checked) return false;
  return isSideways ? !isShifted && !isWide(target) : !target.matches("select");
}

document.addEventListener("keydown", (event) => {
  const { target } = event;
  if (event.isComposing || event.ctrlKey || event.altKey || event.metaKey || event.getModifierState("AltGraph")) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const isSideways = key === "ArrowRight" || key === "ArrowLeft";
  // The browser's own way of ← and → is to choose another option or entry. They never do: they move, or do nothing.
  if (isSideways && target.matches("input[type=radio], select")) event.preventDefault();
  if (!isShortcut(key, target, isSideways, event.shiftKey)) return;
  if (key === "Enter" && !shortcuts.checked && !target.matches(".question input")) return;
  const act = pressed(key, event.shiftKey);
  if (!act) return;
  event.preventDefault();
  if (!event.repeat) act(); // a key held down presses once
});

// --- Begin ------------------------------------------------------------------------------------------------------------

byId("keyboard").hidden = false;
if (question()) {
  begin({ told, isTimeUp: () => end.isReached || !question() });
  told(exam.dataset.remaining === "" ? null : Number(exam.dataset.remaining));
  setInterval(tick, 250);
}
