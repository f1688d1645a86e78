"""Aiken: a stem, lettered options and “ANSWER: B”. Questions of kind `single` and no more."""

import re
from collections.abc import Sequence

from questions.bankfiles import QuestionEntry
from questions.content import Problem
from questions.formats.base import Defaults, ReadQuestion, Unreadable, check_count, read_entry
from questions.formats.lines import LETTERS, on_one_line
from questions.formats.texts import decode

_OPTION = re.compile(r"([A-Z])[.)]\s+(.*)")
_LACKING = ("case", "shuffle", "rationales", "explanation", "service_note", "references")
_ANSWER = re.compile(r"ANSWER:\s*(\S*)\s*", re.IGNORECASE)


class AikenFormat:
    name = "aiken"
    label = "Aiken"
    suffixes = (".txt", ".aiken")
    media_type = "text/plain"
    losses = (
        "every kind but single: those questions are left out",
        "questions with a case, or with tables, lists, code or paragraphs in a stem or option: left out",
        "line breaks, rationales, explanation, service note, references",
        "id, tasks, difficulty, tags, date, source, fixed option order, status: every question arrives as a draft",
    )

    def read(self, data: bytes, defaults: Defaults) -> list[ReadQuestion]:
        questions: list[ReadQuestion] = []
        stem: list[str] = []
        options: list[str] = []
        problems: list[Problem] = []
        start = 0
        for number, line in enumerate(decode(data).split("\n"), start=1):
            text = line.strip()
            if not text:
                continue
            start = start or number
            if answer := _ANSWER.fullmatch(text):
                questions.append(_question(start, stem, options, problems, answer[1], defaults))
                stem, options, problems, start = [], [], [], 0
                if len(questions) % 1000 == 1:
                    check_count(len(questions))
            elif (option := _OPTION.fullmatch(text)) and (options or option[1] == "A"):
                if option[1] != chr(ord("A") + len(options)):
                    message = f"line {number}: option {option[1]} is out of order; letter them A, B, C, …"
                    problems.append(Problem("options", message))
                options.append(option[2])
            elif options:
                message = f"line {number} is neither an option nor “ANSWER: B”; an option stands on one line."
                problems.append(Problem("options", message))
            else:
                stem.append(text)
        if options:
            problems.append(Problem("key", "no “ANSWER: ” line ends the question; write one, for example ANSWER: B."))
            questions.append(_question(start, stem, options, problems, "", defaults))
        elif stem and questions:
            problem = Problem("options", "no lettered options; write A. …, B. …, ANSWER: B.")
            questions.append(ReadQuestion(f"line {start}", " ".join(stem)[:60], problems=(problem,)))
        elif stem:
            raise Unreadable("No line begins with “A.” or “A)”; this is no Aiken file.")
        check_count(len(questions))
        return questions

    def left_out(self, entry: QuestionEntry) -> str:
        if entry.kind != "single":
            return f"Aiken has no {entry.kind} questions"
        if len(entry.key) != 1:
            return "Aiken needs one key"
        if entry.case:
            return "Aiken has no place for the case"
        for text in (entry.stem, *(option.text for option in entry.options)):
            if on_one_line(text) is None:
                return f"Aiken wants one line, and “{text[:40]}” needs several"
        stem = on_one_line(entry.stem) or ""
        if _OPTION.fullmatch(stem) or _ANSWER.match(stem):
            return "its stem begins as an option or answer does"
        return ""

    def write(self, entries: Sequence[QuestionEntry]) -> bytes:
        parts = []
        for entry in entries:
            if self.left_out(entry):
                continue
            options = zip(LETTERS, entry.options, strict=False)
            lines = [on_one_line(entry.stem), *(f"{letter}. {on_one_line(option.text)}" for letter, option in options)]
            parts.append("\n".join([*map(str, lines), f"ANSWER: {LETTERS[entry.key[0] or 0]}", ""]))
        return "\n".join(parts).encode()


def _question(
    line: int,
    stem: list[str],
    options: list[str],
    found: list[Problem],
    answer: str,
    defaults: Defaults,
) -> ReadQuestion:
    problems = list(found)
    key = ord(answer[0].upper()) - ord("A") if re.fullmatch(r"[A-Za-z]", answer) else -1
    if not problems and not 0 <= key < len(options):
        problems.append(Problem("key", f"“ANSWER: {answer[:20]}” names none of the {len(options)} options."))
    fields = {
        "kind": "single",
        "stem": " ".join(stem),
        "options": tuple({"text": text, "key": index == key} for index, text in enumerate(options)),
    }
    return read_entry(f"line {line}", "", fields, defaults, problems=problems, lacking=_LACKING)
