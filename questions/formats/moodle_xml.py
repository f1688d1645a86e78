"""Moodle XML, as its documentation and its own exporter write it: https://docs.moodle.org/en/Moodle_XML_format"""

import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from questions.bankfiles import QuestionEntry
from questions.content import MAX_OPTIONS, MIN_OPTIONS, Problem
from questions.formats.base import MAX_PARTS, Defaults, Loss, ReadQuestion, Unreadable, check_count, read_entry
from questions.formats.html import HtmlReader, Unconvertible, inner_html, plain_to_markdown
from questions.formats.moodle_writing import BLOCK, BLOCK_AT_END, HAS_CASE, Block, write_quiz
from questions.formats.safe_xml import parse
from questions.formats.slugs import slug, tags_of
from questions.formats.typed import has_key, kept_answer, read_number_answers, read_text_answers

IN_BLOCK_ONLY = ("references", "service_note", "source")
SUM_TOLERANCE = 0.1  # percent; three times 33.33333 is not 100

# A match has no format in Moodle; its editor writes such elements nevertheless.
_TAG = re.compile(
    r"</?(?:p|br|b|i|u|em|strong|span|div|su[bp]|code|a|img|font|ul|ol|li|h[1-6])\b[^<>]*>", re.IGNORECASE
)
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
        "the status: everything imported is a draft",
        "all-or-nothing scoring of multiple questions: Moodle gives each right option its part of 100 %",
        "matches of a matching question are plain text in Moodle: their Markdown is shown as it is written",
        "drafts without a key can be imported here again, but not into Moodle",
    )

    def read(self, data: bytes, defaults: Defaults) -> list[ReadQuestion]:
        document = parse(data)
        if document.root.tag != "quiz":
            raise Unreadable(f"The file begins with <{str(document.root.tag)[:60]}>; Moodle XML begins with <quiz>.")
        elements = [child for child in document.root if child.tag == "question"]
        check_count(sum(element.get("type") != "category" for element in elements))
        found, category, html = [], "", HtmlReader()
        for element in elements:
            if element.get("type") == "category":
                category = _line(element.findtext("category/text", ""))
            else:
                found.append(_read_question(element, f"line {document.lines[element]}", category, html, defaults))
        return found

    def left_out(self, entry: QuestionEntry) -> str:
        return "" if entry.options or has_key(entry) else "Moodle needs a right answer"

    def write(self, entries: Sequence[QuestionEntry]) -> bytes:
        return write_quiz(entries)


# --- Reading -------------------------------------------------------------------------------------------------


