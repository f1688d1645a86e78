"""Prompts, each to be given its match. Two prompts may well have the same one; decoys are offered too and fit none.

Key and response: per prompt the index in `choices` of its match. The key has None where no match is written yet.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from questions.kinds.base import Response, Revised, moved
from questions.kinds.matching.formats import MatchingGift, MatchingMoodle, MatchingQti
from questions.kinds.placing import Placing
from questions.kinds.showing import Place, Told
from questions.parts import MAX_OPTIONS, MIN_OPTIONS, Problem, Written
from questions.rendering import render_inline, render_plain


class Matching(Placing):
    name = "matching"
    label = "match each option"
    noun = "match"
    direction = "Write on each line the number of what the option goes with."
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
            problems.append(Problem("decoys", f"{len(choices)} matches to choose from; give at most {MAX_OPTIONS}."))
        if both := {option.match for option in content.options} & set(content.decoys):
            problems.append(Problem("decoys", f"“{min(both)[:60]}” is the match of an option; a decoy fits none."))
        return problems

    def key_problems(self, content: Written) -> list[Problem]:
        missing = [
            Problem(f"options.{index}.match", f"no match for “{option.text[:60]}”; write the right one.")
            for index, option in enumerate(content.options)
            if not option.match
        ]
        if not missing and len(self.choices(content)) < MIN_OPTIONS:
            return [Problem("decoys", "only one match to choose from; add another, or a decoy.")]
        return missing

    def hints(self, content: Written) -> Iterator[Problem]:
        matches = [option.match for option in content.options]
        if all(matches) and len(set(matches)) == len(matches) and not content.decoys:
            yield Problem("decoys", "every match is used once, so the last follows from the others; add a decoy.")

    def place_count(self, option_count: int, choice_count: int) -> int:
        return choice_count

    def places(self, told: Told) -> list[Place]:
        return [
            Place(number, f"{number + 1}. {render_plain(choice)}", render_inline(choice))
            for number, choice in enumerate(told.choices)
        ]

    def translated(self, old: Revised, new: Revised, answer: Response | None) -> list[int | None] | None:
        option_of = moved(old.options, new.options, "options")
        choice_of = moved(old.choices, new.choices, "matches")
        if answer is None:
            return None
        given: list[int | None] = [None] * len(option_of)
        for own, match in enumerate(answer):
            given[option_of[own]] = None if match is None else choice_of[match]
        return given
