"""Prompts, each to be given its match. Two prompts may well have the same one; decoys are offered too and fit none.

Key and response: per prompt the index in `choices` of its match. The key has None where no match is written yet.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from questions.kinds.base import Response, Revised, moved
from questions.kinds.matching.formats import MatchingGift, MatchingMoodle, MatchingQti
from questions.kinds.placing import Placing
from questions.kinds.showing import Place, Told
from questions.parts import MAX_OPTIONS, MIN_OPTIONS, Problem, Written
from questions.rendering import render_inline, render_plain


class Matching(Placing):
    name = "matching"
    label = _("match each option")
    noun = "match"
    direction = _("On each line, write the number of the match for the option.")
    lists_places = True
    parts = frozenset({"options", "match", "decoys"})
    gift = MatchingGift()
    moodle = MatchingMoodle()
    qti = MatchingQti()

    def is_told_by(self, keys: int, *, wants_several: bool = False, has_matches: bool = False) -> bool:
        return has_matches

    def choices(self, content: Written) -> list[str]:
        return sorted({option.match for option in content.options if option.match} | set(content.decoys))

    def key(self, content: Written) -> list[int | None]:
        choices = self.choices(content)
        return [choices.index(option.match) if option.match else None for option in content.options]

    def written(self, revision: Revised, rationales: Sequence[str]) -> Mapping[str, Any]:
        matches = ["" if index is None else revision.choices[index] for index in revision.key]
        texts = zip(revision.options, matches, rationales, strict=True)
        return {
            "options": [{"text": text, "match": match, "rationale": rationale} for text, match, rationale in texts],
            "decoys": [choice for choice in revision.choices if choice not in matches],
        }

    def problems(self, content: Written) -> list[Problem]:
        problems, choices = super().problems(content), self.choices(content)
        if len(choices) > MAX_OPTIONS:
            problems.append(
                Problem(
                    "decoys",
                    gettext("%(count)s matches to choose from; the limit is %(most)s.")
                    % {"count": len(choices), "most": MAX_OPTIONS},
                )
            )
        if both := {option.match for option in content.options} & set(content.decoys):
            problems.append(
                Problem(
                    "decoys",
                    gettext("“%(text)s” is the match of an option; a decoy fits none.") % {"text": min(both)[:60]},
                )
            )
        return problems

    def key_problems(self, content: Written) -> list[Problem]:
        missing = [
            Problem(
                f"options.{index}.match",
                gettext("“%(text)s” has no match; write the right one.") % {"text": option.text[:60]},
            )
            for index, option in enumerate(content.options)
            if not option.match
        ]
        if not missing and len(self.choices(content)) < MIN_OPTIONS:
            return [Problem("decoys", gettext("there is only one match to choose from; add another, or a decoy."))]
        return missing

    def hints(self, content: Written) -> Iterator[Problem]:
        matches = [option.match for option in content.options]
        if all(matches) and len(set(matches)) == len(matches) and not content.decoys:
            yield Problem(
                "decoys", gettext("every match is used once, so the last one follows from the others; add a decoy.")
            )

    def place_count(self, option_count: int, choice_count: int) -> int:
        return choice_count

    def places(self, told: Told) -> list[Place]:
        return [
            Place(number, f"{number + 1}. {render_plain(choice)}", render_inline(choice))
            for number, choice in enumerate(told.choices)
        ]

    def translated(self, old: Revised, new: Revised, answer: Response | None) -> list[int | None] | None:
        option_of = moved(old.options, new.options)
        choice_of = moved(old.choices, new.choices)
        if answer is None:
            return None
        given: list[int | None] = [None] * len(option_of)
        for own, match in enumerate(answer):
            given[option_of[own]] = None if match is None else choice_of[match]
        return given
