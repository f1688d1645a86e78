// The questions on a page: what is filled in, that it is saved, and that nothing of it is lost meanwhile. htmx sends each
// answer (see _question.jinja). What counts is only what the server acknowledged: "Saved" is shown after a 2xx and
// nowhere else. The page around it (exam.js, or that of a single question) begins it and is told what happens.
//
// `#exam` says whose answers these are (data-attempt, data-owner, data-page), where to go when all is over (data-result),
// where to log in (data-login) and, where there is a clock, whom to ask for it (data-clock). `#texts` has what is said.

export const byId = (id) => document.getElementById(id);
export const exam = byId("exam");
export const questions = [...exam.querySelectorAll(".question")];
export const positionOf = (question) => Number(question.dataset.position);
export const fields = (question, name) => [...question.querySelectorAll(`[name="q${positionOf(question)}-${name}"]`)];
export const field = (question, name) => fields(question, name)[0];
export const isText = (target) => target.matches("textarea, [contenteditable], input:not([type=checkbox], [type=radio])");

// Filled in is `{name}` or `%(name)s`, as Django's two kinds of templates write it.
const fill = (words, values) =>
  words.replace(/\{(\w+)\}|%\((\w+)\)s/g, (all, one, other) => values[one ?? other] ?? all);
const textNode = (name) => byId("texts").content.querySelector(`[data-text="${name}"]`);
export const text = (name, values = {}) => fill(textNode(name).textContent, values);

// What a page may want to know or to say.
const page = {
  current: () => questions[0], // the question in sight
  changed() {}, // something of this question
  told() {}, // so many seconds are left
  isTimeUp: () => false,
  connected() {},
};
export const end = { isReached: false };

// --- What each kind of question asks of its fields --------------------------------------------------------------------

// `state` and `note` say of an answer what the server says, `refusal` takes back a change that the server would refuse and
// says why. The words and limits are the server's, in the data of the fields.

const lettersAt = (lists, value) => lists.flatMap((list, number) => (list.value === value ? ["ABCDEFGH"[number]] : []));

const choice = {
  chosen: (question) => fields(question, "choice").filter((input) => input.checked).length,
  limit: (question) => Number(question.dataset.choose),
  say(question, name) {
    const words = question.querySelector(".answer-note").dataset[name];
    return fill(words, { count: this.chosen(question), told: this.limit(question) });
  },
  state(question) {
    if (!this.chosen(question)) return "blank";
    return this.limit(question) && this.chosen(question) !== this.limit(question) ? "incomplete" : "answered";
  },
  note(question) {
    return this.limit(question) ? this.say(question, "note") : "";
  },
  refusal(question, changed) {
    const isChoice = fields(question, "choice").includes(changed) && changed.checked;
    if (!isChoice || !this.limit(question) || this.chosen(question) <= this.limit(question)) return "";
    changed.checked = false;
    return this.say(question, "full");
  },
};

const placing = {
  state(question) {
    if (fields(question, "place").every((list) => list.value === "")) return "blank";
    return this.note(question) ? "incomplete" : "answered";
  },
  note(question) {
    const places = fields(question, "place");
    const { missing: none, doubled, incomplete, once } = question.querySelector(".options").dataset;
    const missing = lettersAt(places, "");
    if (missing.length === places.length) return "";
    const parts = missing.length ? [fill(none, { letters: missing.join(", ") })] : [];
    for (const { value, text: label } of once === undefined ? [] : [...places[0].options].slice(1)) {
      const letters = lettersAt(places, value);
      if (letters.length > 1) parts.push(fill(doubled, { label, letters: letters.join(", ") }));
    }
    return parts.length ? fill(incomplete, { problems: parts.join("; ") }) : "";
  },
};

const entry = {
  state(question) {
    if (!field(question, "text").value.trim()) return "blank";
    return field(question, "text").validity.patternMismatch ? "incomplete" : "answered";
  },
  note(question) {
    return this.state(question) === "incomplete" ? field(question, "text").dataset.mismatch : "";
  },
};

const kinds = { choice, entry, placing };
const kindOf = (question) => kinds[question.dataset.script];
// "blank", "incomplete" or "answered", as the server judges it.
export const answerState = (question) => kindOf(question).state(question);

