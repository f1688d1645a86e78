"""Moodle XML, as its documentation and its own exporter write it: https://docs.moodle.org/en/Moodle_XML_format"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from pydantic import ValidationError

from questions.bankfiles import QuestionEntry
from questions.content import MAX_OPTIONS, MIN_OPTIONS
from questions.formats.base import (
    MAX_PARTS,
    Defaults,
    Loss,
    ReadQuestion,
    Unreadable,
    check_count,
    kept_answer,
    read_entry,
)
from questions.formats.html import HtmlReader
from questions.formats.moodle_parts import MoodleQuestion, number
from questions.formats.moodle_writing import BLOCK, BLOCK_AT_END, HAS_CASE, Block, write_quiz
from questions.formats.safe_xml import parse
from questions.formats.slugs import slug, tags_of
from questions.formats.texts import Refused
from questions.kinds import KINDS, kind_of

IN_BLOCK_ONLY = ("references", "service_note", "source")
_RULE = re.compile(r"\n\n(-{3,})(?=\n\n)")

# What Moodle writes into every question by itself.
_STANDARD_FEEDBACK = {
    *("your answer is correct.", "your answer is partially correct.", "your answer is incorrect."),
    *("die antwort ist richtig.", "die antwort ist teilweise richtig.", "die antwort ist falsch."),
}


class MoodleXml:
    name = "moodle"
    label = "Moodle XML"
    suffixes = (".xml",)
    media_type = "application/xml"
    losses = (
        _("the status: everything imported is a draft"),
        _("all-or-nothing scoring of multiple questions: Moodle gives each right option its part of 100 %"),
        _("matches of a matching question are plain text in Moodle: their Markdown is shown as it is written"),
        _("drafts without a key can be imported here again, but not into Moodle"),
    )

    def read(self, data: bytes, defaults: Defaults) -> list[ReadQuestion]:
        document = parse(data)
        if document.root.tag != "quiz":
            raise Unreadable(
                gettext("The file begins with <%(tag)s>; Moodle XML begins with <quiz>.")
                % {"tag": str(document.root.tag)[:60]}
            )
        elements = [child for child in document.root if child.tag == "question"]
        check_count(sum(element.get("type") != "category" for element in elements))
        found, category, html = [], "", HtmlReader()
        for element in elements:
            if element.get("type") == "category":
                category = _line(element.findtext("category/text", ""))
            else:
                found.append(
                    _read_question(
                        element,
                        gettext("line %(line)s") % {"line": document.lines[element]},
                        category,
                        html,
                        defaults,
                    )
                )
        return found

    def left_out(self, entry: QuestionEntry) -> str:
        moodle = kind_of(entry.kind).moodle
        return moodle.lack(entry) if moodle else (gettext("Moodle has no %(kind)s questions") % {"kind": entry.kind})

    def write(self, entries: Sequence[QuestionEntry]) -> bytes:
        return write_quiz(entries)


# --- Reading -------------------------------------------------------------------------------------------------


def _line(text: str) -> str:
    return " ".join(text.split())[:100]


def _read_question(
    element: ET.Element, place: str, category: str, html: HtmlReader, defaults: Defaults
) -> ReadQuestion:
    question, label = MoodleQuestion(element, html), _line(element.findtext("name/text", ""))
    if category:
        question.notes.append(Loss(f"category “{category}” is not taken over; use tags."))
    try:
        fields = _read_common(question) | _read_answers(question)
        explanation, block = _split_block(question.text(element.find("generalfeedback"), "explanation"))
    except Refused as refused:
        return ReadQuestion(place, label, problems=(refused.problem,), notes=tuple(question.notes))
    fields = {
        "shuffle": block.shuffle,
        **fields,
        "explanation": explanation,
        **block.model_dump(include=set(IN_BLOCK_ONLY)),
        "answer": kept_answer(fields["kind"], block.answer, fields.get("answer", {})),
    }
    if len(block.rationales) == len(fields.get("options", ())):
        for option, rationale in zip(fields.get("options", ()), block.rationales, strict=True):
            option["rationale"] = rationale
    # Where there is no block, Moodle's own fields say nothing of these.
    moodle = kind_of(fields["kind"]).moodle
    lacking = [*IN_BLOCK_ONLY, *([] if moodle and moodle.keeps_rationales else ["rationales"])]
    lacking = lacking if block == Block() else []
    # Our export says both of these; an ID number of Moodle's is that of a question in one of its categories.
    is_ours = "valid_as_of" in fields and fields.get("id", "") == label
    notes = dict.fromkeys(question.notes)
    return read_entry(place, label, fields, defaults, notes=notes, lacking=lacking, id_is_ours=is_ours)


def _read_answers(question: MoodleQuestion) -> dict[str, Any]:
    readers = {room.name: room.moodle for room in KINDS.values() if room.moodle}
    known = dict.fromkeys(type_ for reader in readers.values() for type_ in reader.types)
    if question.type not in known:
        raise Refused(
            "type",
            gettext("“%(type)s” questions are not supported; the supported types are %(known)s.")
            % {"type": question.type[:40], "known": ", ".join(known)},
        )
    element = question.element
    if (count := len(element.findall("answer")) + len(element.findall("subquestion"))) > MAX_PARTS:
        raise Refused(
            "options",
            gettext("%(count)s options; give %(min_options)s to %(max_options)s, usually four.")
            % {"count": count, "min_options": MIN_OPTIONS, "max_options": MAX_OPTIONS},
        )
    for name, reader in readers.items():
        if question.type in reader.types and (fields := reader.read(question)) is not None:
            return {"kind": name, **fields}
    raise Refused("type", gettext("a “%(type)s” question like this is not supported.") % {"type": question.type})


def _read_common(question: MoodleQuestion) -> dict[str, Any]:
    element, notes = question.element, question.notes
    tags = [_line(tag.findtext("text", "")) for tag in element.findall("tags/tag")]
    fields: dict[str, Any] = {"stem": question.text(element.find("questiontext"), "stem"), **_read_tags(tags, notes)}
    if HAS_CASE in tags:
        fields["case"], fields["stem"] = _split_case(fields["stem"])
    if id_number := question.value("idnumber"):
        fields["id"] = slug(id_number)
        if fields["id"] != id_number:
            notes.append(
                gettext("ID number “%(id_number)s” became “%(id)s”.")
                % {"id_number": id_number[:60], "id": fields["id"] or gettext("an id made of the content")}
            )
    if element.find("hint") is not None:
        notes.append(Loss("hints are not taken over."))
    if next(element.iter("file"), None) is not None or element.find("image_base64") is not None:
        notes.append(Loss("files (pictures, media) are not taken over: texts only."))
    for name in ("correctfeedback", "partiallycorrectfeedback", "incorrectfeedback"):
        text = re.sub(r"<[^>]*>", "", question.value(f"{name}/text")).strip()
        if text and text.casefold() not in _STANDARD_FEEDBACK:
            notes.append(Loss(f"<{name}> is not taken over; rationales and explanation say such things."))
    if number(question.value("defaultgrade") or "1", "defaultgrade") != 1:
        notes.append(
            gettext("worth %(marks)s marks in Moodle; every question counts one here.")
            % {"marks": question.value("defaultgrade")[:20]}
        )
    return fields


def _read_tags(tags: Sequence[str], notes: list[str]) -> dict[str, Any]:
    places: dict[str, dict[str, str]] = {"task": {}, "skill": {}}
    others, fields = [], {}
    for tag in tags:
        prefix, colon, value = tag.partition(":")
        certification, separator, code = value.partition(":")
        if prefix in places and separator:
            places[prefix][certification] = code
        elif colon and prefix in {"difficulty", "valid-as-of"}:
            fields[prefix.replace("-", "_")] = value
        elif tag and tag != HAS_CASE:
            others.append(tag)
    return {**fields, "tasks": places["task"], "skills": places["skill"], "tags": tags_of(others, notes)}


def _split_case(text: str) -> tuple[str, str]:
    """Take case and stem apart at the longest line of hyphens; the writer sees to it that there is one longest."""
    rule = max(_RULE.finditer(text), key=lambda found: len(found[1]), default=None)
    return ("", text) if rule is None else (text[: rule.start()], text[rule.end() :])


def _split_block(feedback: str) -> tuple[str, Block]:
    found = BLOCK_AT_END.search(feedback)
    if found is None:
        return feedback, Block()
    try:
        return feedback[: found.start()], Block.model_validate_json(found[2])
    except ValidationError as error:
        said = error.errors(include_url=False, include_context=False)[0]
        where = ".".join(str(part) for part in said["loc"])
        raise Refused(
            "generalfeedback",
            gettext("its block “%(block)s”: %(where)s %(msg)s; mend or remove it.")
            % {"block": BLOCK, "where": where, "msg": said["msg"]},
        ) from error
