"""Aiken: a stem, lettered options and “ANSWER: B”. Questions of kind `single` and no more."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from questions.bankfiles import QuestionEntry
from questions.content import Problem
from questions.formats.base import Defaults, ReadQuestion, Unreadable, check_count, read_entry
from questions.formats.html import plain_to_markdown
from questions.formats.keys import named_options
from questions.formats.lines import LETTERS, on_one_line, plain_line
from questions.formats.texts import decode
from questions.kinds import kind_told_by

_OPTION = re.compile(r"([A-Za-z])[.)]\s+(.*)")
_LACKING = ("case", "shuffle", "rationales", "explanation", "service_note", "references")
_ANSWER = re.compile(r"ANSWER:\s*(.*)", re.IGNORECASE)
# Not in Aiken, but in every second file that says it is.
_EXPLANATION = re.compile(r"(?:explanation|feedback|rationale|reason)\s*:\s*(.*)", re.IGNORECASE)


@dataclass
class _Block:
    """The lines of one question; without an answer, the file ends in the middle of it."""

    line: int
    stem: list[str] = field(default_factory=list)
    options: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    answer: str | None = None
    explanation: list[str] = field(default_factory=list)

    def add(self, number: int, text: str) -> None:
        if (answer := _ANSWER.fullmatch(text)) and (self.options or re.fullmatch("[A-Za-z]?", answer[1])):
            self.answer = answer[1]
        elif (option := _OPTION.fullmatch(text)) and (self.options or option[1] in "Aa"):
            if option[1].upper() != chr(ord("A") + len(self.options)):
                message = gettext("line %(number)s: option %(option)s is out of order; letter them A, B, C, …")
                told = {"number": number, "option": option[1]}
                self.problems.append(Problem("options", message % told))
            self.options.append(option[2])
        elif self.options:
            message = gettext("line %(number)s is neither an option nor “ANSWER: B”; write each option on one line.")
            self.problems.append(Problem("options", message % {"number": number}))
        else:
            self.stem.append(text)


def _blocks(text: str) -> Iterator[_Block]:
    block: _Block | None = None
    is_explaining = False
    for number, line in enumerate(map(str.strip, text.split("\n")), start=1):
        if not line:
            is_explaining = False
        elif is_explaining and block:
            block.explanation.append(line)
        elif block and block.answer is not None and (found := _EXPLANATION.fullmatch(line)):
            is_explaining = True
            block.explanation.append(found[1])
        else:
            if block and block.answer is not None:
                yield block
                block = None
            block = block or _Block(number)
            block.add(number, line)
    if block:
        yield block


class AikenFormat:
    name = "aiken"
    label = "Aiken"
    suffixes = (".txt", ".aiken")
    media_type = "text/plain"
    losses = (
        _("every kind but single: those questions are left out"),
        _("questions with a case, or with tables, lists, code or paragraphs in a stem or option: left out"),
        _("formatting (bold, code, links): the bare text goes out"),
        _("line breaks, rationales, explanation, service note, references"),
        _("id, tasks, difficulty, tags, date, source, fixed option order, status: every question arrives as a draft"),
    )

    def read(self, data: bytes, defaults: Defaults) -> list[ReadQuestion]:
        questions: list[ReadQuestion] = []
        for block in _blocks(decode(data)):
            if block.answer is None and not block.options and not questions:
                raise Unreadable(gettext("No line begins with “A.” or “A)”; this is not an Aiken file."))
            questions.append(_question(block, defaults))
            if len(questions) % 1000 == 1:
                check_count(len(questions))
        check_count(len(questions))
        return questions

    def left_out(self, entry: QuestionEntry) -> str:
        if kind_told_by(1).name != entry.kind:
            return gettext("Aiken has no %(kind)s questions") % {"kind": entry.kind}
        if sum(option.key for option in entry.options) != 1:
            return gettext("Aiken needs one key")
        if entry.case:
            return gettext("Aiken has no place for the case")
        for text in (entry.stem, *(option.text for option in entry.options)):
            if on_one_line(text) is None:
                return gettext("Aiken wants one line, and “%(text)s” needs several") % {"text": text[:40]}
            if not plain_line(text):
                return gettext("Aiken is plain text, and “%(text)s” cannot be shown so") % {"text": text[:40]}
        stem = plain_line(entry.stem)
        if _OPTION.fullmatch(stem) or _ANSWER.match(stem) or _EXPLANATION.match(stem):
            return gettext("its stem begins as an option, answer or explanation does")
        if len({plain_line(option.text).casefold() for option in entry.options}) < len(entry.options):
            return gettext("two of its options differ in their formatting only")
        return ""

    def write(self, entries: Sequence[QuestionEntry]) -> bytes:
        parts = []
        for entry in entries:
            if self.left_out(entry):
                continue
            options = list(zip(LETTERS, entry.options, strict=False))
            lines = [plain_line(entry.stem), *(f"{letter}. {plain_line(option.text)}" for letter, option in options)]
            key = next(letter for letter, option in options if option.key)
            parts.append("\n".join([*lines, f"ANSWER: {key}", ""]))
        return "\n".join(parts).encode()


def _question(block: _Block, defaults: Defaults) -> ReadQuestion:
    place, problems = gettext("line %(line)s") % {"line": block.line}, list(block.problems)
    if block.answer is None and not block.options:
        problem = Problem("options", gettext("no lettered options; write A. …, B. …, ANSWER: B."))
        return ReadQuestion(place, " ".join(block.stem)[:60], problems=(problem,))
    if block.answer is None:
        message = gettext("no “ANSWER: ” line ends the question; write one, for example ANSWER: B.")
        problems.append(Problem("key", message))
    answer = (block.answer or "").strip()
    keys = named_options(answer, block.options)
    if not problems and (not keys or max(keys) >= len(block.options)):
        message = gettext("“ANSWER: %(answer)s” names none of the %(count)s options.")
        problems.append(Problem("key", message % {"answer": answer[:20], "count": len(block.options)}))
    kind = kind_told_by(len(keys))
    fields = {
        "kind": kind.name,
        "stem": plain_to_markdown(" ".join(block.stem)),
        "options": tuple(
            {"text": plain_to_markdown(text), "key": index in keys} for index, text in enumerate(block.options)
        ),
        "explanation": plain_to_markdown(" ".join(block.explanation)),
    }
    notes = (
        [
            gettext("the answer names several options; Aiken has one, so the kind is taken as %(name)s.")
            % {"name": kind.name}
        ]
        if keys and len(keys) > 1
        else []
    )
    return read_entry(place, "", fields, defaults, notes=notes, problems=problems, lacking=_LACKING)
