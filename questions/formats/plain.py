"""Numbered questions in plain text, as notes and study guides have them.

    1. A stem, wrapped over lines. (Choose two.)

    A. An option
    B. Another

    Answer: A, B
    Explanation: …

A chapter begins with its number between two lines of “=”, or with “Chapter 3”. Lines of stars and page numbers are
skipped; texts before, between and after the questions are not taken over, and named.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from questions.bankfiles import QuestionEntry
from questions.content import Problem
from questions.formats.base import Defaults, ReadQuestion, Unreadable, check_count, read_entry
from questions.formats.lines import LETTERS, on_one_line
from questions.formats.paragraphs import FENCE, paragraphs
from questions.formats.texts import decode

# For lines without blanks at their end. What repeats gives nothing back (`++`): a line of blanks is read once.
_Q = r"Q(?:uestion)?+\.?+\s*+#?+\s*+"
_NUMBER = re.compile(rf"[*#\s]*+(?:(?:{_Q})?(\d{{1,4}})[.)]|{_Q}(\d{{1,4}}):)\**+\s++(.+)", re.IGNORECASE)
# A heading is a question once boxes to tick or lettered options follow it.
_HEADING = re.compile(r"#{1,6}\s++(.+)")
# A star before the letter marks a key, as Respondus and text2qti have it; a bullet has a blank after it.
_OPTION = re.compile(r"\s*+(?:[-+*]\s++)?+(\*?)\(?([A-Za-z])[.)]\s++(.+)")
_BOX = re.compile(r"\s*+[-+*]\s++\[([ xX])\]\s++(.+)")
_ANSWER = re.compile(r"\s*+[*_]{0,3}(?:correct\s++)?answers?[*_]{0,3}\s*+:\s*+[*_]{0,3}\s*+(.*)", re.IGNORECASE)
_EXPLANATION = re.compile(r"\s*+[*_]{0,3}explanation[*_]{0,3}\s*+:\s*+[*_]{0,3}\s*+(.*)", re.IGNORECASE)
_FOLDED = re.compile(r"</?details[^<>]*>|<summary[^<>]*>[^<>]*</summary>", re.IGNORECASE)
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ID = re.compile(r"\s*id\s*:\s*([a-z0-9-]+)\s*", re.IGNORECASE)
_RULE = re.compile(r"\s*[=_*~-]{3,}\s*")
_CHAPTER = re.compile(r"[\s*#]*(?:chapter\s+)?(\d{1,3})\s*", re.IGNORECASE)
_NAMED_CHAPTER = re.compile(r"[\s*#]*chapter\s+(\d{1,3})\b[\s.:–—-]*(.*)", re.IGNORECASE)
# The running head and page number of a book, in the midst of a text: “Review Questions 239”, “240 Chapter 8”.
_FURNITURE = re.compile(r"\s*(?:review questions \d+|\d+ review questions|\d+ chapter \d+.*|\f.*)\s*", re.IGNORECASE)
_CHOOSE = re.compile(
    r"\((?:choose|select|pick)\s+(all(?:\s+that\s+apply)?|two|three|four|five|[2-5])\b[^()]*\)", re.IGNORECASE
)
_COUNTS = {"two": 2, "three": 3, "four": 4, "five": 5}
_LACKING = ("case", "shuffle", "rationales", "service_note", "references")
_SENTENCE_END = re.compile(r"[.!?…]['\"”’)*`]*$")


@dataclass
class _Question:
    line: int
    chapter: int
    number: int
    stem: list[str] = field(default_factory=list)
    options: list[list[str]] = field(default_factory=list)
    answer: str = ""
    explanation: list[str] = field(default_factory=list)
    id: str = ""
    marked: set[int] = field(default_factory=set)  # options that are marked as keys themselves
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    skipped: list[int] = field(default_factory=list)
    is_closed: bool = False  # after a blank line behind its options: what follows is no option's text


class PlainFormat:
    name = "plain"
    label = "Numbered text"
    suffixes = (".txt", ".text", ".md")
    media_type = "text/plain"
    losses = (
        "ordering and matching questions, and those with a case: left out",
        "questions with tables, lists, code or paragraphs in a stem, option or explanation: left out",
        "line breaks, rationales, service note, references",
        "tasks, difficulty, tags, date, source, fixed option order, status: every question arrives as a draft",
    )

    def read(self, data: bytes, defaults: Defaults) -> list[ReadQuestion]:
        reader = _Reader()
        for number, line in enumerate(decode(data).split("\n"), start=1):
            reader.take(number, line)
        reader.close()
        if not reader.questions and re.search(r"^\s*[-*+]\s", decode(data), re.MULTILINE):
            raise Unreadable(
                "This looks like a Markdown question bank without letters or boxes. Numbered text takes “- A. …” with "
                "“Answer: A”, or “- [x] …” under a heading; write its options so."
            )
        if not reader.questions:
            raise Unreadable("There is no question: none begins with a number (“1. …”) and has options (“A. …”).")
        check_count(len(reader.questions))
        return [_read(question, defaults) for question in reader.questions]

    def left_out(self, entry: QuestionEntry) -> str:
        if entry.kind not in {"single", "multiple"}:
            return f"numbered text has no {entry.kind} questions"
        if entry.case:
            return "numbered text has no place for the case"
        if entry.kind == "single" and len(entry.key) > 1:
            return "it has two keys, which numbered text takes for a multiple question"
        options = [option.text for option in entry.options]
        for text in (entry.stem, *options, entry.explanation):
            line = on_one_line(text)
            if line is None:
                return f"numbered text wants one line, and “{text[:40]}” needs several"
            if any(pattern.fullmatch(line) for pattern in _SYNTAX):
                return f"“{line[:40]}” would be read as something else"
        return ""

    def write(self, entries: Sequence[QuestionEntry]) -> bytes:
        parts, number = [], 0
        for entry in entries:
            if self.left_out(entry):
                continue
            number += 1
            stem = on_one_line(entry.stem) or ""
            if entry.kind == "multiple" and len(entry.key) < 2 and not _CHOOSE.search(stem):
                stem += " (Choose all that apply.)"
            lines = [f"{number}. {stem}", ""]
            lines += [f"{LETTERS[n]}. {on_one_line(option.text)}" for n, option in enumerate(entry.options)]
            lines.append("")
            if entry.key:
                lines.append(f"Answer: {', '.join(LETTERS[index or 0] for index in entry.key)}")
            if entry.explanation:
                lines.append(f"Explanation: {on_one_line(entry.explanation)}")
            parts.append("\n".join([*lines, f"Id: {entry.id}", ""]))
        return "\n".join(parts).encode()


_SYNTAX = (
    _NUMBER,
    _OPTION,
    _BOX,
    _HEADING,
    _FOLDED,
    FENCE,
    _ANSWER,
    _EXPLANATION,
    _ID,
    _RULE,
    _CHAPTER,
    _NAMED_CHAPTER,
    _FURNITURE,
)


class _Reader:
    """Takes line after line. A numbered line is a question once “A.” follows it; else it was a list in the notes."""

    def __init__(self) -> None:
        self.questions: list[_Question] = []
        self._current: _Question | None = None
        self._chapter = 0
        self._last_number = 0
        self._after_blank = True
        self._after_rule = False
        self._alone: tuple[int, int] | None = None  # a number alone in its line: a chapter's, if question 1 follows
        self._skipped: list[int] = []
        self._fence = ""

    def take(self, number: int, line: str) -> None:
        line = line.rstrip()
        if self._current and self._in_fence(number, line):
            return
        line = _FOLDED.sub("", line).rstrip() if "<" in line else line
        was_blank, self._after_blank = self._after_blank, not line.strip()
        if not line.strip():
            self._blank()
        elif _FURNITURE.fullmatch(line):
            self._note(f"line {number}, “{line.strip()[:40]}”, was taken for a page's head and left out.")
        elif _RULE.fullmatch(line):
            self._after_rule = True
            self._close_question()
        elif self._is_chapter(number, line, was_blank):
            self._close_question()
        else:
            self._after_rule = False
            self._text(number, line, was_blank)

    def _in_fence(self, number: int, line: str) -> bool:
        """Take a line of a block of code as it stands."""
        question, found = self._current, FENCE.fullmatch(line)
        if question is None or not (found or self._fence):
            return False
        if found and (not self._fence or (line.strip() == found[1] and len(found[1]) >= len(self._fence))):
            self._fence = "" if self._fence else found[1]
        self._after_blank = False
        if question.explanation:
            question.explanation.append(line)
        elif not question.options:
            question.stem.append(line)
        elif not question.problems:
            message = f"line {number}: a block of code stands after the options begin; move it into the stem."
            question.problems.append(Problem("options", message))
        return True

    def close(self) -> None:
        if self._fence and self._current:
            message = f"a block of code ({self._fence}) is opened after line {self._current.line} and never closed."
            self._current.problems.append(Problem("stem", message))
        self._close_question()
        if self._skipped and self.questions:
            self.questions[-1].notes.append(_skipped_note(self._skipped, "after"))

    def _is_chapter(self, number: int, line: str, was_blank: bool) -> bool:
        if found := _NAMED_CHAPTER.fullmatch(line):
            if was_blank or self._after_rule:
                self._close_question()
                self._begin_chapter(int(found[1]))
                return True
        elif (found := _CHAPTER.fullmatch(line)) and (self._after_rule or was_blank):
            if self._after_rule:
                self._close_question()
                self._begin_chapter(int(found[1]))
            else:
                self._alone = (number, int(found[1]))
            return self._after_rule or not (self._current and self._current.options)
        return False

    def _begin_chapter(self, chapter: int) -> None:
        self._chapter, self._last_number, self._alone = chapter, 0, None

    def _blank(self) -> None:
        question = self._current
        if question is None:
            return
        if question.explanation:
            question.explanation.append("")
        elif question.options:
            question.is_closed = True
        elif question.stem:
            question.stem.append("")

    def _text(self, number: int, line: str, was_blank: bool) -> None:
        question = self._current
        if question and not question.answer and not question.explanation and _take_option(question, number, line):
            return
        line = _without_bold(line)
        if (found := _NUMBER.fullmatch(line)) and self._begins_question(int(found[1] or found[2]), was_blank):
            self._close_question()
            self._current = _Question(number, self._chapter, int(found[1] or found[2]), stem=[found[3]])
            return
        if (found := _HEADING.fullmatch(line)) and (question is None or question.options or not question.stem):
            self._close_question()
            self._current = _Question(number, self._chapter, self._last_number + 1, stem=[found[1]])
            return
        if question is None:
            self._skipped.append(number)
        elif question.options and (found := _ANSWER.fullmatch(line)):
            question.answer = found[1].strip().rstrip("*_ ") or "?"
        elif question.options and (found := _EXPLANATION.fullmatch(line)):
            question.explanation.append(found[1])
        elif question.options and (found := _ID.fullmatch(line)):
            question.id = found[1].lower()
            question.is_closed = True
        elif question.explanation and not question.id:
            question.explanation.append(line.rstrip())
        elif question.options and not question.is_closed and not question.answer:
            question.options[-1].append(line.strip())
        elif question.options:
            question.skipped.append(number)
        else:
            question.stem.append(line.rstrip())

    def _begins_question(self, number: int, was_blank: bool) -> bool:
        question = self._current
        if question is None:
            return True
        # Inside a question a numbered line may be a list, or a wrapped line that happens to begin with a number.
        follows = number > question.number or number == 1
        if question.options:
            return follows and (was_blank or len(question.options) > 1)
        return was_blank and follows

    def _close_question(self) -> None:
        question, self._current = self._current, None
        if question is None:
            return
        if len(question.options) < 2:
            lines = [*question.stem, *map(" ".join, question.options)]
            self._skipped += [number for number, line in enumerate(lines, start=question.line) if line]
            return
        if question.number == 1:
            if self._alone and question.line - self._alone[0] <= 3:
                self._begin_chapter(self._alone[1])
            elif self._last_number:
                self._chapter += 1 if self._chapter else 2  # numbering begins anew: so does the chapter
                self._last_number = 0
            question.chapter = self._chapter
        if self._skipped:
            question.notes.append(_skipped_note(self._skipped, "before"))
            self._skipped = []
        if question.skipped:
            question.notes.append(_skipped_note(question.skipped, "after"))
        if self._last_number and question.number > self._last_number + 1:
            question.notes.append(f"the question before it is number {self._last_number}; is one missing?")
        self._last_number = question.number
        self.questions.append(question)

    def _note(self, text: str) -> None:
        if self._current:
            self._current.notes.append(text)


def _take_option(question: _Question, number: int, line: str) -> bool:
    """Take a line that is an option, marked as a key or not; name a letter that is missing before it."""
    count = len(question.options)
    if found := _BOX.fullmatch(line):
        is_marked, text = found[1] != " ", found[2]
        text = inner[3] if (inner := _OPTION.fullmatch(text)) and inner[2] == _ALPHABET[count : count + 1] else text
    elif found := _OPTION.fullmatch(_without_bold(line)):
        is_marked, text, letter = bool(found[1]) or _without_bold(line) != line, found[3], found[2].upper()
        expected = _ALPHABET[count : count + 1]
        if letter != expected:
            if not count or letter < expected or len(question.options) >= len(_ALPHABET):
                return False
            if _ALPHABET.index(letter) - count > 2:  # a wrapped line that begins with an initial
                return False
            message = f"line {number}: option {expected} is missing before {letter}; letter them without gaps."
            question.problems.append(Problem("options", message))
    else:
        return False
    question.marked |= {count} if is_marked else set()
    question.options.append([text])
    question.is_closed = False
    return True


def _without_bold(line: str) -> str:
    """Return a line that is bold as a whole, a question's or an answer's, without the stars."""
    inner = line.strip()[2:-2]
    whole = line.strip().startswith("**") and line.strip().endswith("**") and "**" not in inner
    return inner if whole and inner.strip(" *") else line


def _skipped_note(lines: list[int], where: str) -> str:
    what = f"line {lines[0]}" if len(lines) == 1 else f"{len(lines)} lines ({min(lines)}–{max(lines)})"
    return f"{what} {where} it belong to no question and are not taken over."


def _read(question: _Question, defaults: Defaults) -> ReadQuestion:
    problems, notes = list(question.problems), list(question.notes)
    options = [" ".join(lines) for lines in question.options]
    stem = paragraphs(question.stem)
    choose = _CHOOSE.search(stem)
    keys = _keys(question.answer, len(options), problems)
    if question.marked and keys and keys != question.marked:
        problems.append(Problem("key", "the marks before the options and the answer name different ones; keep one."))
    keys = keys or question.marked
    wanted = choose[1].lower() if choose else ""
    count = _COUNTS.get(wanted) or (int(wanted) if wanted.isdigit() else 0)
    if keys and count and len(keys) != count:
        notes.append(f"the stem says “{choose[0] if choose else ''}”, the answer names {len(keys)}.")
    for letter in _cut_off(options):
        notes.append(f"option {letter} looks cut off: “…{options[LETTERS.index(letter)][-30:]}”. Complete it.")
    fields = {
        "kind": "multiple" if choose or len(keys) > 1 else "single",
        "stem": stem,
        "options": tuple({"text": text, "key": index in keys} for index, text in enumerate(options)),
        "explanation": paragraphs(question.explanation),
    }
    if question.id:
        fields["id"] = question.id
    elif question.chapter:
        fields["id"] = f"ch{question.chapter:02}-q{question.number:02}"
    return read_entry(
        f"line {question.line}",
        "",
        fields,
        defaults,
        notes=notes,
        problems=problems,
        lacking=_LACKING,
        id_is_ours=bool(question.id),
    )


def _keys(answer: str, count: int, problems: list[Problem]) -> set[int]:
    if not answer:
        return set()
    answer = answer[:200]
    found = re.fullmatch(r"\(?([A-Ha-h](?:\)?(?:[\s,;/&]|and)*\(?[A-Ha-h])*)\)?(?:[.)\s].*)?", answer)
    keys = (
        {LETTERS.index(mark.upper()) for mark in re.findall(r"[A-Ha-h]", found[1].replace("and", ""))}
        if found
        else set()
    )
    if not keys or max(keys) >= count:
        message = f"“{answer[:40]}” does not name options among the {count}; write letters, for example B or A, C."
        problems.append(Problem("key", message))
        return set()
    return keys


def _cut_off(options: Sequence[str]) -> list[str]:
    """Return the letter of an option that ends in mid-sentence where all others end as sentences do."""
    open_ended = [index for index, text in enumerate(options) if not _SENTENCE_END.search(text)]
    return [LETTERS[open_ended[0]]] if len(open_ended) == 1 and len(options) > 2 else []
