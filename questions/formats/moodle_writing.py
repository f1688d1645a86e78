"""Questions as Moodle XML, and where it carries what Moodle has no field for.

Our texts go out as Markdown, which Moodle keeps letter by letter. Short things go into tags (`task:mls-c01:1.2`), the
others into a code block at the end of the general feedback: both survive a stay in Moodle.
"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from typing import Any

from questions.bankfiles import QuestionEntry, Source
from questions.content import Content, Reference
from questions.formats.typed import FORMATS

# Moodle's own list has five decimals for these; others it refuses on import.
FRACTIONS = {1: "100", 2: "50", 3: "33.33333", 4: "25", 5: "20", 6: "16.66667", 7: "14.28571", 8: "12.5"}

BLOCK = "question-data"
BLOCK_AT_END = re.compile(rf"(?:^|\n\n)(`{{3,}}){BLOCK}\n(.*)\n\1\s*$", re.DOTALL)
HAS_CASE = "has:case"  # a tag of our own cannot hold a colon


class Block(Content):
    """What the code block at the end of the general feedback carries, as JSON."""

    references: tuple[Reference, ...] = ()
    service_note: str = ""
    source: Source | None = None
    rationales: tuple[str, ...] = ()
    shuffle: bool = True
    answer: dict[str, Any] = {}


def write_quiz(entries: Sequence[QuestionEntry]) -> bytes:
    """Return a file of these questions."""
    quiz = ET.Element("quiz")
    for entry in entries:
        _write_question(quiz, entry)
    ET.indent(quiz)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + bytes(ET.tostring(quiz, encoding="utf-8")) + b"\n"


def _add(parent: ET.Element, name: str, text: str | None = None, **attributes: str) -> ET.Element:
    element = ET.SubElement(parent, name, attributes)
    element.text = text
    return element


def _add_text(parent: ET.Element, name: str, text: str, **attributes: str) -> ET.Element:
    element = _add(parent, name, format="markdown", **attributes)
    _add(element, "text", text)
    return element


def _write_question(quiz: ET.Element, entry: QuestionEntry) -> None:
    types = {"ordering": "ordering", "matching": "matching"}
    types |= {name: formats.moodle_type for name, formats in FORMATS.items()}
    kind = types.get(entry.kind, "multichoice")
    question = _add(quiz, "question", type=kind)
    _add(_add(question, "name"), "text", entry.id)
    _add_text(question, "questiontext", _with_case(entry))
    _add_text(question, "generalfeedback", _with_block(entry))
    for name, value in (("defaultgrade", "1"), ("penalty", "0"), ("hidden", "0"), ("idnumber", entry.id)):
        _add(question, name, value)
    if kind == "multichoice":
        _add(question, "single", "true" if entry.kind == "single" else "false")
    if kind == "ordering":
        for name, value in (("layouttype", "VERTICAL"), ("selecttype", "ALL"), ("selectcount", "0")):
            _add(question, name, value)
        _add(question, "gradingtype", "ALL_OR_NOTHING")
        _add(question, "showgrading", "SHOW")
    elif entry.options:
        _add(question, "shuffleanswers", "true" if entry.shuffle else "false")
    if not entry.options:
        _write_typed(question, entry)
    elif kind == "matching":
        _write_pairs(question, entry)
    else:
        _write_answers(question, entry)
    tags = _add(question, "tags")
    for tag in _tags(entry):
        _add(_add(tags, "tag"), "text", tag)


def _write_answers(question: ET.Element, entry: QuestionEntry) -> None:
    # A draft may have any number of keys: each is worth 100 in `single`, its part of 100 in `multiple`.
    worth = FRACTIONS[len(entry.key)] if entry.kind == "multiple" and entry.key else "100"
    for index, option in enumerate(entry.options):
        fraction = f"{index + 1}.0000000" if entry.kind == "ordering" else worth if option.key else "0"
        answer = _add_text(question, "answer", option.text, fraction=fraction)
        _add_text(answer, "feedback", option.rationale)


def _write_typed(question: ET.Element, entry: QuestionEntry) -> None:
    for text, extra in FORMATS[entry.kind].moodle(entry.answer):
        answer = _add(question, "answer", fraction="100", format="moodle_auto_format")
        _add(answer, "text", text)
        for name, value in extra.items():
            _add(answer, name, value)
    for name, value in FORMATS[entry.kind].moodle_settings(entry.answer).items():
        _add(question, name, value)
    if unit := entry.prompt.get("unit"):
        element = _add(_add(question, "units"), "unit")
        _add(element, "multiplier", "1")
        _add(element, "unit_name", unit)


def _write_pairs(question: ET.Element, entry: QuestionEntry) -> None:
    pairs = [(option.text, option.match) for option in entry.options] + [("", decoy) for decoy in entry.decoys]
    for prompt, match in pairs:
        part = _add_text(question, "subquestion", prompt)
        _add(_add(part, "answer"), "text", match)


def _tags(entry: QuestionEntry) -> list[str]:
    return [
        *entry.tags,
        *(f"task:{certification}:{code}" for certification, code in entry.tasks.items()),
        f"difficulty:{entry.difficulty}",
        f"valid-as-of:{entry.valid_as_of.isoformat()}",
        *([HAS_CASE] if entry.case else []),
    ]


def _with_case(entry: QuestionEntry) -> str:
    if not entry.case:
        return entry.stem
    longest = max((len(run) for run in re.findall(r"-+", f"{entry.case}\n{entry.stem}")), default=0)
    return f"{entry.case}\n\n{'-' * max(5, longest + 1)}\n\n{entry.stem}"


def _with_block(entry: QuestionEntry) -> str:
    block = Block(
        references=entry.references,
        service_note=entry.service_note,
        source=entry.source,
        rationales=tuple(option.rationale for option in entry.options) if entry.kind == "matching" else (),
        shuffle=entry.shuffle or entry.kind != "ordering",
        answer=entry.model_dump(mode="json")["answer"],
    )
    # Without a block of ours, an explanation that ends like one would be taken for it.
    if block == Block() and not BLOCK_AT_END.search(entry.explanation):
        return entry.explanation
    said = block.model_dump_json(exclude_defaults=True, indent=1)
    longest = max((len(run) for run in re.findall("`+", f"{said}\n{entry.explanation}")), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{entry.explanation}\n\n{fence}{BLOCK}\n{said}\n{fence}".strip()
