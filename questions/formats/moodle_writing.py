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
from questions.formats.moodle_parts import MoodleMapping, add, add_text
from questions.kinds import kind_of

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


def _write_question(quiz: ET.Element, entry: QuestionEntry) -> None:
    moodle = kind_of(entry.kind).moodle
    if moodle is None:
        return
    question = add(quiz, "question", type=moodle.types[0])
    add(add(question, "name"), "text", entry.id)
    add_text(question, "questiontext", _with_case(entry))
    add_text(question, "generalfeedback", _with_block(entry, moodle))
    for name, value in (("defaultgrade", "1"), ("penalty", "0"), ("hidden", "0"), ("idnumber", entry.id)):
        add(question, name, value)
    moodle.write(question, entry)
    tags = add(question, "tags")
    for tag in _tags(entry):
        add(add(tags, "tag"), "text", tag)


def _tags(entry: QuestionEntry) -> list[str]:
    return [
        *entry.tags,
        *(f"task:{certification}:{code}" for certification, code in entry.tasks.items()),
        *(f"skill:{certification}:{code}" for certification, code in entry.skills.items()),
        f"difficulty:{entry.difficulty}",
        f"valid-as-of:{entry.valid_as_of.isoformat()}",
        *([HAS_CASE] if entry.case else []),
    ]


def _with_case(entry: QuestionEntry) -> str:
    if not entry.case:
        return entry.stem
    longest = max((len(run) for run in re.findall(r"-+", f"{entry.case}\n{entry.stem}")), default=0)
    return f"{entry.case}\n\n{'-' * max(5, longest + 1)}\n\n{entry.stem}"


def _with_block(entry: QuestionEntry, moodle: MoodleMapping) -> str:
    block = Block(
        references=entry.references,
        service_note=entry.service_note,
        source=entry.source,
        rationales=() if moodle.keeps_rationales else tuple(option.rationale for option in entry.options),
        shuffle=entry.shuffle or not kind_of(entry.kind).always_shuffles,
        answer=entry.model_dump(mode="json")["answer"],
    )
    # Without a block of ours, an explanation that ends like one would be taken for it.
    if block == Block() and not BLOCK_AT_END.search(entry.explanation):
        return entry.explanation
    said = block.model_dump_json(exclude_defaults=True, indent=1)
    longest = max((len(run) for run in re.findall("`+", f"{said}\n{entry.explanation}")), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{entry.explanation}\n\n{fence}{BLOCK}\n{said}\n{fence}".strip()
