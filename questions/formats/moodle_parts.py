"""The elements of Moodle XML, and what a kind of question says in them: `MoodleMapping`."""

import math
import re
import xml.etree.ElementTree as ET
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.utils.translation import gettext

from questions.formats.html import HtmlReader, Unconvertible, inner_html, plain_to_markdown
from questions.formats.texts import Loss, Refused
from questions.parts import Written

SUM_TOLERANCE = 0.1  # percent; three times 33.33333 is not 100


class MoodleMapping(ABC):
    """A kind of question in Moodle XML. `types` are those it may be read from; it is written as the first."""

    types: ClassVar[tuple[str, ...]]
    # Whether each option has a place for its rationale; if not, our block carries them.
    keeps_rationales = True

    def lack(self, content: Written) -> str:
        """Say why Moodle XML cannot hold this question, empty if it can."""
        return ""

    @abstractmethod
    def write(self, question: ET.Element, content: Written) -> None:
        """Add how the question is answered."""

    @abstractmethod
    def read(self, question: "MoodleQuestion") -> dict[str, Any] | None:
        """Return the fields of the question, None for one of another kind. Raises `Refused`."""


# --- Writing -------------------------------------------------------------------------------------------------


def add(parent: ET.Element, name: str, text: str | None = None, **attributes: str) -> ET.Element:
    element = ET.SubElement(parent, name, attributes)
    element.text = text
    return element


def add_text(parent: ET.Element, name: str, text: str, **attributes: str) -> ET.Element:
    element = add(parent, name, format="markdown", **attributes)
    add(element, "text", text)
    return element


def add_shuffle(question: ET.Element, content: Written) -> None:
    add(question, "shuffleanswers", "true" if content.shuffle else "false")


def add_option(question: ET.Element, text: str, rationale: str, fraction: str) -> None:
    add_text(add_text(question, "answer", text, fraction=fraction), "feedback", rationale)


# --- Reading -------------------------------------------------------------------------------------------------


@dataclass
class MoodleQuestion:
    """A `question` element, and what is to be said about it."""

    element: ET.Element
    html: HtmlReader
    notes: list[str] = field(default_factory=list)

    @property
    def type(self) -> str:
        return self.element.get("type", "")

    def value(self, name: str, default: str = "") -> str:
        return self.element.findtext(name, default).strip()

    def is_true(self, name: str, default: str) -> bool:
        return self.value(name, default) not in {"", "0", "false"}

    @property
    def format(self) -> str:
        """The format of the question's text, which is that of every text that names none."""
        text = self.element.find("questiontext")
        return "html" if text is None else text.get("format", "html")

    def answers(self) -> list[dict[str, Any]]:
        return [
            {"text": self.text(answer, f"options.{index}.text"), "rationale": self.rationale(answer, index)}
            for index, answer in enumerate(self.element.findall("answer"))
        ]

    def fractions(self) -> list[float]:
        return [_fraction(answer, index) for index, answer in enumerate(self.element.findall("answer"))]

    def rationale(self, answer: ET.Element, index: int) -> str:
        return self.text(answer.find("feedback"), f"options.{index}.rationale")

    def text(self, element: ET.Element | None, field: str) -> str:
        """Return the text of an element as Markdown, whatever format it is in."""
        if element is None:
            return ""
        inner = element.find("text")
        # Old files have no <text>; careless ones have HTML in it as elements.
        inner = element if inner is None else inner
        raw = inner_html(inner) if inner is not element and len(inner) else (inner.text or "").strip()
        written_in = element.get("format", self.format)
        if written_in == "markdown":
            return raw
        if written_in == "plain_text":
            return plain_to_markdown(raw)
        if written_in == "moodle_auto_format":
            # HTML in which a line end is a line end.
            raw = "".join(f"<p>{part.strip()}</p>" for part in re.split(r"\n\s*\n", raw)).replace("\n", "<br>")
        elif written_in != "html":
            self.notes.append(
                gettext("%(field)s: the text is “%(written_in)s”, read as HTML.")
                % {"field": field, "written_in": written_in[:20]}
            )
        return self.html_text(raw, field)

    def html_text(self, raw: str, field: str) -> str:
        """Return HTML as Markdown, with a note of what it says that Markdown cannot."""
        try:
            text, said = self.html.to_markdown(raw)
        except Unconvertible as error:
            raise Refused(field, str(error)) from error
        self.notes += [Loss(f"{field}: {note}") for note in said]
        return text


def number(text: str, field: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise Refused(
            field,
            gettext("“%(text)s” is not a number; write one with a point, such as 33.33333.") % {"text": text[:40]},
        )
    return value


def _fraction(answer: ET.Element, index: int) -> float:
    fraction = number(answer.get("fraction", "0"), f"options.{index}.key")
    if abs(fraction) > 100 + SUM_TOLERANCE:
        raise Refused(
            f"options.{index}.key",
            gettext("an answer is worth %(fraction)s %%; −100 to 100 are possible.") % {"fraction": f"{fraction:g}"},
        )
    return fraction
