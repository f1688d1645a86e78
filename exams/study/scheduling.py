"""When a question comes back. Pure."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Answered:
    at: dt.datetime
    is_right: bool
    is_sure: bool | None


@dataclass(frozen=True)
class Recall:
    stability: float
    difficulty: float
    due_at: dt.datetime


def remembered(
    answers: Sequence[Answered], *, parameters: Sequence[float] | None, exam_at: dt.datetime | None
) -> Recall:
    return Recall(1.0, 5.0, answers[-1].at + dt.timedelta(days=1))
