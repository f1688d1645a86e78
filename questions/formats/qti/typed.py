"""Text entry interactions: a number with its tolerance or bounds, or the texts that are accepted."""

import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from typing import Any

from questions.formats.qti.item import Item, Refused
from questions.formats.qti.names import UNIT, child, children, get, name_of, within
from questions.formats.typed import read_number_answers, read_text_answers


def read_text_entry(
    root: ET.Element, interaction: ET.Element, correct: Sequence[str], worth: Mapping[str, float], notes: list[str]
) -> Item:
    """Return what is typed and what is right. Raises `Refused`."""
    (declaration,) = (
        element
        for element in children(root, "responseDeclaration")
        if get(element, "identifier") == get(interaction, "responseIdentifier")
    )
    try:
        if get(declaration, "baseType", "string") in {"float", "integer"}:
            fields = read_number_answers([(_number(root, correct), 100)], notes)
        else:
            most = max(worth.values(), default=1.0)
            answers = [(text, 100.0) for text in correct] + [
                (text, 100 * points / most if most > 0 else 0) for text, points in worth.items() if text not in correct
            ]
            entries = within(child(declaration, "mapping"), "mapEntry")
            ignores = bool(entries) and all(get(entry, "caseSensitive", "true") == "false" for entry in entries)
            escaped = [(text.replace("*", "\\*"), percent) for text, percent in answers]
            fields = read_text_answers(escaped, notes, ignore_case=ignores)
    except ValueError as error:
        raise Refused("answer", str(error)) from error
    units = ["".join(element.itertext()).strip() for element in within(child(root, "itemBody"), "span")
             if element.get("class") == UNIT]  # fmt: skip
    answer: dict[str, Any] = {**fields["answer"], **({"unit": units[0]} if units else {})}
    return Item("", "", fields["kind"], True, "", "", (), answer=answer)


def _number(root: ET.Element, correct: Sequence[str]) -> str:
    """Return what is right as `value`, `value:tolerance` or `low..high`: what the response is compared with says it."""
    processing = child(root, "responseProcessing")
    bounds = {name: _compared(processing, name) for name in ("gte", "lte")}
    if bounds["gte"] and bounds["lte"]:
        return f"{bounds['gte']}..{bounds['lte']}"
    if not correct:
        raise Refused("correctResponse", "no number is right; declare the correct response.")
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
