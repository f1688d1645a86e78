"""Options to be put in order. They are written in their right order.

Key and response: the place, from 0, of each option.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from questions.kinds.base import Response, Revised, moved
from questions.kinds.placing import Placing
from questions.parts import Problem, Written

PLACE_WORD = re.compile(r"^\W*(?:\d+[.):]|(?:first|second|third|finally|lastly|then|next)\b)", re.IGNORECASE)


class Ordering(Placing):
    name = "ordering"
    label = "put the options in order"
    parts = frozenset({"options"})
    always_shuffles = True

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
                yield Problem(f"options.{index}.text", f"“{found[0].strip()}” tells its place; leave it out.")

    def place_count(self, option_count: int, choice_count: int) -> int:
        return option_count

    def is_complete(self, response: Response | None, choose: int | None = None) -> bool:
        """Every option has a place, and no two have the same."""
        return super().is_complete(response) and len(set(response or ())) == len(response or ())

    def translated(self, old: Revised, new: Revised, answer: Response | None) -> list[int | None] | None:
        option_of = moved(old.options, new.options, "options")
        moved(old.choices, new.choices, "matches")
        if answer is None:
            return None
        given: list[int | None] = [None] * len(option_of)
        for own, place in enumerate(answer):
            given[option_of[own]] = place
        return given
