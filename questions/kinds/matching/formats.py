"""Prompts and their matches in the files of other programs."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from xml.etree.ElementTree import Element

from django.utils.translation import gettext

from questions.formats.gift_parts import Answers, GiftMapping, answer, find
from questions.formats.html import plain_to_markdown
from questions.formats.moodle_parts import MoodleMapping, MoodleQuestion, add, add_shuffle, add_text
from questions.formats.qti.names import children, get
from questions.formats.qti.parts import Interaction, Item, QtiMapping, Writer, read_choices
from questions.formats.texts import Refused
from questions.parts import Written

# A match has no format in Moodle; its editor writes such elements nevertheless.
_TAG = re.compile(
    r"</?(?:p|br|b|i|u|em|strong|span|div|su[bp]|code|a|img|font|ul|ol|li|h[1-6])\b[^<>]*>", re.IGNORECASE
)


def _pairs(content: Written) -> list[tuple[str, str]]:
    """Return prompts and matches; a decoy has no prompt."""
    return [(option.text, option.match) for option in content.options] + [("", decoy) for decoy in content.decoys]


def _fields(pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    return {
        "options": tuple({"text": prompt, "match": match} for prompt, match in pairs if prompt),
        "decoys": tuple(match for prompt, match in pairs if not prompt),
    }


class MatchingGift(GiftMapping):
    keeps_rationales = False

    def lack(self, content: Written) -> str:
        if not all(option.match for option in content.options):
            return gettext("an option has no match, which GIFT cannot leave open")
        if any("->" in option.text for option in content.options):
            return gettext("an option holds “->”, which parts option and match in GIFT")
        return ""

    def write(self, content: Written) -> list[str]:
        return [
            f"={answer(prompt)} -> {answer(match)}" if prompt else f"= -> {answer(match)}"
            for prompt, match in _pairs(content)
        ]

    def read(self, answers: Answers) -> dict[str, Any] | None:
        if not answers.are_pairs:
            return None
        text = answers.form.text
        cut = [(said, find(said, "->")) for _, said in answers.marked]
        return _fields([(text(said[:at]), text(said[at + 2 :])) for said, at in cut])


class MatchingMoodle(MoodleMapping):
    types = ("matching", "match")
    keeps_rationales = False

    def write(self, question: Element, content: Written) -> None:
        add_shuffle(question, content)
        for prompt, match in _pairs(content):
            add(add(add_text(question, "subquestion", prompt), "answer"), "text", match)

    def read(self, question: MoodleQuestion) -> dict[str, Any]:
        pairs = []
        for index, part in enumerate(question.element.findall("subquestion")):
            text, match = question.text(part, f"options.{index}.text"), part.findtext("answer/text", "").strip()
            # Moodle has no format for a match. Where the question is Markdown, it is ours.
            if question.format != "markdown":
                is_html, field = _TAG.search(match), f"options.{index}.match"
                match = question.html_text(match, field) if is_html else plain_to_markdown(match)
            if text or match:  # its editor shows empty rows, and keeps them
                pairs.append((text, match))
        return {"shuffle": question.is_true("shuffleanswers", "true"), **_fields(pairs)}


class MatchingQti(QtiMapping):
    interaction = "matchInteraction"
    cardinality = "multiple"
    base = "directedPair"

    def read(self, asked: Interaction) -> tuple[list[str], Item]:
        sets = children(asked.element, "simpleMatchSet")
        if len(sets) != 2:
            raise Refused(
                "simpleMatchSet", gettext("there are %(count)s; a match interaction has two.") % {"count": len(sets)}
            )
        prompts, targets = (read_choices(children(part, "simpleAssociableChoice")) for part in sets)
        # Equal texts are one match for a candidate.
        matches = list(dict.fromkeys(target.html for target in targets.values()))
        pairs = asked.correct or [pair for pair, points in asked.worth.items() if points > 0]
        of: dict[str, int] = {}
        for pair in pairs:
            prompt, _, target = pair.partition(" ")
            if prompt not in prompts or target not in targets:
                message = gettext("“%(pair)s” does not pair a choice of the first set with one of the second.") % {
                    "pair": pair[:60]
                }
                raise Refused("correctResponse", message)
            if prompt in of:
                raise Refused(
                    "correctResponse",
                    gettext("“%(prompt)s” has more than one match; give each choice one.") % {"prompt": prompt[:40]},
                )
            of[prompt] = matches.index(targets[target].html)
        choices = tuple(replace(choice, match=of.get(identifier)) for identifier, choice in prompts.items())
        return list(prompts), Item(choices, tuple(matches), get(asked.element, "shuffle") == "true")

    def correct(self, item: Item, identifiers: Sequence[str]) -> list[str]:
        return [
            f"{identifier} match_{choice.match + 1}"
            for identifier, choice in zip(identifiers, item.choices, strict=True)
            if choice.match is not None
        ]

    def interact(self, writer: Writer, body: Element, item: Item, identifiers: Sequence[str]) -> None:
        interaction = writer.add_interaction(body, self.interaction, item, maxAssociations=str(len(item.choices)))
        prompts = dict(zip(identifiers, (choice.html for choice in item.choices), strict=True))
        targets = {f"match_{number}": html for number, html in enumerate(item.matches, 1)}
        for texts, most in ((prompts, "1"), (targets, "0")):
            part = writer.add(interaction, "simpleMatchSet")
            for identifier, html in texts.items():
                writer.fill(writer.add(part, "simpleAssociableChoice", identifier=identifier, matchMax=most), html)