// Written only when it changes: each writing is read out.
function say(question, words) {
  const note = question.querySelector(".answer-note");
  if (note && note.textContent !== words) note.textContent = words;
}

export function describe(question) {
  const clear = question.querySelector(".clear");
  if (clear) clear.hidden = answerState(question) === "blank";
  say(question, kindOf(question).note(question));
  page.changed(question);
}

export const focusQuestion = (question) => question.querySelector("legend").focus({ preventScroll: true });

// --- What is not saved yet, kept in the browser until the server has acknowledged it ----------------------------------

// One entry per question, so that two tabs that are offline do not write over each other's answers.
const storageKey = (position) => `${exam.dataset.keep ?? "exam"}:${exam.dataset.attempt}:${position}`;
export const unsaved = new Map();
const checkedNumbers = (inputs) => inputs.filter((input) => input.checked).map((input) => Number(input.value));

function readStored(position) {
  try {
    return JSON.parse(localStorage.getItem(storageKey(position)));
  } catch {
    return null; // storage is switched off or unreadable: the page still works, only a reload would lose unsent answers
  }
}

function keep(question) {
  const state = stateOf(question);
  unsaved.set(positionOf(question), state);
  try {
    localStorage.setItem(storageKey(positionOf(question)), JSON.stringify(state));
  } catch {
    showBanner("no-storage");
  }
  markUnsaved(question, true);
}

function forget(question) {
  const position = positionOf(question);
  const stored = readStored(position);
  // What another tab keeps for the same question is not ours to remove.
  if (stored && stored.page === field(question, "page").value) localStorage.removeItem(storageKey(position));
  unsaved.delete(position);
  markUnsaved(question, false);
}

function stateOf(question) {
  return {
    choice: checkedNumbers(fields(question, "choice")),
    place: fields(question, "place").map((list) => list.value),
    text: field(question, "text")?.value ?? "",
    struck: checkedNumbers(fields(question, "struck")),
    flag: Boolean(field(question, "flag")?.checked),
    sure: fields(question, "sure").find((input) => input.checked)?.value ?? "",
    sequence: field(question, "sequence").value,
    page: field(question, "page").value,
    count: field(question, "count").value,
    seconds: field(question, "seconds").value,
    owner: exam.dataset.owner,
  };
}

function putAnswer(question, { choice, place, text, struck, flag, sure }) {
  for (const input of fields(question, "choice")) input.checked = choice.includes(Number(input.value));
  fields(question, "place").forEach((list, number) => { list.value = place[number]; });
  if (field(question, "text")) field(question, "text").value = text ?? "";
  for (const input of fields(question, "struck")) input.checked = struck.includes(Number(input.value));
  if (field(question, "flag")) field(question, "flag").checked = flag;
  for (const input of fields(question, "sure")) input.checked = input.value === sure;
}

// An answer from before a reload goes on as what it was: with its page, count and sequence the server can tell
// whether it is a repeat, newer, or stale.
function restore(question, state) {
  putAnswer(question, state);
  for (const name of ["sequence", "page", "count", "seconds"]) field(question, name).value = state[name];
  unsaved.set(positionOf(question), state);
  markUnsaved(question, true);
}

function markUnsaved(question, is) {
  question.classList.toggle("is-unsaved", is);
  describe(question);
  showStatus();
}

function noteChange(question) {
  field(question, "count").value = Number(field(question, "count").value) + 1;
  keep(question);
}

// --- Changes ----------------------------------------------------------------------------------------------------------

// A page may have fields in a question that are no part of its answer.
function questionOf(target) {
  const question = target.closest(".question");
  return question && target.name?.startsWith(`q${positionOf(question)}-`) ? question : null;
}

// Before htmx sees the change, so that it sends the new count, or nothing of what is one too many.
function onChange(event) {
  const { target } = event;
  const question = questionOf(target);
  if (!question) return;
  const refusal = kindOf(question).refusal?.(question, target);
  if (refusal) {
    event.stopImmediatePropagation();
    say(question, refusal);
  } else if (!isText(target)) {
    for (const other of fields(question, "sure")) {
      if (target.checked && target !== other && target.name === other.name) other.checked = false; // sure or unsure
    }
    noteChange(question);
  } else if (!typing.has(question)) {
    event.stopImmediatePropagation(); // all that was typed is on its way or saved
  } else stopTyping(question);
}

