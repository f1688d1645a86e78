"""The lines of numbered text and of Markdown banks: which begin a question, are its options, name its key."""

import re
from dataclasses import dataclass, field

from django.utils.translation import gettext

from questions.content import Problem
from questions.formats.keys import named_options
from questions.formats.paragraphs import FENCE

# For lines without blanks at their end. What repeats gives nothing back (`++`): a line of blanks is read once.
_Q = r"Q(?:uestion)?+\.?+\s*+#?+\s*+"
_NUMBER = re.compile(rf"[*#\s]*+(?:(?:{_Q})?(\d{{1,4}})[.)]|{_Q}(\d{{1,4}}):)\**+\s++(.+)", re.IGNORECASE)
# “Question 3” alone: the stem follows.
_NUMBER_ALONE = re.compile(r"[*#\s]*+Q(?:uestion)?+\.?+\s*+#?+\s*+(\d{1,4})[.):]?+\**+", re.IGNORECASE)
# A heading is a question once boxes to tick or lettered options follow it.
_HEADING = re.compile(r"#{1,6}\s++(.+)")
# A star before the letter marks a key, as Respondus and text2qti have it; a bullet has a blank after it.
_OPTION = re.compile(r"\s*+(?:[-+*]\s++)?+(\*?)\(?([A-Za-z])[.)]\s++(.+)")
_BOLD_LETTER = re.compile(r"\*\*(\(?[A-Za-z][.)])(?:\*\*(?=\s)|(\s++[^*]++)\*\*)")
_BULLET = re.compile(r"(\s*+[-+*])\s++(.+)")
_BOX = re.compile(r"\s*+(?:[-+*]\s++|\d{1,2}[.)]\s++)?+\[([ xX*✓✔]?)\]\s++(.+)")
_BEFORE = r"[\s>#]*+(?:[-+*]\s++)?+[*_`]{0,3}+"
_AFTER = r"(?:[*_`]{0,3}+\s*+[:=–-][*_`]{0,3}+\s*+(.*))"
_ANSWER = re.compile(
    rf"{_BEFORE}(?:(?:the\s++)?(?:correct|right)\s++(?:answers?+(?:\(s\))?+|options?+|choices?+|responses?+)"
    rf"|answers?+(?:\(s\))?+|ans)(?:\s++(?:is|are))?(?:{_AFTER}|(?<=\b(?:is))\s++(.*)|(?<=\bare)\s++(.*))",
    re.IGNORECASE,
)
_EXPLANATION = re.compile(rf"{_BEFORE}(?:explanation|rationale|feedback){_AFTER}", re.IGNORECASE)
_DETAILS = re.compile(r"<(/?)details(?![a-z])[^<>]*>", re.IGNORECASE)
_SUMMARY = re.compile(r"<summary(?![a-z])[^<>]*>([^<>]*)</summary>", re.IGNORECASE)
_WRAPPERS = re.compile(r"</?(?:p|div|br|b|strong|blockquote)\s{0,9}/?>", re.IGNORECASE)
_ID = re.compile(r"\s*id\s*:\s*([a-z0-9-]+)\s*", re.IGNORECASE)
_RULE = re.compile(r"\s*[=_*~-]{3,}\s*")
_CHAPTER = re.compile(r"[\s*#]*(?:chapter\s+)?(\d{1,3})\s*", re.IGNORECASE)
_NAMED_CHAPTER = re.compile(r"[\s*#]*chapter\s+(\d{1,3})\b[\s.:–—-]*(.*)", re.IGNORECASE)
# The running head and page number of a book, in the midst of a text: “Review Questions 239”, “240 Chapter 8”.
_FURNITURE = re.compile(r"\s*(?:review questions \d+|\d+ review questions|\d+ chapter \d+.*|\f.*)\s*", re.IGNORECASE)
_SEEN = 200  # lines of a stem, in which its bullets are looked for
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
# What a text on one line must not be, or it would be read as something else.
SYNTAX = (
    *(_NUMBER, _NUMBER_ALONE, _OPTION, _BOX, _HEADING, _DETAILS, FENCE, _ANSWER, _EXPLANATION),
    *(_ID, _RULE, _CHAPTER, _NAMED_CHAPTER, _FURNITURE),
)


@dataclass
class Numbered:
    """A question as it stands in the text."""

    line: int
    chapter: int
    number: int
    stem: list[str] = field(default_factory=list)
    options: list[list[str]] = field(default_factory=list)
    answer: str = ""
    explanation: list[str] = field(default_factory=list)
    id: str = ""
    marked: set[int] = field(default_factory=set)  # options that are marked as keys themselves
    bold: set[int] = field(default_factory=set)  # keys too, if no other sign names any
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    skipped: list[int] = field(default_factory=list)
    is_closed: bool = False  # after a blank line behind its options: what follows is no option's text


