from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from questions.kinds.base import Given, Kind, Response
from questions.kinds.showing import AnswerLine, Asked, Shape, Solved, SolvedOption, Told
from questions.parts import LETTERS
from questions.rendering import render_inline, render_markdown


@dataclass(frozen=True)
class ChoiceOption:
    number: int
    html: SafeString
    is_chosen: bool
    is_struck: bool

    @property
    def letter(self) -> str:
        return LETTERS[self.number]


@dataclass(frozen=True)
class ChoiceAsked(Asked):
    """`told` is how many options are to be chosen, if candidates are told; `field` the type of the options' inputs."""

    field: str
    told: int | None
    options: list[ChoiceOption]

    @property
    def choose(self) -> int | None:
        return self.told

    @property
    def response(self) -> list[int]:
        return [option.number for option in self.options if option.is_chosen]

    @property
    def given(self) -> Given:
        return Given(chosen=tuple(self.response))

    @property
    def is_begun(self) -> bool:
        return bool(self.response)

    @property
    def struck(self) -> list[tuple[int, str]]:
        return [(option.number, option.letter) for option in self.options if option.is_struck]

    @property
    def shape(self) -> Shape:
        return self.told, len(self.options)

    @property
    def texts(self) -> dict[str, str]:
        return {f"option{option.number}": option.html for option in self.options}

    @property
    def note(self) -> str:
        return (
            _("%(count)s of %(told)s chosen.") % {"count": len(self.response), "told": self.told} if self.told else ""
        )

    @property
    def lines(self) -> list[AnswerLine]:
        return [AnswerLine(option.letter, option.html, "") for option in self.options if option.is_chosen]

    def with_answer(self, given: Given, struck: Sequence[int]) -> "ChoiceAsked":
        options = [
            replace(option, is_chosen=option.number in given.chosen, is_struck=option.number in struck)
            for option in self.options
        ]
        return replace(self, options=options)


def choice_asked(
    kind: Kind, field: str, told: Told, order: Sequence[int], response: Response | None, struck: Sequence[int]
) -> ChoiceAsked:
    options = [
        ChoiceOption(shown, render_inline(told.options[own]), own in (response or ()), shown in struck)
        for shown, own in enumerate(order)
    ]
    return ChoiceAsked(kind, field, told.choose, options)


def choice_solved(
    kind: Kind, told: Told, key: Response, rationales: Sequence[str], order: Sequence[int], response: Response | None
) -> Solved:
    chosen = response or ()
    options = [
        SolvedOption(
            number=shown,
            letter=LETTERS[shown],
            html=render_inline(told.options[own]),
            rationale=render_markdown(rationales[own]),
            is_right=own in key,
            is_wrong=own in chosen and own not in key,
            is_chosen=own in chosen,
        )
        for shown, own in enumerate(order)
    ]
    return Solved(kind, options)
