"""A number in the files of other programs: a middle with an absolute tolerance, or two bounds, always with a point."""

import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext

from questions.exceptions import Unjudgeable
from questions.formats.gift_parts import Answers
from questions.formats.moodle_parts import MoodleQuestion, number
from questions.formats.qti.names import child, get, name_of, within
from questions.formats.qti.parts import Interaction, Item, Writer
from questions.formats.texts import Loss, Refused
from questions.kinds.entry.formats import EntryGift, EntryMoodle, EntryQti, Right, Worth, whole
from questions.kinds.numeric.numbers import bounds
from questions.parts import Written


def middle(answer: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return the number in the middle of what is right and how far off still is, exactly; None without a key."""
    try:
        low, high = bounds(answer)
    except Unjudgeable:
        return None
    return _text((low + high) / 2), _text((high - low) / 2)


def _text(number: Fraction) -> str:
    with localcontext(prec=500):  # its decimals end: it is made of decimals, a half and a hundredth
        text = format(Decimal(number.numerator) / Decimal(number.denominator), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _answer(answers: Sequence[Worth], notes: list[str]) -> dict[str, Any]:
    """Return the answer of `2.5`, `2.5:0.1` or `2..3`; what is no number in it stays for the kind to refuse."""
    right = whole([(text, percent) for text, percent in answers if text.partition(":")[0] != "*"], notes)
    if len(right) != 1:
        raise Refused(
            "answer",
            gettext("%(count)s numbers are right; a question has one here, or a range. Write one.")
            % {"count": len(right)},
        )
    low, dots, high = right[0].partition("..")
    if dots:
        return {"low": low.strip(), "high": high.strip()}
    value, _, tolerance = right[0].partition(":")
    stripped = tolerance.strip()
    return {"value": value.strip()} | ({"tolerance": stripped} if stripped.strip("0.") else {})


class _Number(Right):
    def right(self, answer: Mapping[str, Any]) -> list[str]:
        found = middle(answer)
        return [found[0]] if found else []


class NumericGift(_Number, EntryGift):
    def write(self, content: Written) -> list[str]:
        answer, (value, tolerance) = content.answer, middle(content.answer) or ("", "0")
        if answer.get("value") is None:
            return [f"#{answer['low']}..{answer['high']}"]
        return [f"#{value}:{tolerance}" if tolerance != "0" else f"#{value}"]

    def read(self, answers: Answers) -> dict[str, Any] | None:
        if not answers.inner.startswith("#"):
            return None
        return {"answer": _answer(self.read_worths(answers.inner[1:], answers), answers.form.notes)}


class NumericMoodle(_Number, EntryMoodle):
    types = ("numerical",)

    def settings(self, answer: Mapping[str, Any]) -> dict[str, str]:
        return {"unitgradingtype": "0", "unitpenalty": "0", "showunits": "3"}

    def beside(self, answer: Mapping[str, Any]) -> dict[str, str]:
        found = middle(answer)
        return {"tolerance": found[1]} if found else {}

    def read(self, question: MoodleQuestion) -> dict[str, Any]:
        units = [
            (unit.findtext("unit_name", "").strip(), unit.findtext("multiplier", "1").strip())
            for unit in question.element.findall("units/unit")
        ]
        own = [name for name, multiplier in units if number(multiplier or "1", "multiplier") == 1]
        if len(units) > len(own[:1]):
            question.notes.append(Loss("further units are not taken over; a question has one here."))
        rows = [
            (f"{text}:{element.findtext('tolerance', '0').strip()}", percent)
            for element, (text, percent) in self.read_worths(question)
        ]
        return {"answer": {**_answer(rows, question.notes), **({"unit": own[0]} if own else {})}}


class NumericQti(_Number, EntryQti):
    base = "float"

    def process(self, writer: Writer, root: ET.Element, item: Item) -> None:
        """A response is right between the bounds."""
        condition = writer.add(writer.add(root, "responseProcessing"), "responseCondition")
        branch = writer.add(condition, "responseIf")
        both = writer.add(branch, "and")
        for name, bound in zip(("gte", "lte"), bounds(item.answer), strict=True):
            comparison = writer.add(both, name)
            writer.add(comparison, "variable", identifier="RESPONSE")
            writer.add(comparison, "baseValue", _text(bound), baseType="float")
        outcome = writer.add(branch, "setOutcomeValue", identifier="SCORE")
        writer.add(outcome, "baseValue", "1", baseType="float")

    def read(self, asked: Interaction) -> tuple[list[str], Item] | None:
        if get(asked.declaration, "baseType", "string") not in {"float", "integer"}:
            return None
        return self.item(asked, _answer([(_declared(asked.root, asked.correct), 100)], asked.notes))


def _declared(root: ET.Element, correct: Sequence[str]) -> str:
    """Return what is right as `value`, `value:tolerance` or `low..high`: what the response is compared with says it."""
    processing = child(root, "responseProcessing")
    compared = {name: _compared(processing, name) for name in ("gte", "lte")}
    if compared["gte"] and compared["lte"]:
        return f"{compared['gte']}..{compared['lte']}"
    if not correct:
        raise Refused("correctResponse", gettext("no number is right; declare the correct response."))
    for element in within(processing, "equal"):
        tolerance = get(element, "tolerance").split()[:1]
        if tolerance and get(element, "toleranceMode") == "absolute":
            return f"{correct[0]}:{tolerance[0]}"
        if tolerance and get(element, "toleranceMode") == "relative":
            return f"{correct[0]}:{tolerance[0]} %"
    return correct[0]


def _compared(processing: ET.Element | None, name: str) -> str:
    for element in within(processing, name):
        names = [name_of(inner.tag) for inner in element]
        if names == ["variable", "baseValue"]:
            return (element[1].text or "").strip()
    return ""
