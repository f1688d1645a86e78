"""Options to be put in order, in the files of other programs. GIFT has none."""

from collections.abc import Sequence
from typing import Any
from xml.etree.ElementTree import Element

from django.utils.translation import gettext

from questions.formats.moodle_parts import MoodleMapping, MoodleQuestion, add, add_option
from questions.formats.qti.names import get
from questions.formats.qti.parts import Interaction, Item, QtiMapping, Writer, simple_choices
from questions.formats.texts import Refused
from questions.parts import Written


class OrderingMoodle(MoodleMapping):
    types = ("ordering",)

    def write(self, question: Element, content: Written) -> None:
        for name, value in (("layouttype", "VERTICAL"), ("selecttype", "ALL"), ("selectcount", "0")):
            add(question, name, value)
        add(question, "gradingtype", "ALL_OR_NOTHING")
        add(question, "showgrading", "SHOW")
        for number, option in enumerate(content.options, 1):
            add_option(question, option.text, option.rationale, f"{number}.0000000")

    def read(self, question: MoodleQuestion) -> dict[str, Any]:
        if question.value("selecttype", "ALL") not in {"", "ALL", "0"}:
            question.notes.append(gettext("Moodle shows some of the items only; here all of them are shown."))
        return {"options": question.answers()}


class OrderingQti(QtiMapping):
    interaction = "orderInteraction"
    cardinality = "ordered"

    def read(self, asked: Interaction) -> tuple[list[str], Item]:
        choices = simple_choices(asked)
        if sorted(asked.correct) != sorted(choices):
            raise Refused(
                "correctResponse",
                gettext("names the right order of all %(count)s choices, each once.") % {"count": len(choices)},
            )
        # Only the places of `fixed` choices would tell something, and they would tell it to the candidate.
        shuffle = get(asked.element, "shuffle") == "true"
        return list(asked.correct), Item(tuple(choices[identifier] for identifier in asked.correct), shuffle=shuffle)

    def correct(self, item: Item, identifiers: Sequence[str]) -> list[str]:
        return list(identifiers)

    def interact(self, writer: Writer, body: Element, item: Item, identifiers: Sequence[str]) -> None:
        writer.add_interaction(body, self.interaction, item, identifiers)
