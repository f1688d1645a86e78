"""What a candidate sees before hand-in, read without any key."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from django.utils.safestring import SafeString

from exams.models import Attempt
from questions.content import LETTERS
from questions.kinds import kind_of
from questions.queries import Place, places_of
from questions.rendering import render_inline, render_markdown


@dataclass(frozen=True)
class ShownOption:
    """`place` is the number of the place or match that the candidate has given it."""

    number: int
    html: SafeString
    is_chosen: bool
    is_struck: bool
    place: int | None

    @property
    def letter(self) -> str:
        return LETTERS[self.number]


@dataclass(frozen=True)
class ShownItem:
    """A question as the candidate sees it during the exam. It has no field that could tell the key.

    `places` are what each option may be given, none where options are chosen; `choose` is how many of these, if told.
    """

    position: int
    kind: str
    case: SafeString
    stem: SafeString
    choose: int | None
    options: list[ShownOption]
    places: list[Place]
    is_flagged: bool
    seconds_spent: int
    sequence: int

    @property
    def _response(self) -> list[int | None]:
        if "key" in kind_of(self.kind).parts:
            return [option.number for option in self.options if option.is_chosen]
        return [option.place for option in self.options]

    @property
    def is_untouched(self) -> bool:
        """Whether it is as every candidate sees it at first: all of it follows from the question and its place."""
        return not (self.is_flagged or self.seconds_spent or self.sequence) and not any(
            option.is_chosen or option.is_struck or option.place is not None for option in self.options
        )

    @property
    def is_answered(self) -> bool:
        return kind_of(self.kind).is_complete(self._response, self.choose)

    @property
    def is_incomplete(self) -> bool:
        return not self.is_answered and any(number is not None for number in self._response)

    @property
    def note(self) -> str:
        """How many are chosen, or what an incomplete answer lacks. The page's script says the same as it changes."""
        if self.choose:
            return f"{sum(option.is_chosen for option in self.options)} of {self.choose} chosen."
        if not self.is_incomplete:
            return ""
        missing = [option.letter for option in self.options if option.place is None]
        parts = [f"no {'place' if self.kind == 'ordering' else 'match'} for {', '.join(missing)}"] if missing else []
        for place in self.places if self.kind == "ordering" else []:
            letters = [option.letter for option in self.options if option.place == place.number]
            if len(letters) > 1:
                parts.append(f"place {place.label} given to {', '.join(letters)}")
        return f"Incomplete: {'; '.join(parts)}."

    @property
    def answer(self) -> list[tuple[ShownOption, str]]:
        """The options that the answer names, each with the label of its place or match, if it takes one."""
        if "key" in kind_of(self.kind).parts:
            return [(option, "") for option in self.options if option.is_chosen]
        return [(option, self.places[option.place].label) for option in self.options if option.place is not None]

    def with_answer(self, chosen: Sequence[int], places: Sequence[int | None], sequence: int) -> "ShownItem":
        """Return the question as a page shows it that knows another sequence and holds another answer."""
        options = [
            replace(option, is_chosen=option.number in chosen, place=places[option.number] if places else None)
            for option in self.options
        ]
        return replace(self, options=options, sequence=sequence)

    def as_kept(self, answer: "KeptAnswer") -> "ShownItem":
        """Return the question with an answer of which nobody has said yet that it fits; what does not is left out."""
        places = [place if place is None or place < len(self.places) else None for place in answer.places]
        mine = self.with_answer(answer.chosen, places if len(places) == len(self.options) else (), answer.sequence)
        options = [replace(option, is_struck=option.number in answer.struck) for option in mine.options]
        is_choice = "key" in kind_of(self.kind).parts
        options = [replace(option, place=None) if is_choice else replace(option, is_chosen=False) for option in options]
        return replace(mine, options=options, is_flagged=answer.is_flagged)