// What is typed is kept with each key and sent after a pause, or when the field is left.
const PAUSE = 800;
const typing = new Map();

function stopTyping(question) {
  clearTimeout(typing.get(question));
  typing.delete(question);
}

function onInput({ target }) {
  const question = isText(target) && questionOf(target);
  if (!question) return;
  noteChange(question);
  stopTyping(question);
  typing.set(question, setTimeout(() => {
    typing.delete(question);
    if (!question.querySelector(".conflict")) resend(question);
  }, PAUSE));
}

function onClear(question) {
  for (const input of fields(question, "choice")) input.checked = false;
  for (const list of fields(question, "place")) list.value = "";
  if (field(question, "text")) field(question, "text").value = "";
  noteChange(question);
  resend(question);
  focusQuestion(question);
}

// --- Sending ----------------------------------------------------------------------------------------------------------

const RETRY_MIN = 2000;
const RETRY_MAX = 30000;
let retryDelay = RETRY_MIN;
let retryTimer = 0;
const inFlight = new Set();

// Sent is a question by itself, or the form that it is all of.
const sender = (question) => question.closest("[hx-post]");
const resend = (question) => htmx.trigger(sender(question), "resend");
const questionSent = (event) => questions.find((question) => sender(question) === event.detail.requestConfig.elt);

export function resendAll() {
  for (const position of unsaved.keys()) {
    const question = questions.find((one) => positionOf(one) === position);
    if (!inFlight.has(position) && !question.querySelector(".conflict")) resend(question);
  }
}

function retryLater() {
  clearTimeout(retryTimer);
  retryTimer = setTimeout(reconnect, retryDelay);
  retryDelay = Math.min(retryDelay * 2, RETRY_MAX);
}

function noConnection() {
  setOffline(true);
  showBanner(page.isTimeUp() ? "offline-over" : "offline");
  retryLater();
  return false;
}

function isBack() {
  setOffline(false);
  hideBanner();
}

function onAnswer(event) {
  const question = questionSent(event);
  if (!question) return;
  const position = positionOf(question);
  inFlight.delete(position);
  const { status, responseText } = event.detail.xhr;
  if (status === 200) {
    retryDelay = RETRY_MIN;
    isBack();
  } else if (status === 401) {
    askForLogin();
  } else if (status === 403) {
    retryLater(); // a new log-in elsewhere has changed the CSRF token: asking for the time brings the new one
  } else if (status === 410) {
    over();
  } else if (status === 400 || status === 404) {
    showBanner("refused", { position, reason: responseText.slice(0, 200) });
  } else if (status === 409) {
    if (question !== page.current()) showBanner("changed-elsewhere", { position }, `#${question.id}`);
  } else {
    noConnection();
  }
}

function onSwap(event) {
  const question = questionSent(event);
  if (!question || event.detail.xhr.status !== 200) return;
  const sent = event.detail.requestConfig.parameters.get(`q${positionOf(question)}-count`);
  // A newer change may have come while this one was on its way; it is sent next and acknowledged by itself.
  if (sent === field(question, "count").value) {
    isSomethingSaved = true;
    forget(question);
    field(question, "page").value = exam.dataset.page; // an answer kept by an earlier page goes on as this page's own
  } else keep(question);
  const { remaining } = field(question, "sequence").dataset;
  if (remaining !== undefined) page.told(Number(remaining));
}

function onResolve(button) {
  const conflict = button.closest(".conflict");
  const question = button.closest(".question");
  const { sequence, choice, place, text, struck, flag, sure } = conflict.dataset;
  const numbers = (words) => words.split(" ").filter(Boolean).map(Number);
  field(question, "sequence").value = sequence;
  conflict.remove();
  if (button.dataset.resolve === "theirs") {
    putAnswer(question, {
      choice: numbers(choice), place: place.split(","), text, struck: numbers(struck), flag: Boolean(flag), sure,
    });
    forget(question);
  } else {
    noteChange(question);
    resend(question);
  }
  focusQuestion(question);
}

