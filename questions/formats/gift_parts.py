"""The signs of GIFT, and what a kind of question says in them: `GiftMapping`."""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from questions.formats.html import HtmlReader, Unconvertible, plain_to_markdown
from questions.formats.markup import formula_in, lines_to_html
from questions.formats.texts import Loss, Refused
from questions.parts import Written

FORMAT = re.compile(r"\s*\[(html|moodle|plain|markdown)\]")
WEIGHT = re.compile(r"%(-?\d{1,3}(?:\.\d+)?)%")


@dataclass
class Form:
    """How the texts of a question are to be read, and what was noted on the way."""

    html: HtmlReader
    name: str = ""
    notes: list[str] = field(default_factory=list)

    def text(self, text: str) -> str:
        """Return a part of the question as Markdown: it may name its own format, else it has the question's."""
        name = self.name
        if found := FORMAT.match(text):
            name, text = found[1], text[found.end() :]
        text = plain(text).strip()
        if name == "markdown" or not text:
            return text
        is_marked_up = re.search(r"</?[a-z][^<>]*>", text, re.IGNORECASE) is not None
        if name == "html" or (name != "plain" and is_marked_up):
            if name != "html":
                text = lines_to_html(text)
            try:
                markdown, notes = self.html.to_markdown(text)
            except Unconvertible as error:
                raise Refused("text", str(error)) from error
            self.notes += notes
            return markdown
        if formula := formula_in(text):
            self.notes.append(Loss(f"formula “{formula}” is shown as its TeX source: formulas are not typeset here."))
        return plain_to_markdown(text)


@dataclass(frozen=True)
class Answers:
    """The text between the braces of a question, without its explanation."""

    inner: str
    form: Form

    @cached_property
    def marked(self) -> list[tuple[str, str]]:
        """The answers, each with the = or ~ that stood before it."""
        return marked(self.inner)

    @property
    def marks(self) -> set[str]:
        return set() if self.inner.startswith("#") else {mark for mark, _ in self.marked}

    @property
    def are_pairs(self) -> bool:
        return self.marks == {"="} and all(find(text, "->") >= 0 for _, text in self.marked)


class GiftMapping(ABC):
    """A kind of question in GIFT."""

    # Whether each option has a place for its rationale; if not, our comment carries them.
    keeps_rationales = True

    def lack(self, content: Written) -> str:
        """Say why GIFT cannot hold this question, empty if it can."""
        return ""

    @abstractmethod
    def write(self, content: Written) -> list[str]:
        """Return the lines between the braces."""

    @abstractmethod
    def read(self, answers: Answers) -> dict[str, Any] | None:
        """Return the fields of the question, None for one of another kind. Raises `Refused`."""


# --- Writing ----------------------------------------------------------------------------------------------------


def escape(text: str) -> str:
    # Without the backslash before its >, an arrow anywhere makes a matching question of it in Moodle.
    return re.sub(r"[\\~=#{}:]", r"\\\g<0>", text).replace("->", "-\\>").replace("\n", "\\n")


def answer(text: str) -> str:
    return f"{'[markdown]' if text.startswith('[') else ''}{escape(text)}"


def feedback(text: str) -> str:
    return f"#{answer(text)}" if text else ""


# --- Reading ----------------------------------------------------------------------------------------------------


def marked(text: str) -> list[tuple[str, str]]:
    """Return the answers, each with the = or ~ that stood before it."""
    marks = [found for found in re.finditer(r"\\.|[=~]", text, re.DOTALL) if found[0] in "=~"]
    ends = [*(found.start() for found in marks), len(text)][1:]
    return [(found[0], text[found.end() : end].strip()) for found, end in zip(marks, ends, strict=True)]


def _places(text: str, what: str) -> Iterator[int]:
    """Yield where `what` stands without a backslash before it."""
    for found in re.finditer(rf"\\.|{re.escape(what)}", text, re.DOTALL):
        if found[0] == what:
            yield found.start()


def find(text: str, what: str) -> int:
    """Return where `what` first stands without a backslash before it, -1 if nowhere."""
    return next(_places(text, what), -1)


def split(text: str, separator: str) -> list[str]:
    starts = list(_places(text, separator))
    ends = [*starts, len(text)]
    begins = [0, *(start + len(separator) for start in starts)]
    return [text[begin:end] for begin, end in zip(begins, ends, strict=True)]


def plain(text: str) -> str:
    """Resolve the escapes; a backslash before any other character is one."""
    return re.sub(r"\\([\\~=#{}:n>])", lambda found: "\n" if found[1] == "n" else found[1], text)
