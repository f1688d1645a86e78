"""The parts a question is written in, before any rule of its kind. Pure."""

import datetime as dt
import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StringConstraints


def _unix_lines(value: object) -> object:
    """A browser sends CRLF, a file has LF: the same text must be the same content."""
    return value.replace("\r\n", "\n") if isinstance(value, str) else value


AnyText = Annotated[str, StringConstraints(strip_whitespace=True), BeforeValidator(_unix_lines)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1), BeforeValidator(_unix_lines)]
# Decoys have no order of their own, so the same ones are the same content.
Decoys = Annotated[tuple[Text, ...], AfterValidator(lambda decoys: tuple(sorted(set(decoys))))]

MIN_OPTIONS = 2
MAX_OPTIONS = 8
# One text, and all of a question together. The longest case studies have about 5,000 characters; every page that shows
# a question renders all of it, at worst some 70,000 characters a second.
MAX_TEXT = 20_000
MAX_TOGETHER = 100_000
MAX_REFERENCES = 20
# What a candidate types as an answer.
MAX_TYPED = 200
MAX_TAGS = 50
EARLIEST, LATEST = dt.date(2000, 1, 1), dt.date(2099, 12, 31)
LETTERS = "ABCDEFGH"
# A stem that asks for all that apply keeps how many these are to itself, and so does every page.
CHOOSE_ALL = re.compile(
    r"\b(?:choose|select|pick|check|mark|tick) (?:all|every|any|each|one or more|at least one)\b"
    r"|\ball (?:that|which) apply\b",
    re.IGNORECASE,
)


class Content(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Option(Content):
    text: Text
    key: bool = False
    match: AnyText = ""
    rationale: AnyText = ""


class Reference(Content):
    title: Text
    section: Text


class Written(Content):
    """All that a revision pins. Texts are Markdown.

    `single` and `multiple` mark options as `key`. The options of `ordering` are written in their right order. Those of
    `matching` are prompts, each with its right `match`; `decoys` are offered as matches too and fit no prompt.
    Where an answer is typed there are no options, and `answer` says what is right.
    """

    kind: str
    shuffle: bool = True
    case: AnyText = ""
    stem: Text
    options: tuple[Option, ...] = ()
    decoys: Decoys = ()
    answer: dict[str, str | int | float | bool | tuple[str, ...] | None] = {}
    explanation: AnyText = ""
    service_note: AnyText = ""
    references: tuple[Reference, ...] = ()
    valid_as_of: dt.date


@dataclass(frozen=True)
class Problem:
    """What is wrong with one field, and what would be right."""

    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.field}: {self.message}"
