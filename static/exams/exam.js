// The exam page. All questions are in the document; htmx saves each answer (see _question.html). This script shows one
// question at a time, keeps what could not be sent, runs the clock and hands in at the deadline. What counts is only
// what the server acknowledged: "Saved" stands there after a 2xx and nowhere else.
import { kinds } from "../questions/kinds/index.js";
import { fill } from "../questions/kinds/words.js";

(() => {
  const exam = document.getElementById("exam");
  const questions = [...exam.querySelectorAll(".question")];
  const links = [...document.querySelectorAll("#palette a")];
  const handIn = document.getElementById("hand-in");
  const byId = (id) => document.getElementById(id);
  const positionOf = (question) => Number(question.dataset.position);
  const field = (question, name) => question.querySelector(`[name="q${positionOf(question)}-${name}"]`);
  const fields = (question, name) => [...question.querySelectorAll(`[name="q${positionOf(question)}-${name}"]`)];
  const checkedNumbers = (inputs) => inputs.filter((input) => input.checked).map((input) => Number(input.value));
  // What is said is on the page (_texts.html), in the language of the page.
  const textNode = (name) => byId("texts").content.querySelector(`[data-text="${name}"]`);
  const text = (name, values = {}) => fill(textNode(name).textContent, values);
  const RETRY_MIN = 2000;
  const RETRY_MAX = 30000;

  // --- What is not saved yet, kept in the browser until the server has acknowledged it ---------------------------

  // One entry per question, so that two tabs that are offline do not write over each other's answers.
  const storageKey = (position) => `exam:${exam.dataset.attempt}:${position}`;
  const unsaved = new Map();

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
      flag: field(question, "flag").checked,
      sequence: field(question, "sequence").value,
      page: field(question, "page").value,
      count: field(question, "count").value,
      seconds: field(question, "seconds").value,
      owner: exam.dataset.owner,
    };
  }

  function putAnswer(question, { choice, place, text, struck, flag }) {
    for (const input of fields(question, "choice")) input.checked = choice.includes(Number(input.value));
    fields(question, "place").forEach((list, number) => { list.value = place[number]; });
    if (field(question, "text")) field(question, "text").value = text ?? "";
    for (const input of fields(question, "struck")) input.checked = struck.includes(Number(input.value));
    field(question, "flag").checked = flag;
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
    updateLink(question);
  }

  function noteChange(question) {
    field(question, "count").value = Number(field(question, "count").value) + 1;
    keep(question);
  }

  // Before htmx sees the change, so that it sends the new count, or nothing of what is one too many.
  exam.addEventListener("change", (event) => {
    const question = event.target.closest(".question");
    if (!question) return;
    const refusal = kindOf(question).refusal?.(question, inputsOf(question), event.target);
    if (refusal) {
      event.stopImmediatePropagation();
      say(question, refusal);
    } else if (!isText(event.target)) {
      noteChange(question);
    } else if (!typing.has(question)) {
      event.stopImmediatePropagation(); // all that was typed is on its way or saved
    } else stopTyping(question);
  }, true);

  // What is typed is kept with each key and sent after a pause, or when the field is left.
  const PAUSE = 800;
  const typing = new Map();

  function stopTyping(question) {
    clearTimeout(typing.get(question));
    typing.delete(question);
  }

  exam.addEventListener("input", (event) => {
    if (!isText(event.target)) return;
    const question = event.target.closest(".question");
    noteChange(question);
    stopTyping(question);
    typing.set(question, setTimeout(() => {
      typing.delete(question);
      if (!question.querySelector(".conflict")) htmx.trigger(question, "resend");
    }, PAUSE));
  });

  // --- Sending ---------------------------------------------------------------------------------------------------

  let retryDelay = RETRY_MIN;
  let retryTimer = 0;
  let isOver = false;
  const inFlight = new Set();

  function resendAll() {
    for (const position of unsaved.keys()) {
      const question = questions[position - 1];
      if (!inFlight.has(position) && !question.querySelector(".conflict")) htmx.trigger(question, "resend");
    }
  }

  function retryLater() {
    clearTimeout(retryTimer);
    retryTimer = setTimeout(syncClock, retryDelay);
    retryDelay = Math.min(retryDelay * 2, RETRY_MAX);
  }

  function noConnection() {
    const isTimeUp = endsAt <= performance.now();
    showBanner(isTimeUp ? "offline-over" : "offline");
    retryLater();
  }

  exam.addEventListener("htmx:beforeRequest", (event) => inFlight.add(positionOf(event.detail.elt)));

  exam.addEventListener("htmx:afterRequest", (event) => {
    const question = event.detail.elt;
    const position = positionOf(question);
    inFlight.delete(position);
    const status = event.detail.xhr.status;
    if (status === 200) {
      retryDelay = RETRY_MIN;
      hideBanner();
    } else if (status === 401) {
      askForLogin();
    } else if (status === 403) {
      retryLater(); // a new log-in elsewhere has changed the CSRF token: asking for the time brings the new one
    } else if (status === 410) {
      over();
    } else if (status === 400 || status === 404) {
      showBanner("refused", { position, reason: event.detail.xhr.responseText.slice(0, 200) });
    } else if (status === 409) {
      if (question !== current) showBannerFor(question);
    } else {
      noConnection();
    }
  });

  exam.addEventListener("htmx:afterSwap", (event) => {
    const question = event.detail.elt.closest(".question");
    if (!question || event.detail.xhr.status !== 200) return;
    const position = positionOf(question);
    const sent = event.detail.requestConfig.parameters.get(`q${position}-count`);
    // A newer change may have come while this one was on its way; it is sent next and acknowledged by itself.
    if (sent === field(question, "count").value) {
      forget(question);
      field(question, "page").value = exam.dataset.page; // an answer kept by an earlier page goes on as this page's own
    }
    else keep(question);
    setRemaining(Number(field(question, "sequence").dataset.remaining));
  });

  exam.addEventListener("click", (event) => {
    const button = event.target.closest("[data-resolve]");
    if (!button) return;
    const question = button.closest(".question");
    const conflict = button.closest(".conflict");
    if (button.dataset.resolve === "theirs") {
      const numbers = (text) => text.split(" ").filter(Boolean).map(Number);
      putAnswer(question, {
        choice: numbers(conflict.dataset.choice),
        place: conflict.dataset.place.split(","),
        text: conflict.dataset.text,
        struck: numbers(conflict.dataset.struck),
        flag: Boolean(conflict.dataset.flag),
      });
      field(question, "sequence").value = conflict.dataset.sequence;
      conflict.remove();
      forget(question);
    } else {
      field(question, "sequence").value = conflict.dataset.sequence;
      conflict.remove();
      noteChange(question);
      htmx.trigger(question, "resend");
    }
    focusQuestion(question);
  });

  // --- The clock: the server's remaining time on the browser's monotonic clock -----------------------------------

  const timer = byId("timer");
  let endsAt = 0;
  let shownSecond = null;
  let lastLeft = Infinity; // unlike `shownSecond` never forgotten, so that no minute passes unannounced
  let lastTick = { steady: performance.now(), wall: Date.now() };
  const ANNOUNCED_MINUTES = [30, 10, 5, 1];
  const unit = { style: "unit", unit: "minute", unitDisplay: "long" };
  const inMinutes = new Intl.NumberFormat(document.documentElement.lang, unit); // the browser knows the plurals

  let toldAt = 0; // when the server last said how much time is left
  const SILENCE = 60000; // so long after that it is asked: an instructor may have given more

  function setRemaining(seconds) {
    const now = performance.now();
    const isMore = toldAt && now + seconds * 1000 - Math.max(endsAt, now) > 30000;
    if (isMore) byId("announcer").textContent = text("more-time", { time: clockText(seconds) });
    toldAt = now;
    endsAt = now + seconds * 1000;
    shownSecond = null; // also when nothing is left: the next tick hands in, or tries again to
  }

  function clockText(seconds) {
    const two = (number) => String(number).padStart(2, "0");
    const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
    return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
  }

  function tick() {
    const now = { steady: performance.now(), wall: Date.now() };
    // The machine slept (the steady clock may stand still meanwhile) or its clock was set: ask the server.
    const jump = Math.abs(now.wall - lastTick.wall - (now.steady - lastTick.steady));
    lastTick = now;
    if (jump > 3000 || (now.steady - toldAt > SILENCE && !isOver)) {
      toldAt = now.steady;
      syncClock();
    }
    const left = Math.max(0, Math.ceil((endsAt - now.steady) / 1000));
    if (left === shownSecond) return;
    // After a jump over several of them what is left is said, once.
    if (lastLeft !== Infinity && ANNOUNCED_MINUTES.some((minutes) => lastLeft > minutes * 60 && left <= minutes * 60)) {
      const minutes = Math.ceil(left / 60);
      if (minutes) byId("announcer").textContent = text("time-left", { time: inMinutes.format(minutes) });
    }
    if (left < lastLeft && lastLeft !== Infinity && document.visibilityState === "visible") {
      const seconds = field(current, "seconds");
      seconds.value = Number(seconds.value) + 1;
    }
    shownSecond = left;
    lastLeft = left;
    timer.textContent = clockText(left);
    timer.parentElement.classList.toggle("soon", left <= 300);
    if (left === 0 && !isOver) timeIsUp();
  }

  // Ask how much time is left; the answer also brings a fresh CSRF token, which a new log-in has changed.
  async function syncClock() {
    let response, clock;
    try {
      response = await fetch(exam.dataset.clock, { headers: { "HX-Request": "true" } });
      if (response.ok) clock = await response.json(); // an answer that breaks off is none
    } catch {
      noConnection();
      return false;
    }
    if (response.status === 401) return askForLogin();
    if (response.status === 410) return over();
    if (response.status === 404) return askForLogin("other-account");
    if (!response.ok) {
      noConnection();
      return false;
    }
    setRemaining(clock.remaining);
    exam.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": clock.token }));
    handIn.elements.csrfmiddlewaretoken.value = clock.token;
    hideBanner();
    resendAll();
    return true;
  }

  function askForLogin(reason = "logged-out") {
    showBanner(reason, {}, exam.dataset.login);
    return false;
  }

  // What is unsaved stays in the browser: the result names it (kept.js) until the candidate has seen it.
  function over() {
    isOver = true;
    location.assign(exam.dataset.result);
    return false;
  }

  // At the deadline what is unsaved goes along with the hand-in; the server takes it for some seconds more.
  async function timeIsUp() {
    isOver = true;
    showBanner("over");
    if ((await syncClock()) && endsAt <= performance.now()) submitAs("submit");
    else isOver = false; // more time was given; or no connection, no log-in: the retry asks again and comes back here
  }

  // --- Handing in ------------------------------------------------------------------------------------------------

  const summary = byId("summary");

  byId("hand-in-button").addEventListener("click", (event) => {
    event.preventDefault();
    resendAll();
    byId("summary-text").replaceChildren(...summaryLines());
    summary.showModal();
  });

  function summaryLines() {
    const positions = (predicate) => questions.filter(predicate).map(positionOf);
    const open = positions((question) => answerState(question) === "blank");
    const incomplete = positions((question) => answerState(question) === "incomplete");
    const flagged = positions((question) => field(question, "flag").checked);
    const lines = [];
    if (open.length) lines.push(line(text("blank"), open));
    if (incomplete.length) lines.push(line(text("incomplete"), incomplete));
    if (!lines.length) lines.push(line(text("complete")));
    if (flagged.length) lines.push(line(text("flagged"), flagged));
    if (unsaved.size) lines.push(line(text("unsaved"), [...unsaved.keys()]));
    return lines;
  }

  function line(words, positions = []) {
    const paragraph = document.createElement("p");
    paragraph.append(words);
    positions.forEach((position, index) => {
      const link = document.createElement("a");
      Object.assign(link, { href: `#q${position}`, textContent: position });
      link.addEventListener("click", () => summary.close());
      paragraph.append(index ? ", " : " ", link);
    });
    return paragraph;
  }

  // Only what is unsaved goes along, so that a tab that merely stayed open cannot bring back old answers.
  handIn.addEventListener("submit", () => {
    for (const question of questions) {
      if (unsaved.has(positionOf(question))) continue;
      for (const name of ["choice", "place", "text", "struck", "flag", "sequence"]) {
        for (const input of fields(question, name)) input.disabled = true;
      }
    }
  });

  byId("confirm").addEventListener("click", async (event) => {
    event.preventDefault();
    byId("confirm").disabled = true;
    if (await syncClock()) submitAs("submit");
    else summary.close();
    byId("confirm").disabled = false;
  });

  function submitAs(then) {
    const button = document.createElement("button");
    Object.assign(button, { name: "then", value: then, hidden: true });
    handIn.append(button);
    handIn.requestSubmit(button);
  }

  // --- One question at a time ------------------------------------------------------------------------------------

  let current = questions[0];

  // What depends on the kind of a question: see static/questions/kinds/.
  const kindOf = (question) => kinds[question.dataset.script];
  const inputsOf = (question) => ({
    choices: fields(question, "choice"), places: fields(question, "place"), text: field(question, "text"),
  });

  // "blank", "incomplete" or "answered", as the server judges it.
  const answerState = (question) => kindOf(question).state(question, inputsOf(question));
  // The words of the server's note.
  const answerNote = (question) => kindOf(question).note(question, inputsOf(question));
  const isAnswered = (question) => answerState(question) === "answered";

  function updateLink(question) {
    const link = links[positionOf(question) - 1];
    const isFlagged = field(question, "flag").checked;
    const isUnsaved = unsaved.has(positionOf(question));
    const isSeen = question === current || Number(field(question, "seconds").value) > 0;
    const answer = answerState(question);
    link.dataset.state = answer !== "blank" ? answer : isSeen ? "seen" : "unseen";
    link.toggleAttribute("data-flagged", isFlagged);
    link.toggleAttribute("data-unsaved", isUnsaved);
    const states = [text(`is-${link.dataset.state}`)];
    if (isFlagged) states.push(text("is-flagged"));
    if (isUnsaved) states.push(text("is-unsaved"));
    link.setAttribute("aria-label", text("link", { position: positionOf(question), states: states.join(", ") }));
    question.querySelector(".clear").hidden = answer === "blank";
    say(question, answerNote(question));
    const answered = questions.filter(isAnswered).length;
    byId("progress").textContent = text("progress", { answered, total: questions.length });
  }

  // Written only when it changes: each writing is read out.
  function say(question, words) {
    const note = question.querySelector(".answer-note");
    if (note && note.textContent !== words) note.textContent = words;
  }

  function show(question) {
    const previous = current;
    current = question;
    previous.classList.remove("is-current");
    question.classList.add("is-current");
    links[positionOf(previous) - 1].removeAttribute("aria-current");
    links[positionOf(question) - 1].setAttribute("aria-current", "true");
    updateLink(previous);
    updateLink(question);
    const link = links[positionOf(question) - 1];
    byId("palette").scrollTop = link.offsetTop - byId("palette").clientHeight / 2; // in sight there, too
    byId("previous").disabled = question === questions[0];
    byId("next").disabled = question === questions.at(-1);
  }

  function focusQuestion(question) {
    question.querySelector("legend").focus({ preventScroll: true });
  }

  function go(question) {
    if (!question || question === current) return;
    show(question);
    history.replaceState(null, "", `#${question.id}`);
    window.scrollTo(0, 0);
    focusQuestion(question);
  }

  const neighbour = (step) => questions[questions.indexOf(current) + step];
  byId("previous").addEventListener("click", () => go(neighbour(-1)));
  byId("next").addEventListener("click", () => go(neighbour(1)));
  window.addEventListener("hashchange", () => go(questions.find((question) => `#${question.id}` === location.hash)));
  exam.addEventListener("click", (event) => {
    const link = event.target.closest("#palette a");
    if (link) {
      event.preventDefault();
      closePalette();
      go(questions[Number(link.dataset.position) - 1]);
    }
    const clear = event.target.closest(".clear");
    if (clear) {
      const question = clear.closest(".question");
      for (const input of fields(question, "choice")) input.checked = false;
      for (const list of fields(question, "place")) list.value = "";
      if (field(question, "text")) field(question, "text").value = "";
      field(question, "flag").dispatchEvent(new Event("change", { bubbles: true }));
      focusQuestion(question);
    }
  });

  // --- Keyboard --------------------------------------------------------------------------------------------------

  const shortcuts = byId("shortcuts");
  shortcuts.checked = readPreference() !== "off";
  shortcuts.addEventListener("change", () => writePreference(shortcuts.checked ? "on" : "off"));

  function readPreference() {
    try { return localStorage.getItem("exam-shortcuts"); } catch { return null; }
  }

  function writePreference(value) {
    try { localStorage.setItem("exam-shortcuts", value); } catch { shortcuts.title = text("this-page-only"); }
  }

  function pressOption(inputs, number) {
    if (!inputs[number]) return;
    inputs[number].click();
    inputs[number].focus({ preventScroll: true });
  }

  // An option is chosen, or the list of its places is gone to: there the keys are the list's own.
  function pressChoice(number) {
    pressOption(fields(current, "choice"), number);
    fields(current, "place")[number]?.focus();
    if (number === 0) field(current, "text")?.focus();
  }

  const isText = (target) => target.matches("textarea, [contenteditable], input:not([type=checkbox], [type=radio])");
  // A wide table or piece of code is scrolled by the arrow keys.
  const isWide = (target) => target.matches("pre, table") && target.scrollWidth > target.clientWidth;

  document.addEventListener("keydown", (event) => {
    const { target } = event;
    if (event.isComposing || event.ctrlKey || event.altKey || event.metaKey || event.getModifierState("AltGraph")) return;
    if (isText(target)) {
      if (event.key === "Enter") event.preventDefault(); // it would press the form's first button, which is to hand in
      return;
    }
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const isSideways = key === "ArrowRight" || key === "ArrowLeft";
    const isRadio = target.matches("input[type=radio]");
    // The browser's own way of ← and → is to choose another option or entry. They never do: they move, or do nothing.
    if (isSideways && (isRadio || target.matches("select"))) event.preventDefault();
    // A key held down presses once: no answer flickers, no button is pressed ten times.
    if (event.repeat && (isRadio ? key.startsWith("Arrow") : key === "Enter" && target.matches("button, a, summary"))) {
      event.preventDefault();
    }
    // Enter on an option would press the form's first button, which is to hand in.
    if (key === "Enter" && target.matches("input")) event.preventDefault();
    if (!shortcuts.checked || document.querySelector("dialog[open]")) return;
    if (isSideways ? event.shiftKey || isWide(target) : target.matches("select")) return;
    const press = pressed(key, event.shiftKey);
    if (!press) return;
    event.preventDefault();
    if (!event.repeat) press();
  });

  function pressed(key, isShifted) {
    if (key === "?") return () => byId("help").showModal();
    if (key === "n" || key === "ArrowRight") return () => go(neighbour(1));
    if (key === "p" || key === "ArrowLeft") return () => go(neighbour(-1));
    if (key === "m") return () => field(current, "flag").click();
    if (/^[1-8]$/.test(key)) return () => pressChoice(Number(key) - 1);
    if (!/^[a-h]$/.test(key)) return null;
    const number = key.charCodeAt(0) - 97;
    return isShifted ? () => pressOption(fields(current, "struck"), number) : () => pressChoice(number);
  }

  // --- Small things ----------------------------------------------------------------------------------------------

  // `address` is where the link in the text leads, if it has one.
  function showBanner(name, values = {}, address = "") {
    const said = document.importNode(textNode(name), true);
    for (const part of said.childNodes) {
      if (part.nodeType === Node.TEXT_NODE) part.data = fill(part.data, values);
      else part.href = address;
    }
    if (byId("banner").textContent !== said.textContent) byId("banner").replaceChildren(...said.childNodes); // read out
    byId("banner").hidden = false;
  }

  function showBannerFor(question) {
    showBanner("changed-elsewhere", { position: positionOf(question) }, `#${question.id}`);
  }

  function hideBanner() {
    byId("banner").hidden = true;
  }

  const paletteToggle = byId("palette-toggle");
  function closePalette() {
    byId("palette").classList.add("is-closed");
    paletteToggle.setAttribute("aria-expanded", "false");
  }
  paletteToggle.addEventListener("click", () => {
    const isClosed = byId("palette").classList.toggle("is-closed");
    paletteToggle.setAttribute("aria-expanded", String(!isClosed));
    window.scrollTo(0, 0);
  });
  byId("help-button").addEventListener("click", () => byId("help").showModal());
  for (const button of document.querySelectorAll("dialog [data-close]")) {
    button.addEventListener("click", () => button.closest("dialog").close());
  }
  window.addEventListener("online", syncClock);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && syncClock());

  // How much of the window its head and foot cover: what the keyboard reaches is scrolled clear of them.
  const covered = new ResizeObserver(() => {
    const { style } = document.documentElement;
    style.setProperty("--head", `${document.querySelector(".exam-bar").offsetHeight}px`);
    style.setProperty("--foot", `${byId("exam-foot").offsetHeight}px`);
  });
  covered.observe(document.querySelector(".exam-bar"));
  covered.observe(byId("exam-foot"));

  // --- Begin -----------------------------------------------------------------------------------------------------

  for (const element of [paletteToggle, byId("exam-foot"), byId("help-button")]) element.hidden = false;
  closePalette();
  for (const question of questions) {
    const stored = readStored(positionOf(question));
    if (stored) restore(question, stored);
    else if ("kept" in question.dataset) noteChange(question); // it came along through a log-in, see views/keeping.py
  }
  questions.forEach(updateLink);
  show(questions.find((question) => `#${question.id}` === location.hash) || questions[0]);
  setRemaining(Number(exam.dataset.remaining));
  tick();
  setInterval(tick, 250);
  if (unsaved.size) syncClock();
})();
