// The exam page around its questions (answers.js): one question at a time, the clock, the keyboard, what a candidate likes
// to have otherwise, and handing in.
//
// Two files and not ten: an empty cache is to ask for six files at most (docs/decisions.md).
import {
  answerState, begin, byId, describe, end, exam, field, fields, focusQuestion, isConnected, isText, positionOf, questions,
  reconnect, resendAll, showBanner, text, unsaved,
} from "./answers.js";

const links = [...document.querySelectorAll("#palette a")];
const handIn = byId("hand-in");
const announce = (words) => { byId("announcer").textContent = words; };

// --- One question at a time -------------------------------------------------------------------------------------------

let current = questions[0];

const states = new Map(); // what was last said of each answer
const linkOf = (question) => links[questions.indexOf(question)];
const neighbor = (step) => questions[questions.indexOf(current) + step];
const named = () => questions.find((question) => `#${question.id}` === location.hash);
const isLast = () => current === questions.at(-1);

function updateLink(question) {
  const link = linkOf(question);
  const isFlagged = field(question, "flag").checked;
  const isUnsaved = unsaved.has(positionOf(question));
  const isSeen = question === current || Number(field(question, "seconds").value) > 0;
  const answer = answerState(question);
  link.dataset.state = answer !== "blank" ? answer : isSeen ? "seen" : "unseen";
  link.toggleAttribute("data-flagged", isFlagged);
  link.toggleAttribute("data-unsaved", isUnsaved);
  const said = [text(`is-${link.dataset.state}`)];
  if (isFlagged) said.push(text("is-flagged"));
  if (isUnsaved) said.push(text("is-unsaved"));
  link.setAttribute("aria-label", text("link", { position: positionOf(question), states: said.join(", ") }));
  states.set(question, answer);
  const answered = [...states.values()].filter((state) => state === "answered").length;
  byId("progress").textContent = text("progress", { answered, total: questions.length });
}

function show(question) {
  const previous = current;
  current = question;
  previous.classList.remove("is-current");
  question.classList.add("is-current");
  linkOf(previous).removeAttribute("aria-current");
  linkOf(question).setAttribute("aria-current", "true");
  describe(previous);
  describe(question);
  const palette = byId("palette");
  palette.scrollTop = linkOf(question).offsetTop - palette.clientHeight / 2; // in sight there, too
  byId("previous").disabled = question === questions[0];
  byId("next").querySelector("[data-next]").hidden = isLast();
  byId("next").querySelector("[data-review]").hidden = !isLast();
}

function go(question) {
  if (!question || question === current) return;
  show(question);
  history.replaceState(null, "", `#${question.id}`);
  window.scrollTo(0, 0);
  focusQuestion(question);
}

byId("previous").addEventListener("click", () => go(neighbor(-1)));
byId("next").addEventListener("click", () => (isLast() ? review() : go(neighbor(1))));
window.addEventListener("hashchange", () => go(named()));

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
byId("palette").addEventListener("click", (event) => {
  const link = event.target.closest("a");
  if (!link) return;
  event.preventDefault();
  closePalette();
  go(questions[Number(link.dataset.position) - 1]);
});

// --- The clock: the server's remaining time on the browser's monotonic clock ------------------------------------------

const timer = byId("timer");
let endsAt = 0;
let shownSecond = null;
let lastLeft = Infinity; // unlike `shownSecond` never forgotten, so that no minute passes unannounced
let lastTick = { steady: performance.now(), wall: Date.now() };
const ANNOUNCED_MINUTES = [30, 10, 5, 1];
const SOON = 300; // seconds: the clock warns, and is shown even where it was hidden
const unit = { style: "unit", unit: "minute", unitDisplay: "long" };
const inMinutes = new Intl.NumberFormat(document.documentElement.lang, unit); // the browser knows the plurals

let toldAt = 0; // when the server last said how much time is left
const SILENCE = 60000; // so long after that it is asked: an instructor may have given more