class _Refused(Exception):
    """This question is not taken; says the field, what is wrong and what would be right."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.problem = Problem(field, message)


@dataclass
class _Question:
    """A `question` element, and what is to be said about it."""

    element: ET.Element
    html: HtmlReader
    notes: list[str] = field(default_factory=list)

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
            self.notes.append(f"{field}: the text is “{written_in[:20]}”, read as HTML.")
        return self.html_text(raw, field)

    def html_text(self, raw: str, field: str) -> str:
        """Return HTML as Markdown, with a note of what it says that Markdown cannot."""
        try:
            text, said = self.html.to_markdown(raw)
        except Unconvertible as error:
            raise _Refused(field, str(error)) from error
        self.notes += [Loss(f"{field}: {note}") for note in said]
        return text


def _line(text: str) -> str:
    return " ".join(text.split())[:100]


def _read_question(
    element: ET.Element, place: str, category: str, html: HtmlReader, defaults: Defaults
) -> ReadQuestion:
    question, label, kind = _Question(element, html), _line(element.findtext("name/text", "")), element.get("type", "")
    if category:
        question.notes.append(Loss(f"category “{category}” is not taken over; use tags."))
    try:
        if kind not in _READERS:
            raise _Refused("type", f"“{kind[:40]}” questions are not known here; known are {', '.join(_READERS)}.")
        if (count := len(element.findall("answer")) + len(element.findall("subquestion"))) > MAX_PARTS:
            raise _Refused("options", f"{count} options; give {MIN_OPTIONS} to {MAX_OPTIONS}, usually four.")
        fields = _read_common(question) | _READERS[kind](question)
        explanation, block = _split_block(question.text(element.find("generalfeedback"), "explanation"))
    except _Refused as refused:
        return ReadQuestion(place, label, problems=(refused.problem,), notes=tuple(question.notes))
    fields |= {"explanation": explanation, **block.model_dump(include=set(IN_BLOCK_ONLY))}
    if kind == "ordering":
        fields["shuffle"] = block.shuffle
    if "answer" in fields:
        fields["answer"] = kept_answer(fields["kind"], block.answer, fields["answer"])
    elif len(block.rationales) == len(fields["options"]):
        for option, rationale in zip(fields["options"], block.rationales, strict=True):
            option["rationale"] = rationale
    # Where there is no block, Moodle's own fields say nothing of these.
    lacking = [*IN_BLOCK_ONLY, *(["rationales"] if fields["kind"] == "matching" else [])] if block == Block() else []
    # Our export says both of these; an ID number of Moodle's is that of a question in one of its categories.
    is_ours = "valid_as_of" in fields and fields.get("id", "") == label
    notes = dict.fromkeys(question.notes)
    return read_entry(place, label, fields, defaults, notes=notes, lacking=lacking, id_is_ours=is_ours)


def _read_common(question: _Question) -> dict[str, Any]:
    element, notes = question.element, question.notes
    tags = [_line(tag.findtext("text", "")) for tag in element.findall("tags/tag")]
    fields: dict[str, Any] = {"stem": question.text(element.find("questiontext"), "stem"), **_read_tags(tags, notes)}
    if HAS_CASE in tags:
        fields["case"], fields["stem"] = _split_case(fields["stem"])
    if number := question.value("idnumber"):
        fields["id"] = slug(number)
        if fields["id"] != number:
            notes.append(f"ID number “{number[:60]}” became “{fields['id'] or 'an id made of the content'}”.")
    if element.find("hint") is not None:
        notes.append(Loss("hints are not taken over."))
    if next(element.iter("file"), None) is not None or element.find("image_base64") is not None:
        notes.append(Loss("files (pictures, media) are not taken over: texts only."))
    for name in ("correctfeedback", "partiallycorrectfeedback", "incorrectfeedback"):
        text = re.sub(r"<[^>]*>", "", question.value(f"{name}/text")).strip()
        if text and text.casefold() not in _STANDARD_FEEDBACK:
            notes.append(Loss(f"<{name}> is not taken over; rationales and explanation say such things."))
    if _number(question.value("defaultgrade") or "1", "defaultgrade") != 1:
        notes.append(f"worth {question.value('defaultgrade')[:20]} marks in Moodle; every question counts one here.")
    return fields


def _read_tags(tags: Sequence[str], notes: list[str]) -> dict[str, Any]:
    tasks, others, fields = {}, [], {}
    for tag in tags:
        prefix, colon, value = tag.partition(":")
        certification, separator, code = value.partition(":")
        if prefix == "task" and separator:
            tasks[certification] = code
        elif colon and prefix in {"difficulty", "valid-as-of"}:
            fields[prefix.replace("-", "_")] = value
        elif tag and tag != HAS_CASE:
            others.append(tag)
    return {**fields, "tasks": tasks, "tags": tags_of(others, notes)}


def _read_multichoice(question: _Question) -> dict[str, Any]:
    single = question.is_true("single", "true")
    fractions = [_fraction(answer, index) for index, answer in enumerate(question.element.findall("answer"))]
    keys = _single_keys(fractions, question.notes) if single else _multiple_keys(fractions, question.notes)
    return {
        "kind": "single" if single else "multiple",
        "shuffle": question.is_true("shuffleanswers", "false"),
        "options": [{**answer, "key": key} for answer, key in zip(question.answers(), keys, strict=True)],
    }


def _single_keys(fractions: Sequence[float], notes: list[str]) -> list[bool]:
    best = max(fractions, default=0)
    if 0 < best < 100 - SUM_TOLERANCE:
        raise _Refused("options", f"the best answer is worth {best:g} %; the right one must be worth 100 %.")
    notes += [
        f"answer {number} is worth {fraction:g} % in Moodle; here it counts as wrong."
        for number, fraction in enumerate(fractions, 1)
        if 0 < fraction < 100 - SUM_TOLERANCE
    ]
    return [fraction >= 100 - SUM_TOLERANCE for fraction in fractions]


def _multiple_keys(fractions: Sequence[float], notes: list[str]) -> list[bool]:
    positive = [fraction for fraction in fractions if fraction > 0]
    if positive and abs(sum(positive) - 100) > SUM_TOLERANCE:
        raise _Refused("options", f"the positive percentages sum to {sum(positive):g}; they must sum to 100.")
    if positive and max(positive) - min(positive) > SUM_TOLERANCE:
        notes.append("right answers are worth different percentages in Moodle; here all of them count, or none.")
    return [fraction > 0 for fraction in fractions]


def _read_truefalse(question: _Question) -> dict[str, Any]:
    answers = question.element.findall("answer")
    options = []
    for index, (answer, word) in enumerate(zip(answers, ("True", "False"), strict=False)):
        said = answer.findtext("text", "").strip().capitalize()
        # Old exports have these words in the language of the site; then their order says which is which.
        text = said if said in {"True", "False"} else word
        right = _fraction(answer, index) >= 100 - SUM_TOLERANCE
        options.append({"text": text, "key": right, "rationale": question.rationale(answer, index)})
    if len(answers) != 2 or sum(bool(option["key"]) for option in options) != 1:
        raise _Refused("options", "a true/false question has two answers, one of them worth 100 %.")
    return {"kind": "single", "shuffle": False, "options": options}


def _read_matching(question: _Question) -> dict[str, Any]:
    options, decoys = [], []
    for index, part in enumerate(question.element.findall("subquestion")):
        text, match = question.text(part, f"options.{index}.text"), part.findtext("answer/text", "").strip()
        # Moodle has no format for a match. Where the question is Markdown, it is ours.
        if question.format != "markdown":
            match = (
                question.html_text(match, f"options.{index}.match") if _TAG.search(match) else plain_to_markdown(match)
            )
        if text:
            options.append({"text": text, "match": match})
        elif match:
            decoys.append(match)
    return {
        "kind": "matching",
        "shuffle": question.is_true("shuffleanswers", "true"),
        "options": options,
        "decoys": decoys,
    }


def _read_multichoiceset(question: _Question) -> dict[str, Any]:
    """Read what the plug-in “all or nothing” writes: every right answer is worth 100 %, and all are needed."""
    keys = [_fraction(answer, index) > 0 for index, answer in enumerate(question.element.findall("answer"))]
    return {
        "kind": "multiple",
        "shuffle": question.is_true("shuffleanswers", "false"),
        "options": [{**answer, "key": key} for answer, key in zip(question.answers(), keys, strict=True)],
    }


def _read_ordering(question: _Question) -> dict[str, Any]:
    if question.value("selecttype", "ALL") not in {"", "ALL", "0"}:
        question.notes.append("Moodle shows some of the items only; here all of them are shown.")
    return {"kind": "ordering", "options": question.answers()}


def _typed(question: _Question) -> list[tuple[ET.Element, str, float]]:
    """Return the answers to be typed, each with its text and percent."""
    rows = []
    for index, answer in enumerate(question.element.findall("answer")):
        text = answer.findtext("text", "").strip()
        if question.rationale(answer, index):
            question.notes.append(
                Loss(f"feedback of “{text[:40]}” is not taken over; the explanation says such things.")
            )
        rows.append((answer, text, _fraction(answer, index)))
    return rows


def _read_numerical(question: _Question) -> dict[str, Any]:
    units = [
        (unit.findtext("unit_name", "").strip(), unit.findtext("multiplier", "1").strip())
        for unit in question.element.findall("units/unit")
    ]
    own = [name for name, multiplier in units if _number(multiplier or "1", "multiplier") == 1]
    if len(units) > len(own[:1]):
        question.notes.append(Loss("further units are not taken over; a question has one here."))
    rows = [
        (f"{text}:{answer.findtext('tolerance', '0').strip()}", percent) for answer, text, percent in _typed(question)
    ]
    try:
        fields = read_number_answers(rows, question.notes)
    except ValueError as error:
        raise _Refused("answer", str(error)) from error
    if own:
        fields["answer"]["unit"] = own[0]
    return fields


def _read_short_answer(question: _Question) -> dict[str, Any]:
    rows = [(text, percent) for _, text, percent in _typed(question)]
    try:
        return read_text_answers(rows, question.notes, ignore_case=not question.is_true("usecase", "0"))
    except ValueError as error:
        raise _Refused("answer", str(error)) from error


_READERS: dict[str, Callable[[_Question], dict[str, Any]]] = {
    "multichoice": _read_multichoice,
    "multichoiceset": _read_multichoiceset,
    "truefalse": _read_truefalse,
    "matching": _read_matching,
    "match": _read_matching,
    "ordering": _read_ordering,
    "numerical": _read_numerical,
    "shortanswer": _read_short_answer,
}


def _number(text: str, field: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise _Refused(field, f"“{text[:40]}” is not a number; write one with a point, such as 33.33333.")
    return number


def _fraction(answer: ET.Element, index: int) -> float:
    fraction = _number(answer.get("fraction", "0"), f"options.{index}.key")
    if abs(fraction) > 100 + SUM_TOLERANCE:
        raise _Refused(f"options.{index}.key", f"an answer is worth {fraction:g} %; −100 to 100 are possible.")
    return fraction


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
        raise _Refused("generalfeedback", f"its block “{BLOCK}”: {where} {said['msg']}; mend or remove it.") from error
