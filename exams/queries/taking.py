"""What a candidate sees before hand-in, read without any key."""

from dataclasses import dataclass

from django.utils.safestring import SafeString

from exams.models import Attempt
from questions.content import LETTERS
from questions.rendering import render_inline, render_markdown


@dataclass(frozen=True)
class ShownOption:
    number: int
    html: SafeString
    is_chosen: bool
    is_struck: bool

    @property
    def letter(self) -> str:
        return LETTERS[self.number]


@dataclass(frozen=True)
class ShownItem:
    """A question as the candidate sees it during the exam. It has no field that could tell the key."""

    position: int
    kind: str
    stem: SafeString
    options: list[ShownOption]
    is_flagged: bool
    seconds_spent: int
    sequence: int

    @property
    def is_answered(self) -> bool:
        return any(option.is_chosen for option in self.options)


def shown_items(attempt: Attempt, position: int | None = None) -> list[ShownItem]:
    """Return the questions of an attempt in its order, or the one at `position`.

    One query, which does not read key, rationales or explanation.
    """
    items = attempt.items.order_by("position")
    if position is not None:
        items = items.filter(position=position)
    rows = items.values(
        "position", "option_order", "response", "is_flagged", "struck", "seconds_spent", "sequence",
        "revision__kind", "revision__stem", "revision__options",
    )  # fmt: skip
    return [
        ShownItem(
            position=row["position"],
            kind=row["revision__kind"],
            stem=render_markdown(row["revision__stem"]),
            options=[
                ShownOption(
                    number=shown,
                    html=render_inline(row["revision__options"][own]),
                    is_chosen=own in (row["response"] or []),
                    is_struck=shown in row["struck"],
                )
                for shown, own in enumerate(row["option_order"])
            ],
            is_flagged=row["is_flagged"],
            seconds_spent=row["seconds_spent"],
            sequence=row["sequence"],
        )
        for row in rows
    ]


@dataclass(frozen=True)
class ItemState:
    """What the hand-in summary needs to know of a question."""

    position: int
    is_answered: bool
    is_flagged: bool


def item_states(attempt: Attempt) -> list[ItemState]:
    rows = attempt.items.order_by("position").values_list("position", "response", "is_flagged")
    return [ItemState(position, response is not None, is_flagged) for position, response, is_flagged in rows]