function setRemaining(seconds) {
  const now = performance.now();
  const isMore = toldAt && now + seconds * 1000 - Math.max(endsAt, now) > 30000;
  if (isMore) announce(text("more-time", { time: clockText(seconds) }));
  toldAt = now;
  endsAt = now + seconds * 1000;
  shownSecond = null; // also when nothing is left: the next tick hands in, or tries again to
}

function clockText(seconds) {
  const two = (number) => String(number).padStart(2, "0");
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

// The machine slept (the steady clock may stand still meanwhile), its clock was set, or the server was silent: ask it.
function askWhereTimeJumped() {
  const now = { steady: performance.now(), wall: Date.now() };
  const jump = Math.abs(now.wall - lastTick.wall - (now.steady - lastTick.steady));
  lastTick = now;
  if (jump > 3000 || (now.steady - toldAt > SILENCE && !end.isReached)) {
    toldAt = now.steady;
    reconnect();
  }
}

function tick() {
  askWhereTimeJumped();
  const left = Math.max(0, Math.ceil((endsAt - performance.now()) / 1000));
  if (left === shownSecond) return;
  // After a jump over several of them what is left is said, once.
  if (lastLeft !== Infinity && ANNOUNCED_MINUTES.some((minutes) => lastLeft > minutes * 60 && left <= minutes * 60)) {
    const minutes = Math.ceil(left / 60);
    if (minutes) announce(text("time-left", { time: inMinutes.format(minutes) }));
  }
  shownSecond = left;
  lastLeft = left;
  timer.textContent = clockText(left);
  showClock();
  if (left === 0 && !end.isReached) timeIsUp();
}

// At the deadline what is unsaved goes along with the hand-in; the server takes it for some seconds more.
async function timeIsUp() {
  end.isReached = true;
  showBanner("over");
  if ((await reconnect()) && endsAt <= performance.now()) submitAs("submit");
  else end.isReached = false; // more time was given; or no connection, no log-in: the retry asks again and comes back here
}

// --- Handing in -------------------------------------------------------------------------------------------------------

const summary = byId("summary");

function review() {
  resendAll();
  byId("summary-state").textContent = "";
  byId("summary-text").replaceChildren(...summaryLines());
  summary.showModal();
}

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

byId("hand-in-button").addEventListener("click", (event) => {
  event.preventDefault();
  review();
});

// Only what is unsaved goes along, so that a tab that merely stayed open cannot bring back old answers.
handIn.addEventListener("submit", () => {
  for (const question of questions) {
    if (unsaved.has(positionOf(question))) continue;
    for (const name of ["choice", "place", "text", "struck", "flag", "sure", "sequence"]) {
      for (const input of fields(question, name)) input.disabled = true;
    }
  }
});

byId("confirm").addEventListener("click", async (event) => {
  event.preventDefault();
  if (byId("confirm").ariaDisabled === "true") return;
  byId("confirm").ariaDisabled = "true";
  byId("summary-state").textContent = "";
  if (await reconnect()) submitAs("submit");
  else if (isConnected()) summary.close(); // the banner says what else is in the way
  else byId("summary-state").textContent = text("not-submitted");
  byId("confirm").ariaDisabled = "false";
});

function submitAs(then) {
  const button = document.createElement("button");
  Object.assign(button, { name: "then", value: then, hidden: true });
  handIn.append(button);
  handIn.requestSubmit(button);
}

// --- What a candidate likes to have otherwise, remembered by this browser ---------------------------------------------

function remembered(name) {
  try { return localStorage.getItem(name); } catch { return null; }
}

function remember(name, value, control) {
  try { localStorage.setItem(name, value); } catch { control.title = text("this-page-only"); }
}

const shortcuts = byId("shortcuts");
shortcuts.checked = remembered("exam-shortcuts") !== "off";
shortcuts.addEventListener("change", () => remember("exam-shortcuts", shortcuts.checked ? "on" : "off", shortcuts));

const hidesClock = byId("hide-clock");
hidesClock.checked = remembered("exam-clock") === "hidden";
hidesClock.addEventListener("change", () => {
  remember("exam-clock", hidesClock.checked ? "hidden" : "shown", hidesClock);
  showClock();
});

function showClock() {
  timer.parentElement.hidden = hidesClock.checked && lastLeft > SOON;
  timer.parentElement.classList.toggle("soon", lastLeft <= SOON);
}

const SIZES = [90, 100, 115, 130, 150]; // per cent; see site.css
const inPercent = new Intl.NumberFormat(document.documentElement.lang, { style: "percent" });
let size = SIZES.includes(Number(remembered("exam-text-size"))) ? Number(remembered("exam-text-size")) : 100;

function setSize(step) {
  size = SIZES[Math.min(Math.max(SIZES.indexOf(size) + step, 0), SIZES.length - 1)];
  document.documentElement.dataset.textSize = size;
  byId("text-size").textContent = inPercent.format(size / 100);
  if (step) remember("exam-text-size", size, byId("text-size"));
}

byId("smaller").addEventListener("click", () => setSize(-1));
byId("larger").addEventListener("click", () => setSize(1));

// --- Keyboard ---------------------------------------------------------------------------------------------------------

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

// What the eye sees at once, the ear is told.
function changeClock() {
  hidesClock.click();
  announce(text(hidesClock.checked ? "clock-hidden" : "clock-shown"));
}

function changeSize(step) {
  setSize(step);
  announce(text("size", { size: byId("text-size").textContent }));
}

const PRESSED = {
  "?": () => byId("help").showModal(),
  n: () => go(neighbor(1)),
  ArrowRight: () => go(neighbor(1)),
  p: () => go(neighbor(-1)),
  ArrowLeft: () => go(neighbor(-1)),
  m: () => field(current, "flag").click(),
  s: () => fields(current, "sure")[0].click(),
  u: () => fields(current, "sure")[1].click(),
  t: changeClock,
  "+": () => changeSize(1),
  "-": () => changeSize(-1),
};

function pressed(key, isShifted) {
  if (Object.hasOwn(PRESSED, key)) return PRESSED[key];
  if (/^[1-8]$/.test(key)) return () => pressChoice(Number(key) - 1);
  if (!/^[a-h]$/.test(key)) return null;
  const number = key.charCodeAt(0) - 97;
  return isShifted ? () => pressOption(fields(current, "struck"), number) : () => pressChoice(number);
}

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

// --- Begin ------------------------------------------------------------------------------------------------------------

for (const name of ["help", "display"]) {
  byId(`${name}-button`).addEventListener("click", () => byId(name).showModal());
  byId(`${name}-button`).hidden = false;
}
for (const button of document.querySelectorAll("dialog [data-close]")) {
  button.addEventListener("click", () => button.closest("dialog").close());
}

// How much of the window its head and foot cover: what the keyboard reaches is scrolled clear of them.
const covered = new ResizeObserver(() => {
  const { style } = document.documentElement;
  style.setProperty("--head", `${document.querySelector(".exam-bar").offsetHeight}px`);
  style.setProperty("--foot", `${byId("exam-foot").offsetHeight}px`);
});
covered.observe(document.querySelector(".exam-bar"));
covered.observe(byId("exam-foot"));

setSize(0);
paletteToggle.hidden = false;
byId("exam-foot").hidden = false;
closePalette();
begin({
  current: () => current,
  changed: updateLink,
  told: setRemaining,
  isTimeUp: () => endsAt <= performance.now(),
  connected: () => { byId("summary-state").textContent = ""; },
});
show(named() || current);
setRemaining(Number(exam.dataset.remaining));
tick();
setInterval(tick, 250);
if (unsaved.size) reconnect();
