"""What a candidate may be shown of an attempt, and when. Functions of their arguments: nothing here reads a clock."""

import datetime as dt
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
class Shown:
    """When the score, the key and the explanations of an attempt are shown. `closes_at` is what `later` waits for."""

    score: When
    key: When
    explanations: When
    closes_at: dt.datetime | None


def shown(*, score: str, key: str, explanations: str, window: Window, now: dt.datetime) -> Shown:
    """Apply an exam's settings. Explanations say what is right, so they never come before the key."""
    over = window.is_over(now)
    when_key = _when(key, over)
    order = [When.NOW, When.LATER, When.NEVER]
    return Shown(
        score=_when(score, over),
        key=when_key,
        explanations=max(when_key, _when(explanations, over), key=order.index),
        closes_at=window.closes_at,
    )


def _when(setting: str, is_over: bool) -> When:
    if setting == AFTER_WINDOW:
        return When.NOW if is_over else When.LATER
    return When.NOW if setting == AT_ONCE else When.NEVER
