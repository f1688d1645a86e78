"""What typed answers share in the files of other programs: some are right, some may be worth a part of the points."""

import xml.etree.ElementTree as ET
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext

from questions.formats.gift_parts import WEIGHT, Answers, GiftMapping, marked, plain, split
from questions.formats.moodle_parts import MoodleMapping, MoodleQuestion, add
from questions.formats.qti.names import ENTRY, UNIT, child, within
from questions.formats.qti.parts import Interaction, Item, QtiMapping, Writer
from questions.formats.texts import Loss
from questions.parts import Written

Answer = Mapping[str, Any]
Worth = tuple[str, float]  # an answer and the percentage of the points it gives


def whole(answers: Sequence[Worth], notes: list[str]) -> list[str]:
    """Return the answers that earn all points; a note says what else the file gives points for."""
    notes += [
        gettext("“%(text)s” gave %(percent)s %% of the points; a wrong answer gives none here.")
        % {"text": text[:40], "percent": f"{percent:g}"}
        for text, percent in answers
        if 0 < percent < 100
    ]
    return [text for text, percent in answers if percent >= 100]


def _feedback_lost(text: str) -> Loss:
    return Loss(f"feedback of “{text[:40]}” is not taken over; the explanation says such things.")


class Right(ABC):
    format: str

    @abstractmethod
    def right(self, answer: Answer) -> list[str]:
        """Return what is right as Moodle and QTI say it; nothing while it is not written yet."""

    def lack(self, content: Written) -> str:
        return (
            "" if self.right(content.answer) else (gettext("%(format)s needs a right answer") % {"format": self.format})
        )


class EntryGift(Right, GiftMapping):
    format = "GIFT"

    def read_worths(self, text: str, answers: Answers) -> list[Worth]:
        """Return the answers of `=%50%text#feedback` and so on, or of one text alone."""
        worths = []
        for _, answer in marked(text) or [("=", text)]:
            percent = 100.0
            if found := WEIGHT.match(answer):
                percent, answer = float(found[1]), answer[found.end() :]
            said, *feedback = split(answer, "#")
            if feedback:
                answers.form.notes.append(_feedback_lost(said.strip()))
            worths.append((plain(said).strip(), percent))
        return worths


class EntryMoodle(Right, MoodleMapping):
    format = "Moodle"

    @abstractmethod
    def settings(self, answer: Answer) -> dict[str, str]:
        """Return what else Moodle wants to know of the question."""

    def beside(self, answer: Answer) -> dict[str, str]:
        """Return what else Moodle wants to know of each answer."""
        return {}

    def write(self, question: ET.Element, content: Written) -> None:
        for text in self.right(content.answer):
            element = add(question, "answer", fraction="100", format="moodle_auto_format")
            for name, value in {"text": text, **self.beside(content.answer)}.items():
                add(element, name, value)
        for name, value in self.settings(content.answer).items():
            add(question, name, value)
        if unit := content.answer.get("unit"):
            element = add(add(question, "units"), "unit")
            add(element, "multiplier", "1")
            add(element, "unit_name", str(unit))

    def read_worths(self, question: MoodleQuestion) -> list[tuple[ET.Element, Worth]]:
        rows = []
        fractions = question.fractions()
        for index, answer in enumerate(question.element.findall("answer")):
            text = answer.findtext("text", "").strip()
            if question.rationale(answer, index):
                question.notes.append(_feedback_lost(text))
            rows.append((answer, (text, fractions[index])))
        return rows


class EntryQti(Right, QtiMapping):
    format = "QTI"
    interaction = "textEntryInteraction"
    cardinality = "single"

    def correct(self, item: Item, identifiers: Sequence[str]) -> list[str]:
        """Of texts that are all right one is the correct response; the mapping says the others."""
        return self.right(item.answer)[:1]

    def interact(self, writer: Writer, body: ET.Element, item: Item, identifiers: Sequence[str]) -> None:
        line = ET.SubElement(body, "p", {"class": ENTRY})
        writer.add(line, self.interaction, responseIdentifier="RESPONSE", expectedLength="24")
        if unit := item.answer.get("unit"):
            ET.SubElement(line, "span", {"class": UNIT}).text = str(unit)

    def item(self, asked: Interaction, answer: dict[str, Any]) -> tuple[list[str], Item]:
        """Return the item with this answer, and the unit that stands behind the field."""
        spans = within(child(asked.root, "itemBody"), "span")
        units = ["".join(span.itertext()).strip() for span in spans if span.get("class") == UNIT]
        return [], Item(answer={**answer, **({"unit": units[0]} if units else {})})
