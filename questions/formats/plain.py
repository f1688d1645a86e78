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

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from questions.bankfiles import QuestionEntry
from questions.content import Problem
from questions.formats.base import Defaults, ReadQuestion, Unreadable, check_count, read_entry
from questions.formats.keys import named_options
from questions.formats.lines import LETTERS, on_one_line
from questions.formats.paragraphs import paragraphs
from questions.formats.plain_lines import SYNTAX, Numbered, Reader, is_all_bold
from questions.formats.texts import decode
from questions.kinds import kind_of, kind_told_by

_CHOOSE = re.compile(
    r"\((?:choose|select|pick)\s+(all(?:\s+that\s+apply)?|two|three|four|five|[2-5])\b[^()]*\)", re.IGNORECASE
)
_COUNTS = {"two": 2, "three": 3, "four": 4, "five": 5}
_LACKING = ("case", "shuffle", "rationales", "service_note", "references")
_SENTENCE_END = re.compile(r"[.!?…]['\"”’)*`]*$")


class PlainFormat:
    name = "plain"
    label = _("Numbered text")
    suffixes = (".txt", ".text", ".md")
    media_type = "text/plain"
    losses = (
        _("ordering and matching questions, and those with a case: left out"),
        _("questions with tables, lists, code or paragraphs in a stem, option or explanation: left out"),
        _("line breaks, rationales, service note, references"),
        _("tasks, difficulty, tags, date, source, fixed option order, status: every question arrives as a draft"),
    )

    def read(self, data: bytes, defaults: Defaults) -> list[ReadQuestion]:
        reader = Reader()
        for number, line in enumerate(decode(data).split("\n"), start=1):
            reader.take(number, line)
        reader.close()
        if not reader.questions and re.search(r"^[ \t]*[-*+]\s", decode(data), re.MULTILINE):
            raise Unreadable(
                gettext(
                    "This looks like a Markdown question bank without letters or boxes. Numbered text takes “- A. …” "
                    "with “Answer: A”, or “- [x] …” under a heading; write its options so, or one of its bullets in "
                    "bold."
                )
            )
        if not reader.questions:
            raise Unreadable(
                gettext("The file contains no questions: none begins with a number (“1. …”) and has options (“A. …”).")
            )
        check_count(len(reader.questions))
        return [_read(question, defaults) for question in reader.questions]

    def left_out(self, entry: QuestionEntry) -> str:
        if _stem(entry) is None:
            if "key" not in kind_of(entry.kind).parts:
                return gettext("numbered text has no %(kind)s questions") % {"kind": entry.kind}
            return gettext("its stem and the number of its keys would make another kind of question of it")
        if entry.case:
            return gettext("numbered text has no place for the case")
        options = [option.text for option in entry.options]
        if not any(option.key for option in entry.options) and 0 < sum(map(is_all_bold, options)) < len(options):
            return gettext("it has no key, and an option in bold would be read as one")
        for text in (entry.stem, *options, entry.explanation):
            line = on_one_line(text)
            if line is None:
                return gettext("numbered text wants one line, and “%(text)s” needs several") % {"text": text[:40]}
            if any(pattern.fullmatch(line) for pattern in SYNTAX):
                return gettext("“%(line)s” would be read as something else") % {"line": line[:40]}
        return ""

    def write(self, entries: Sequence[QuestionEntry]) -> bytes:
        parts, number = [], 0
        for entry in entries:
            if self.left_out(entry):
                continue
            number += 1
            lines = [f"{number}. {_stem(entry)}", ""]
            lines += [f"{LETTERS[n]}. {on_one_line(option.text)}" for n, option in enumerate(entry.options)]
            lines.append("")
            if keys := [letter for letter, option in zip(LETTERS, entry.options, strict=False) if option.key]:
                lines.append(f"Answer: {', '.join(keys)}")
            if entry.explanation:
                lines.append(f"Explanation: {on_one_line(entry.explanation)}")
            parts.append("\n".join([*lines, f"Id: {entry.id}", ""]))
        return "\n".join(parts).encode()


def _stem(entry: QuestionEntry) -> str | None:
    """Return the stem, saying that several may be chosen if only that tells the kind; None if nothing does."""
    keys, stem = sum(option.key for option in entry.options), on_one_line(entry.stem) or ""
    for said in (stem, f"{stem} (Choose all that apply.)"):
        if kind_told_by(keys, wants_several=bool(_CHOOSE.search(said))).name == entry.kind:
            return said
    return None


def _read(question: Numbered, defaults: Defaults) -> ReadQuestion:
    problems, notes = list(question.problems), list(question.notes)
    options = [" ".join(lines) for lines in question.options]
    stem = paragraphs(question.stem)
    choose = _CHOOSE.search(stem)
    keys = _keys(question.answer, options, problems)
    if question.marked and keys and keys != question.marked:
        problems.append(
            Problem("key", gettext("the marks before the options and the answer name different ones; keep one."))
        )
    keys = keys or question.marked
    if not keys and not question.answer and 0 < len(question.bold) < len(options):
        keys = question.bold
        options = [text[2:-2].strip() if is_all_bold(text) else text for text in options]
        notes.append(gettext("the options in bold are taken as the key."))
    wanted = choose[1].lower() if choose else ""
    count = _COUNTS.get(wanted) or (int(wanted) if wanted.isdigit() else 0)
    if keys and count and len(keys) != count:
        notes.append(
            gettext("the stem says “%(value)s”, the answer names %(count)s.")
            % {"value": choose[0] if choose else "", "count": len(keys)}
        )
    for letter in _cut_off(options):
        notes.append(
            gettext("option %(letter)s looks cut off: “…%(options)s”. Complete it.")
            % {"letter": letter, "options": options[LETTERS.index(letter)][-30:]}
        )
    fields = {
        "kind": kind_told_by(len(keys), wants_several=bool(choose)).name,
        "stem": stem,
        "options": tuple({"text": text, "key": index in keys} for index, text in enumerate(options)),
        "explanation": paragraphs(question.explanation),
    }
    if question.id:
        fields["id"] = question.id
    elif question.chapter:
        fields["id"] = f"ch{question.chapter:02}-q{question.number:02}"
    return read_entry(
        gettext("line %(line)s") % {"line": question.line},
        "",
        fields,
        defaults,
        notes=notes,
        problems=problems,
        lacking=_LACKING,
        id_is_ours=bool(question.id),
    )


def _keys(answer: str, texts: Sequence[str], problems: list[Problem]) -> set[int]:
    if not answer:
        return set()
    keys = named_options(answer, texts)
    if not keys or max(keys) >= len(texts):
        message = gettext(
            "“%(answer)s” does not name options among the %(count)s; write letters, for example B or A, C."
        ) % {"answer": answer[:40], "count": len(texts)}
        problems.append(Problem("key", message))
        return set()
    return keys


def _cut_off(options: Sequence[str]) -> list[str]:
    """Return the letter of an option that ends in mid-sentence where all others end as sentences do."""
    open_ended = [index for index, text in enumerate(options) if not _SENTENCE_END.search(text)]
    return [LETTERS[open_ended[0]]] if len(open_ended) == 1 and len(options) > 2 else []
