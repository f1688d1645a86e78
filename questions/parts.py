"""The parts a question is written in, before any rule of its kind. Pure."""

import datetime as dt
import re
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from django.utils.translation import gettext as _
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StringConstraints
from pydantic_core import PydanticCustomError


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


MAX_URL = 500
_HOST = re.compile(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]")
_WRITTEN = re.compile(r"[!#$%&()*+,./:;=?@\[\]_~A-Za-z0-9-]+")


def address_fault(url: str) -> str:
    """Say what is wrong with the address of a reference, empty if nothing is.

    Candidates follow it from the review of their exam: it may be nothing but the https address of a public page.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return _("is not an address; write https://… as the browser shows it.")
    if parts.scheme != "https":
        return _("must begin with https://")
    if len(url) > MAX_URL:
        return _("has %(count)d characters; the limit is %(most)d.") % {"count": len(url), "most": MAX_URL}
    if parts.netloc.lower() != host:
        return _("must name a host alone, without user, password or port.")
    if not _HOST.fullmatch(host):
        return _("must name a public host, for example docs.aws.amazon.com.")
    if not _WRITTEN.fullmatch(url):
        return _("holds blanks, quotes or other signs that an address encodes; copy it from the browser.")
    return ""


def _https(url: str) -> str:
    if url and (fault := address_fault(url)):
        raise PydanticCustomError("address", "{fault}", {"fault": fault.removesuffix(".")})
    return url


Address = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_https)]


class Reference(Content):
    title: Text
    section: Text
    url: Address = ""


REFERENCE_SEPARATOR = "|"
# What is meant as an address, right or wrong: a section may hold the separator, too.
LOOKS_LIKE_ADDRESS = re.compile(r"\s*([A-Za-z][A-Za-z0-9+.-]*:|www\.)\S", re.ASCII)


def read_reference(line: str) -> tuple[str, str, str]:
    """Return title, section and address of a line, empty where it has none."""
    title, _separator, rest = line.partition(REFERENCE_SEPARATOR)
    section, separator, last = rest.rpartition(REFERENCE_SEPARATOR)
    if not separator or (last.strip() and not LOOKS_LIKE_ADDRESS.match(last)):
        section, last = rest, ""
    return title.strip(), section.strip(), last.strip()


def written_reference(reference: Reference) -> str:
    """Return the line that `read_reference` takes apart again."""
    parts = [reference.title, reference.section]
    if reference.url or REFERENCE_SEPARATOR in reference.section:
        parts.append(reference.url)
    return f" {REFERENCE_SEPARATOR} ".join(parts).strip()


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