class Reader:
    """Takes line after line. A numbered line is a question once “A.” follows it; else it was a list in the notes."""

    def __init__(self) -> None:
        self.questions: list[Numbered] = []
        self._current: Numbered | None = None
        self._chapter = 0
        self._last_number = 0
        self._after_blank = True
        self._after_rule = False
        self._alone: tuple[int, int] | None = None  # a number alone in its line: a chapter's, if question 1 follows
        self._skipped: list[int] = []
        self._fence = ""
        self._is_folded = False
        self._awaits_answer = False

    def take(self, number: int, line: str) -> None:
        line = line.rstrip()
        if self._current and self._in_fence(number, line):
            return
        line = self._unfolded(line) if "<" in line else line
        was_blank, self._after_blank = self._after_blank, not line.strip()
        if not line.strip():
            self._blank()
        elif _FURNITURE.fullmatch(line):
            self._note(
                gettext("line %(number)s, “%(line)s”, was taken for a page's head and left out.")
                % {"number": number, "line": line.strip()[:40]}
            )
        elif _RULE.fullmatch(line):
            self._after_rule = True
            self._close_question()
        elif self._is_chapter(number, line, was_blank):
            self._close_question()
        else:
            self._after_rule = False
            self._text(number, line, was_blank)

    def _unfolded(self, line: str) -> str:
        """Return a line without the tags that fold an answer; what is folded and has no name is the answer."""
        for tag in _DETAILS.finditer(line):
            self._is_folded = self._awaits_answer = not tag[1]
        summary = _SUMMARY.search(line)
        said = summary[1].strip() if summary else ""
        says_more = any((found := pattern.fullmatch(said)) and found[1] for pattern in (_ANSWER, _EXPLANATION))
        if re.search("explanation|rationale", said, re.IGNORECASE):
            self._awaits_answer = False
        line = _DETAILS.sub("", line)
        line = _WRAPPERS.sub("", line) if self._is_folded else line
        return (_SUMMARY.sub(said if says_more else "", line) if summary else line).rstrip()

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
            message = gettext(
                "line %(number)s: a block of code comes after the first option; move it into the stem."
            ) % {"number": number}
            question.problems.append(Problem("options", message))
        return True

    def close(self) -> None:
        if self._fence and self._current:
            message = gettext("a block of code (%(fence)s) is opened after line %(line)s and never closed.") % {
                "fence": self._fence,
                "line": self._current.line,
            }
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
        if question and self._take_answer(question, line):
            return
        line = _without_bold(line)
        found = _NUMBER.fullmatch(line) or _NUMBER_ALONE.fullmatch(line)
        if found and self._begins_question(count := int(next(filter(None, found.groups()))), was_blank):
            text = [found[3]] if found.re is _NUMBER else []
            self._begin_question(number, text, count)
        elif (found := _HEADING.fullmatch(line)) and (question is None or question.options or not question.stem):
            self._begin_question(number, [found[1]])
        elif question is None:
            self._skipped.append(number)
        elif question.options and (found := _ID.fullmatch(line)):
            question.id = found[1].lower()
            question.is_closed = True
        elif question.explanation and not question.id:
            question.explanation.append(line.rstrip())
        elif question.answer and self._is_folded:
            question.explanation.append(line.strip())
        elif question.options and not question.is_closed and not question.answer:
            question.options[-1].append(line.strip())
        elif question.options:
            question.skipped.append(number)
        else:
            question.stem.append(line.rstrip())

    def _begin_question(self, line: int, stem: list[str], number: int = 0) -> None:
        self._close_question()
        self._current = Numbered(line, self._chapter, number or self._last_number + 1, stem=stem)
        self._awaits_answer = self._is_folded = False

    def _take_answer(self, question: Numbered, line: str) -> bool:
        """Take a line that names the key or begins the explanation; bullets before it were the options."""
        awaited, self._awaits_answer = self._awaits_answer, False
        answer, explanation = _ANSWER.fullmatch(line), _EXPLANATION.fullmatch(line)
        if not (answer or explanation or awaited) or not (question.options or len(_bulleted(question.stem)[1]) > 1):
            self._awaits_answer = awaited
            return False
        if not question.options:
            _make_options(question)
        if answer and not question.answer:
            question.answer = next((text for text in answer.groups() if text), "").strip().rstrip("*_` ")
            self._awaits_answer = not question.answer
        elif explanation:
            question.explanation.append(explanation[1])
        elif awaited and not question.answer and named_options(line, [text[0] for text in question.options]):
            question.answer = line.strip()
        else:
            return False
        return True

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
        self._fence = ""
        if question is None:
            return
        if not question.options and _has_bold_bullets(question.stem):
            _make_options(question)
        if len(question.options) < 2 or not any(question.stem):
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
            question.notes.append(
                gettext("the question before it is number %(last_number)s; is one missing?")
                % {"last_number": self._last_number}
            )
        self._last_number = question.number
        self.questions.append(question)

    def _note(self, text: str) -> None:
        if self._current:
            self._current.notes.append(text)