def shown_items(attempt: Attempt, position: int | None = None) -> list[ShownItem]:
    """Return the questions of an attempt in its order, or the one at `position`.

    One query, which does not read key, rationales or explanation.
    """
    items = attempt.items.order_by("position")
    if position is not None:
        items = items.filter(position=position)
    rows = items.values(
        "position", "option_order", "response", "is_flagged", "struck", "seconds_spent", "sequence",
        "revision__kind", "revision__case_text", "revision__stem", "revision__options", "revision__choices",
        "revision__choose",
    )  # fmt: skip
    shown_items = []
    for row in rows:
        kind, response = row["revision__kind"], row["response"] or []
        is_choice = "key" in kind_of(kind).parts
        shown_items.append(
            ShownItem(
                position=row["position"],
                kind=kind,
                case=render_markdown(row["revision__case_text"]),
                stem=render_markdown(row["revision__stem"]),
                choose=row["revision__choose"],
                options=[
                    ShownOption(
                        number=shown,
                        html=render_inline(row["revision__options"][own]),
                        is_chosen=is_choice and own in response,
                        is_struck=shown in row["struck"],
                        place=response[own] if response and not is_choice else None,
                    )
                    for shown, own in enumerate(row["option_order"])
                ],
                places=places_of(kind, len(row["option_order"]), row["revision__choices"]),
                is_flagged=row["is_flagged"],
                seconds_spent=row["seconds_spent"],
                sequence=row["sequence"],
            )
        )
    return shown_items


class SentAnswer(Protocol):
    """An answer as a page sends it."""

    @property
    def position(self) -> int: ...
    @property
    def chosen(self) -> Sequence[int]: ...
    @property
    def places(self) -> Sequence[int | None]: ...
    @property
    def sequence(self) -> int: ...


class KeptAnswer(SentAnswer, Protocol):
    """An answer with all that a page knows of a question."""

    @property
    def is_flagged(self) -> bool: ...
    @property
    def struck(self) -> Sequence[int]: ...


def beside(shown: Mapping[int, ShownItem], answers: Iterable[SentAnswer]) -> list[tuple[ShownItem, ShownItem]]:
    """Return each answer's question twice: as it is saved, and as the page holds it that sent the answer."""
    pairs = [(shown[answer.position], answer) for answer in answers]
    return [(item, item.with_answer(answer.chosen, answer.places, answer.sequence)) for item, answer in pairs]


def with_answers(items: Sequence[ShownItem], answers: Iterable[KeptAnswer]) -> list[ShownItem]:
    """Return the questions as the page held them that sent these answers and was not heard."""
    by_position = {answer.position: answer for answer in answers}
    return [item.as_kept(by_position[item.position]) if item.position in by_position else item for item in items]


@dataclass(frozen=True)
class Unsaved:
    """A question whose last answer did not count: as it is saved, and as the page held it."""

    item: ShownItem
    mine: ShownItem

    @property
    def position(self) -> int:
        return self.item.position


def unsaved_of(attempt: Attempt, answers: Iterable[KeptAnswer]) -> list[Unsaved]:
    """Return the questions, in their order, that are saved otherwise than in these answers: one query."""
    shown = {item.position: item for item in shown_items(attempt)}
    known = [answer for answer in answers if answer.position in shown]
    pairs = [Unsaved(shown[answer.position], shown[answer.position].as_kept(answer)) for answer in known]
    return sorted((pair for pair in pairs if pair.item.answer != pair.mine.answer), key=lambda pair: pair.position)


@dataclass(frozen=True)
class ItemState:
    """What the hand-in summary needs to know of a question."""

    position: int
    is_answered: bool
    is_incomplete: bool
    is_flagged: bool


def item_states(attempt: Attempt) -> list[ItemState]:
    rows = attempt.items.order_by("position").values_list(
        "position", "response", "is_flagged", "revision__kind", "revision__choose"
    )
    states = []
    for position, response, is_flagged, kind, choose in rows:
        is_answered = kind_of(kind).is_complete(response, choose)
        states.append(ItemState(position, is_answered, response is not None and not is_answered, is_flagged))
    return states