// Ask how much time is left; the answer also brings a fresh CSRF token, which a new log-in has changed. Where there is no
// clock, what is unsaved asks for itself.
export async function reconnect() {
  if (!exam.dataset.clock) {
    resendAll();
    return true;
  }
  let response, clock;
  try {
    response = await fetch(exam.dataset.clock, { headers: { "HX-Request": "true" } });
    if (response.ok) clock = await response.json(); // an answer that breaks off is none
  } catch {
    return noConnection();
  }
  if (response.status === 401) return askForLogin();
  if (response.status === 410) return over();
  if (response.status === 404) return askForLogin("other-account");
  if (!response.ok) return noConnection();
  page.told(clock.remaining);
  exam.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": clock.token }));
  for (const input of document.querySelectorAll("[name=csrfmiddlewaretoken]")) input.value = clock.token;
  isBack();
  resendAll();
  return true;
}

function askForLogin(reason = "logged-out") {
  setOffline(false);
  showBanner(reason, {}, exam.dataset.login);
  return false;
}

// What is unsaved stays in the browser: the result names it (kept.js) until the candidate has seen it.
function over() {
  end.isReached = true;
  location.assign(exam.dataset.result);
  return false;
}

// --- What is said -----------------------------------------------------------------------------------------------------

// `address` is where the link in the text leads, if it has one.
export function showBanner(name, values = {}, address = "") {
  const said = document.importNode(textNode(name), true);
  for (const part of said.childNodes) {
    if (part.nodeType === Node.TEXT_NODE) part.data = fill(part.data, values);
    else part.href = address;
  }
  if (byId("banner").textContent !== said.textContent) byId("banner").replaceChildren(...said.childNodes); // read out
  byId("banner").hidden = false;
}

function hideBanner() {
  byId("banner").hidden = true;
}

let isSomethingSaved = false;
let statusTimer = 0;
let isOffline = false;
export const isConnected = () => !isOffline;

function setOffline(is) {
  if (isOffline && !is) page.connected();
  isOffline = is;
  showStatus();
}

// In sight whatever is scrolled. It is not read out: the banner and each question say the same where it happens.
// An answer on its way is not worth a flicker: what is not saved is named after a second.
function showStatus() {
  const status = byId("save-status");
  if (!status) return;
  const state = isOffline ? "offline" : unsaved.size ? "unsaved" : isSomethingSaved ? "saved" : "";
  const put = (shown) => {
    status.dataset.state = shown;
    status.textContent = shown && text(`status-${shown}`, { count: unsaved.size });
  };
  if (state === "unsaved" && status.dataset.state !== "unsaved") {
    put("");
    statusTimer ||= setTimeout(() => put("unsaved"), 1000);
    return;
  }
  clearTimeout(statusTimer);
  statusTimer = 0;
  put(state);
}

// --- Begin ------------------------------------------------------------------------------------------------------------

function spendSecond() {
  if (document.visibilityState !== "visible" || end.isReached || page.isTimeUp()) return;
  const seconds = field(page.current(), "seconds");
  seconds.value = Number(seconds.value) + 1;
}

export function begin(own = {}) {
  Object.assign(page, own);
  exam.addEventListener("change", onChange, true);
  exam.addEventListener("input", onInput);
  exam.addEventListener("htmx:beforeRequest", (event) => {
    const question = questionSent(event);
    if (question) inFlight.add(positionOf(question));
  });
  exam.addEventListener("htmx:afterRequest", onAnswer);
  exam.addEventListener("htmx:afterSwap", onSwap);
  exam.addEventListener("click", ({ target }) => {
    if (target.closest("[data-resolve]")) onResolve(target.closest("[data-resolve]"));
    if (target.closest(".clear")) onClear(target.closest(".question"));
  });
  window.addEventListener("online", reconnect);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && reconnect());
  for (const question of questions) {
    const stored = readStored(positionOf(question));
    if (stored) restore(question, stored);
    else if ("kept" in question.dataset) noteChange(question); // it came along through a log-in, see views/keeping.py
    else describe(question);
  }
  setInterval(spendSecond, 1000);
}
