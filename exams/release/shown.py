"""What a candidate may be shown of an attempt, and when. Functions of their arguments: nothing here reads a clock."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

# The values of `Exam.Release`.
AT_ONCE, AFTER_WINDOW, NEVER = "at_once", "after_window", "never"


class When(StrEnum):
    NOW = "now"
    LATER = "later"
    NEVER = "never"


@dataclass(frozen=True)
class Window:
    """When the last one may start, None for no end; and whether anybody is still sitting the exam in it."""

    closes_at: dt.datetime | None
    is_being_sat: bool

    def is_over(self, now: dt.datetime) -> bool:
        """Whoever started at the last moment keeps their time: until they are done, what others learn could reach
        them."""
        return self.closes_at is not None and self.closes_at <= now and not self.is_being_sat


@dataclass(frozen=True)
class UnderWay:
    """An attempt of the same candidate that is open and asks questions that a closed one asked too."""

    exam: str
    started_at: dt.datetime
    deadline_at: dt.datetime


@dataclass(frozen=True)
class Shown:
    """When the score, the key and the explanations of an attempt are shown. `closes_at` is what `later` waits for;
    with `under_way`, the score waits for the end of that attempt, which asks some of the same questions."""

    score: When
    key: When
    explanations: When
    closes_at: dt.datetime | None
    under_way: UnderWay | None = None


def shown(
    *,
    score: str,
    key: str,
    explanations: str,
    window: Window,
    now: dt.datetime,
    sharing: Sequence[UnderWay] = (),
    scored_at: dt.datetime | None = None,
) -> Shown:
    """Apply an exam's settings. Explanations say what is right, so they never come before the key.

    A score waits for the attempts under way that share a question with it (`sharing`): by what was chosen, "n of m
    right" tells a key. Only a score that its candidate could read before they began tells nothing new.
    """
    over = window.is_over(now)
    when_score, when_key = _when(score, over), _when(key, over)
    order = [When.NOW, When.LATER, When.NEVER]
    waits_for = [other for other in sharing if not _was_known(score, scored_at, other.started_at)]
    if when_score is not When.NOW:
        waits_for = []
    return Shown(
        score=When.LATER if waits_for else when_score,
        key=when_key,
        explanations=max(when_key, _when(explanations, over), key=order.index),
        closes_at=window.closes_at,
        under_way=max(waits_for, key=lambda other: other.deadline_at, default=None),
    )


def _was_known(setting: str, scored_at: dt.datetime | None, started_at: dt.datetime) -> bool:
    """Whether a score (its current version) was shown before that moment. Of one that waited for a window nobody knows
    any more when that was."""
    return setting == AT_ONCE and scored_at is not None and scored_at < started_at


def _when(setting: str, is_over: bool) -> When:
    if setting == AFTER_WINDOW:
        return When.NOW if is_over else When.LATER
    return When.NOW if setting == AT_ONCE else When.NEVER