def _take_option(question: Numbered, number: int, line: str) -> bool:
    """Take a line that is an option, marked as a key or not; name a letter that is missing before it."""
    count = len(question.options)
    is_bold, plain = _option_without_bold(line)
    if found := _BOX.fullmatch(line):
        is_marked, text = bool(found[1].strip()), found[2]
        text = inner[3] if (inner := _OPTION.fullmatch(text)) and inner[2] == _ALPHABET[count : count + 1] else text
    elif found := _OPTION.fullmatch(plain):
        is_marked, text, letter = bool(found[1]), found[3], found[2].upper()
        expected = _ALPHABET[count : count + 1]
        if letter != expected:
            if not count or letter < expected or len(question.options) >= len(_ALPHABET):
                return False
            if _ALPHABET.index(letter) - count > 2:  # a wrapped line that begins with an initial
                return False
            if not question.problems:  # the letters after it are wrong for the same reason
                message = gettext(
                    "line %(number)s: option %(expected)s is missing before %(letter)s; letter them without gaps."
                ) % {"number": number, "expected": expected, "letter": letter}
                question.problems.append(Problem("options", message))
    else:
        return False
    question.marked |= {count} if is_marked else set()
    question.bold |= {count} if is_bold or is_all_bold(text) else set()
    question.options.append([text])
    question.is_closed = False
    return True


def _option_without_bold(line: str) -> tuple[bool, str]:
    """Say whether a lettered option is bold as a whole, and return it without the stars of its letter."""
    found = _BOLD_LETTER.search(line[:200]) if "**" in line[:20] else None
    if found and not line[: found.start()].strip(" \t-+*"):
        whole = found[2] is not None
        if whole and found.end() < len(line):  # bold in part
            return False, line
        return whole, f"{line[: found.start()]}{found[1]}{found[2] or ''}{line[found.end() :]}"
    whole_line = _without_bold(line)
    return whole_line != line, whole_line


def is_all_bold(text: str) -> bool:
    """Say whether a text is bold from its beginning to its end."""
    return any(
        len(text) > 4 and text.startswith(mark) and text.endswith(mark) and mark not in text[2:-2]
        for mark in ("**", "__")
    )


def _without_bold(line: str) -> str:
    """Return a line that is bold as a whole, a question's or an answer's, without the stars."""
    inner = line.strip()[2:-2]
    whole = line.strip().startswith("**") and line.strip().endswith("**") and "**" not in inner
    return inner if whole and inner.strip(" *") else line


def _bulleted(stem: list[str]) -> tuple[int, list[str]]:
    """Return where the bullets begin that end a stem, and their texts: all with the same sign and indentation."""
    end = len(stem)
    while end and not stem[end - 1].strip():
        end -= 1
    texts: list[list[str]] = []
    sign, begin, wrapped = "", end, []  # type: str, int, list[str]
    for index in range(end - 1, max(0, end - _SEEN), -1):
        line = stem[index]
        found = _BULLET.fullmatch(line)
        if found and sign in {"", found[1]}:
            sign, begin = found[1], index
            texts.append([found[2], *reversed(wrapped)])
            wrapped = []
        elif line.strip() and not found and line[0] in " \t":
            wrapped.append(line.strip())
        elif line.strip() or (found and sign):
            break
    return begin, [" ".join(lines) for lines in reversed(texts)]


def _has_bold_bullets(stem: list[str]) -> bool:
    _, texts = _bulleted(stem)
    return len(texts) > 1 and 0 < sum(map(is_all_bold, texts)) < len(texts)


def _make_options(question: Numbered) -> None:
    begin, texts = _bulleted(question.stem)
    del question.stem[begin:]
    question.options = [[text] for text in texts]
    question.bold = {index for index, text in enumerate(texts) if is_all_bold(text)}


def _skipped_note(lines: list[int], where: str) -> str:
    if len(lines) == 1:
        what = gettext("line %(line)s") % {"line": lines[0]}
    else:
        counted = {"count": len(lines), "first": min(lines), "last": max(lines)}
        what = gettext("%(count)s lines (%(first)s–%(last)s)") % counted
    if where == "before":
        return gettext("%(lines)s before it belong to no question and are not taken over.") % {"lines": what}
    return gettext("%(lines)s after it belong to no question and are not taken over.") % {"lines": what}
