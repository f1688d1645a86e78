"""Options to be put in order. They are written in their right order.

Key and response: the place, from 0, of each option.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from questions.kinds.base import Response, Revised, moved
from questions.kinds.ordering.formats import OrderingMoodle, OrderingQti
from questions.kinds.placing import Placing
from questions.kinds.showing import Place, Solved, Told
from questions.parts import Problem, Written
from questions.rendering import render_inline

PLACE_WORD = re.compile(r"^\W*(?:\d+[.):]|(?:first|second|third|finally|lastly|then|next)\b)", re.IGNORECASE)


class Ordering(Placing):
    name = "ordering"
    label = _("put the options in order")
    parts = frozenset({"options"})
    noun = "place"
    direction = _("On each line, write the option's place in the right order, beginning with 1.")
    always_shuffles = True
    once = True
    moodle = OrderingMoodle()
    qti = OrderingQti()

    def key(self, content: Written) -> list[int]:
        return list(range(len(content.options)))

    def written(self, revision: Revised, rationales: Sequence[str]) -> Mapping[str, Any]:
        texts = zip(revision.options, rationales, strict=True)
        return {"options": [{"text": text, "rationale": rationale} for text, rationale in texts]}

    def key_problems(self, content: Written) -> list[Problem]:
        return []

    def hints(self, content: Written) -> Iterator[Problem]:
        for index, option in enumerate(content.options):
            if found := PLACE_WORD.search(option.text):
                yield Problem(
                    f"options.{index}.text",
                    gettext("“%(word)s” gives away the option's place; leave it out.") % {"word": found[0].strip()},
                )

    def place_count(self, option_count: int, choice_count: int) -> int:
        return option_count

    def is_complete(self, response: Response | None, choose: int | None = None) -> bool:
        """Every option has a place, and no two have the same."""
        return super().is_complete(response) and len(set(response or ())) == len(response or ())

    def places(self, told: Told) -> list[Place]:
        labels = [str(number + 1) for number in range(len(told.options))]
        return [Place(number, label, render_inline(label)) for number, label in enumerate(labels)]

    def preview_order(self, told: Told) -> list[int]:
        """By the alphabet: as written, it would be the right one."""
        return sorted(range(len(told.options)), key=lambda own: str(told.options[own]).casefold())

    def solved(
        self, told: Told, key: Response, rationales: Sequence[str], order: Sequence[int], response: Response | None
    ) -> Solved:
        """The options stand in their right order."""
        solved = super().solved(told, key, rationales, order, response)
        return replace(
            solved, options=sorted(solved.options, key=lambda option: option.right.number if option.right else 0)
        )

    def translated(self, old: Revised, new: Revised, answer: Response | None) -> list[int | None] | None:
        option_of = moved(old.options, new.options)
        moved(old.choices, new.choices)
        if answer is None:
            return None
        given: list[int | None] = [None] * len(option_of)
        for own, place in enumerate(answer):
            given[option_of[own]] = place
        return given
