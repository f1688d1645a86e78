"""What a candidate sees before hand-in, read without any key."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Protocol

from django.db.models import QuerySet
from django.utils.safestring import SafeString

from exams.attempts.models import Attempt
from questions.kinds import Given, Told, kind_of
from questions.kinds.showing import AnswerLine, Asked
from questions.rendering import render_markdown


@dataclass(frozen=True)
class ShownItem:
    """A question as the candidate sees it during the exam. Neither it nor `asked` has a field that could tell the key.

    Its fixed part, the same in every attempt but for the order of options, is case, stem and what `asked` has beside
    the answer; the template of each kind renders it.
    """

    position: int
    case: SafeString
    stem: SafeString
    asked: Asked
    is_flagged: bool
    seconds_spent: int
    sequence: int
    is_sure: bool | None = None

    @property
    def kind(self) -> str:
        return self.asked.kind.name

    @cached_property
    def is_untouched(self) -> bool:
        """Whether it is as every candidate sees it at first: all of it follows from the question and its place."""
        is_answered = self.asked.is_begun or self.asked.struck or self.is_sure is not None
        return not (self.is_flagged or self.seconds_spent or self.sequence or is_answered)

    @property
    def is_answered(self) -> bool:
        return self.asked.is_answered

    @property
    def is_incomplete(self) -> bool:
        return self.asked.is_incomplete

    @property
    def state(self) -> str:
        """What the list of all questions says of it."""
        if self.is_untouched:
            return "unseen"
        if self.is_answered:
            return "answered"
        if self.is_incomplete:
            return "incomplete"
        return "seen" if self.seconds_spent or self.is_flagged else "unseen"

    @property
    def answer(self) -> list[AnswerLine]:
        return self.asked.lines

    def with_answer(self, given: Given, sequence: int) -> "ShownItem":
        """Return the question as a page shows it that knows another sequence and holds another answer."""
        struck = [number for number, _ in self.asked.struck]
        return replace(self, asked=self.asked.with_answer(given, struck), sequence=sequence)

    def as_kept(self, answer: "KeptAnswer") -> "ShownItem":
        """Return the question with an answer of which nobody has said yet that it fits; what does not is left out."""
        asked = self.asked.with_answer(answer.given, answer.struck)
        return replace(
            self, asked=asked, sequence=answer.sequence, is_flagged=answer.is_flagged, is_sure=answer.is_sure
        )


def shown_items(attempt: Attempt, position: int | None = None) -> list[ShownItem]:
    """Return the questions of an attempt in its order, or the one at `position`: one query."""
    items = attempt.items.order_by("position")
    return shown(items if position is None else items.filter(position=position))


def shown(items: QuerySet[Any]) -> list[ShownItem]:
    """Return these rows of `AskedItem` as a candidate is asked them.

    One query, which does not read key, rationales or explanation.
    """
    rows = items.values(
        "position", "option_order", "response", "is_flagged", "struck", "is_sure", "seconds_spent",
        "sequence",
        "revision__kind", "revision__case_text", "revision__stem", "revision__options", "revision__choices",
        "revision__choose", "revision__prompt",
    )  # fmt: skip
    return [
        ShownItem(
            position=row["position"],
            case=render_markdown(row["revision__case_text"]),
            stem=render_markdown(row["revision__stem"]),
            asked=kind_of(row["revision__kind"]).asked(
                Told(
                    row["revision__options"],
                    row["revision__choices"],
                    row["revision__choose"],
                    row["revision__prompt"],
                ),
                row["option_order"],
                row["response"],
                row["struck"],
            ),
            is_flagged=row["is_flagged"],
            is_sure=row["is_sure"],
            seconds_spent=row["seconds_spent"],
            sequence=row["sequence"],
        )
        for row in rows
    ]


class SentAnswer(Protocol):
    """An answer as a page sends it."""

    @property
    def position(self) -> int: ...
    @property
    def given(self) -> Given: ...
    @property
    def sequence(self) -> int: ...


class KeptAnswer(SentAnswer, Protocol):
    """An answer with all that a page knows of a question."""

    @property
    def is_flagged(self) -> bool: ...
    @property
    def is_sure(self) -> bool | None: ...
    @property
    def struck(self) -> Sequence[int]: ...


def beside(shown: Mapping[int, ShownItem], answers: Iterable[SentAnswer]) -> list[tuple[ShownItem, ShownItem]]:
    """Return each answer's question twice: as it is saved, and as the page holds it that sent the answer."""
    pairs = [(shown[answer.position], answer) for answer in answers]
    return [(item, item.with_answer(answer.given, answer.sequence)) for item, answer in pairs]


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
