"""A text to be typed in the files of other programs. In Moodle's, * stands for anything unless a \\ is before it."""

from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree.ElementTree import Element

from django.utils.translation import gettext

from questions.formats.gift_parts import Answers, escape
from questions.formats.moodle_parts import MoodleQuestion
from questions.formats.qti.names import child, get, within
from questions.formats.qti.parts import Interaction, Item, Writer
from questions.formats.texts import Refused
from questions.kinds.entry.formats import EntryGift, EntryMoodle, EntryQti, Right, Worth, whole
from questions.parts import Written


def _answer(answers: Sequence[Worth], notes: list[str], *, ignore_case: bool) -> dict[str, Any]:
    """Return the answer of Moodle's patterns. Raises `Refused` where one stands for many texts, or none is right."""
    right = whole([(text, percent) for text, percent in answers if text != "*" or percent >= 100], notes)
    for text in right:
        if "*" in text.replace("\\*", ""):
            message = gettext("“%(text)s” accepts anything for its *; write each accepted answer out.") % {
                "text": text[:40]
            }
            raise Refused("answer", message)
    if not right:
        raise Refused("answer", gettext("no answer is right; give one all the points."))
    accepted = tuple(dict.fromkeys(text.replace("\\*", "*") for text in right))
    return {"accepted": accepted, **({"ignore_case": True} if ignore_case else {})}


class _Patterns(Right):
    def right(self, answer: Mapping[str, Any]) -> list[str]:
        return [_pattern(text) for text in answer.get("accepted") or ()]


def _pattern(text: str) -> str:
    return text.replace("*", "\\*")


class ShortTextGift(_Patterns, EntryGift):
    def write(self, content: Written) -> list[str]:
        return [" ".join(f"={escape(text)}" for text in self.right(content.answer))]

    def read(self, answers: Answers) -> dict[str, Any] | None:
        if answers.marks != {"="} or answers.are_pairs:
            return None
        worths = self.read_worths(answers.inner, answers)
        return {"answer": _answer(worths, answers.form.notes, ignore_case=True)}


class ShortTextMoodle(_Patterns, EntryMoodle):
    types = ("shortanswer",)

    def settings(self, answer: Mapping[str, Any]) -> dict[str, str]:
        return {"usecase": "0" if answer.get("ignore_case") else "1"}

    def read(self, question: MoodleQuestion) -> dict[str, Any]:
        worths = [worth for _, worth in self.read_worths(question)]
        return {"answer": _answer(worths, question.notes, ignore_case=not question.is_true("usecase", "0"))}


class ShortTextQti(EntryQti):
    base = "string"

    def right(self, answer: Mapping[str, Any]) -> list[str]:
        return list(answer.get("accepted") or ())

    def declare(self, writer: Writer, response: Element, item: Item) -> None:
        mapping = writer.add(response, "mapping", defaultValue="0")
        case = "false" if item.answer.get("ignore_case") else "true"
        for text in self.right(item.answer):
            writer.add(mapping, "mapEntry", mapKey=text, mappedValue="1", caseSensitive=case)

    def process(self, writer: Writer, root: Element, item: Item) -> None:
        """By the standard template that adds up the mapping."""
        template = writer.dialect.match_correct.replace("match_correct", "map_response")
        writer.add(root, "responseProcessing", template=template)

    def read(self, asked: Interaction) -> tuple[list[str], Item] | None:
        if get(asked.declaration, "baseType", "string") in {"float", "integer"}:
            return None
        most = max(asked.worth.values(), default=1.0)
        worths = [(text, 100.0) for text in asked.correct] + [
            (text, 100 * points / most if most > 0 else 0)
            for text, points in asked.worth.items()
            if text not in asked.correct
        ]
        entries = within(child(asked.declaration, "mapping"), "mapEntry")
        ignores = bool(entries) and all(get(entry, "caseSensitive", "true") == "false" for entry in entries)
        escaped = [(_pattern(text), percent) for text, percent in worths]
        return self.item(asked, _answer(escaped, asked.notes, ignore_case=ignores))
