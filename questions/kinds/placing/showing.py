from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from questions.kinds.base import Given, Kind, Response
from questions.kinds.showing import AnswerLine, Asked, Place, Shape, Solved, SolvedOption, Told
from questions.parts import LETTERS
from questions.rendering import render_inline, render_markdown


@dataclass(frozen=True)
class PlacedOption:
    """`place` is the number of the place or match that the candidate has given it."""

    number: int
    html: SafeString
    place: int | None

    @property
    def letter(self) -> str:
        return LETTERS[self.number]


@dataclass(frozen=True)
class PlacingAsked(Asked):
    """`places` are what each option may be given, `noun` what these are called. `is_listed`: they are texts, listed
    above the options. `once`: no two options may have the same."""

    noun: str
    is_listed: bool
    once: bool
    options: list[PlacedOption]
    places: list[Place]

    @property
    def response(self) -> list[int | None]:
        return [option.place for option in self.options]

    @property
    def given(self) -> Given:
        return Given(places=tuple(self.response))

    @property
    def is_begun(self) -> bool:
        return any(option.place is not None for option in self.options)

    @property
    def shape(self) -> Shape:
        return len(self.options), len(self.places)

    @property
    def texts(self) -> dict[str, str]:
        texts: dict[str, str] = {f"option{option.number}": option.html for option in self.options}
        for place in self.places:
            texts |= {f"label{place.number}": place.label, f"place{place.number}": place.html}
        return texts

    @property
    def note(self) -> str:
        if not self.is_incomplete:
            return ""
        missing = [option.letter for option in self.options if option.place is None]
        is_match = self.noun == "match"
        parts = []
        if missing:
            message = _("no match for %(letters)s") if is_match else _("no place for %(letters)s")
            parts.append(message % {"letters": ", ".join(missing)})
        for place in self.places if self.once else []:
            letters = [option.letter for option in self.options if option.place == place.number]
            if len(letters) > 1:
                message = (
                    _("match %(label)s given to %(letters)s") if is_match else _("place %(label)s given to %(letters)s")
                )
                parts.append(message % {"label": place.label, "letters": ", ".join(letters)})
        return _("Incomplete: %(problems)s.") % {"problems": "; ".join(parts)}

    @property
    def lines(self) -> list[AnswerLine]:
        return [
            AnswerLine(option.letter, option.html, self.places[option.place].label)
            for option in self.options
            if option.place is not None
        ]

    def with_answer(self, given: Given, struck: Sequence[int]) -> "PlacingAsked":
        places = [place if place is None or place < len(self.places) else None for place in given.places]
        if len(places) != len(self.options):
            places = [None] * len(self.options)
        options = [replace(option, place=place) for option, place in zip(self.options, places, strict=True)]
        return replace(self, options=options)


def placing_asked(
    kind: Kind,
    told: Told,
    order: Sequence[int],
    response: Response | None,
    *,
    noun: str,
    places: list[Place],
    is_listed: bool,
    once: bool,
) -> PlacingAsked:
    options = [
        PlacedOption(shown, render_inline(told.options[own]), response[own] if response else None)
        for shown, own in enumerate(order)
    ]
    return PlacingAsked(kind, noun, is_listed, once, options, places)


def placing_solved(
    kind: Kind,
    told: Told,
    key: Response,
    rationales: Sequence[str],
    order: Sequence[int],
    response: Response | None,
    *,
    places: list[Place],
) -> Solved:
    options = []
    for shown, own in enumerate(order):
        right, given = _at(places, key[own]), _at(places, response[own] if response else None)
        is_right = given is not None and given == right
        options.append(
            SolvedOption(
                number=shown,
                letter=LETTERS[shown],
                html=render_inline(told.options[own]),
                rationale=render_markdown(rationales[own]),
                is_right=is_right,
                is_wrong=response is not None and not is_right,
                is_chosen=False,
                right=right,
                given=given,
            )
        )
    return Solved(kind, options, places)


def _at(places: Sequence[Place], number: int | None) -> Place | None:
    return None if number is None else places[number]
