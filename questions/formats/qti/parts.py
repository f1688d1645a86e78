"""An item of QTI as it is read and written, and what a kind of question says in it: `QtiMapping`."""

import xml.etree.ElementTree as ET
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.utils.translation import gettext

from questions.formats.html import inner_html, to_elements
from questions.formats.qti.names import Dialect, children, get, within
from questions.formats.texts import Refused
from questions.parts import MAX_OPTIONS, MIN_OPTIONS, Written

MAX_CHOICES = 50  # more than a question may have; so many are not even converted
FEEDBACK = ("feedbackInline", "feedbackBlock")


@dataclass(frozen=True)
class Choice:
    """An option: its text, whether it is right, the index of its match in the item's matches, its feedback."""

    html: str
    key: bool = False
    match: int | None = None
    rationale: str = ""


@dataclass(frozen=True)
class Item:
    """What an item says. The choices of a question of order stand in their right order."""

    choices: tuple[Choice, ...] = ()
    matches: tuple[str, ...] = ()
    shuffle: bool = True
    answer: Mapping[str, Any] = field(default_factory=dict)
    kind: str = ""
    identifier: str = ""
    title: str = ""
    case: str = ""
    stem: str = ""
    explanation: str = ""


@dataclass(frozen=True)
class Interaction:
    """The element in which an item is answered, and what the item says of the right response."""

    root: ET.Element
    element: ET.Element
    declaration: ET.Element
    correct: Sequence[str]
    worth: dict[str, float]
    notes: list[str]


class QtiMapping(ABC):
    """A kind of question in QTI, read from and written as one interaction."""

    interaction: ClassVar[str]
    cardinality: ClassVar[str]
    base: ClassVar[str] = "identifier"

    def lack(self, content: Written) -> str:
        """Say why QTI cannot hold this question, empty if it can."""
        return ""

    @abstractmethod
    def read(self, asked: Interaction) -> tuple[list[str], Item] | None:
        """Return the identifiers of the choices and what the interaction says, None for one of another kind.

        Raises `Refused`.
        """

    @abstractmethod
    def correct(self, item: Item, identifiers: Sequence[str]) -> list[str]:
        """Return the values of the correct response."""

    def declare(self, writer: "Writer", response: ET.Element, item: Item) -> None:
        """Add what is right beside the correct response."""
        return

    @abstractmethod
    def interact(self, writer: "Writer", body: ET.Element, item: Item, identifiers: Sequence[str]) -> None:
        """Add the interaction."""

    def process(self, writer: "Writer", root: ET.Element, item: Item) -> None:
        """Add how a response is judged: by the correct one."""
        writer.add(root, "responseProcessing", template=writer.dialect.match_correct)


# --- Writing -------------------------------------------------------------------------------------------------


class Writer:
    """Elements of one version."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect

    def add(self, parent: ET.Element, name: str, text: str | None = None, **attributes: str) -> ET.Element:
        named = {self.dialect.attribute(attribute): value for attribute, value in attributes.items()}
        element = ET.SubElement(parent, self.dialect.tag(name), named)
        element.text = text
        return element

    def fill(self, element: ET.Element, html: str) -> None:
        """Put HTML into an element, as far as the specification has its elements and attributes."""
        content = to_elements(html)
        for inner in content.iter():
            kept = {"href", "class"} | ({"colspan"} if inner.tag in {"td", "th"} else set())
            for attribute in set(inner.attrib) - kept:
                del inner.attrib[attribute]
            if inner.tag == "s":
                inner.tag = "span"
                inner.set("class", "line-through")
            if inner.tag == "table" and inner.find("tbody") is None and (head := inner.find("thead")) is not None:
                head.tag = "tbody"  # of which a table needs one
        element.text = content.text or element.text
        element.extend(content)

    def add_values(self, parent: ET.Element, values: Sequence[str]) -> None:
        for value in values:
            self.add(parent, "value", value)

    def add_interaction(
        self, body: ET.Element, name: str, item: Item, identifiers: Sequence[str] = (), **attributes: str
    ) -> ET.Element:
        """Add an interaction with its simple choices."""
        shuffle = "true" if item.shuffle else "false"
        interaction = self.add(body, name, responseIdentifier="RESPONSE", shuffle=shuffle, **attributes)
        for identifier, choice in zip(identifiers, item.choices, strict=False):
            self.fill(self.add(interaction, "simpleChoice", identifier=identifier), choice.html)
        return interaction


# --- Reading -------------------------------------------------------------------------------------------------


def read_choices(elements: Sequence[ET.Element]) -> dict[str, Choice]:
    """Return the choices by their identifiers, with the feedback that stands in them."""
    if len(elements) > MAX_CHOICES:
        raise Refused(
            "options",
            gettext("%(count)s options; give %(min_options)s to %(max_options)s, usually four.")
            % {"count": len(elements), "min_options": MIN_OPTIONS, "max_options": MAX_OPTIONS},
        )
    choices: dict[str, Choice] = {}
    for element in elements:
        identifier = get(element, "identifier")
        if not identifier or identifier in choices:
            raise Refused(
                "identifier",
                gettext("“%(identifier)s” names no choice or two; give each its own.")
                % {"identifier": identifier[:40]},
            )
        said = within(element, *FEEDBACK)
        choices[identifier] = Choice(
            html=inner_html(element, frozenset(said)), rationale="".join(inner_html(feedback) for feedback in said)
        )
    return choices


def simple_choices(asked: Interaction) -> dict[str, Choice]:
    return read_choices(children(asked.element, "simpleChoice"))
