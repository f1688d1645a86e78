"""The latest scores at one exam as a picture: an axis near the data, dates, the pass mark as a line with its number."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from exams.attempts.models import Attempt
from exams.release.queries import shown_of_each
from exams.release.shown import When
from exams.results.drawing import Axis, across, pixels, steps
from exams.scoring.estimates import shown_percent
from exams.scoring.models import Score

TREND_LENGTH = 12
# With more points than these, only the first, the last and this attempt are labelled: a phone has no room for all.
LABELLED = 4
# Left and right of the points, in percent, there is room for the numbers of the axis and of the pass mark.
TOP, BOTTOM, LEFT, RIGHT = 28.0, 168.0, 18.0, 80.0


@dataclass(frozen=True)
class TrendPoint:
    """One attempt; `x` in percent, `y` in pixels. `value` is the estimate, or the share in percent where scales
    differ; `label` is it as it is shown, and `mark` the pass mark likewise."""

    value: float
    label: str
    mark: float
    shown_mark: str
    at: dt.datetime
    x: str
    y: str
    label_y: str
    anchor: str
    is_this: bool
    is_labelled: bool


@dataclass(frozen=True)
class Line:
    x1: str
    y1: str
    x2: str
    y2: str


@dataclass(frozen=True)
class Trend:
    points: list[TrendPoint]
    lines: list[Line]
    pass_lines: list[Line]
    axis: Axis
    is_one_scale: bool
    is_one_mark: bool

    @property
    def shown_mark(self) -> str:
        """The pass mark of the last attempt, beside whose line it is written."""
        return self.points[-1].shown_mark

    @property
    def mark_y(self) -> str:
        return pixels(self.axis.y(self.points[-1].mark) - 6)


def trend(attempt: Attempt, now: dt.datetime) -> Trend | None:
    """Return the latest scores of the same candidate at the same exam that are shown now, oldest first; None for one.

    Attempts of another assignment of the exam may wait for another window.
    """
    latest = (
        Score.objects.filter(is_current=True, attempt__exam=attempt.exam_id, attempt__candidate=attempt.candidate_id)
        .select_related("attempt__exam")
        .order_by("-attempt__submitted_at")[:TREND_LENGTH]
    )
    shown = shown_of_each([score.attempt for score in latest], now)
    scores = [score for score in reversed(latest) if shown[score.attempt_id].score is When.NOW]
    return _drawn(scores, attempt) if len(scores) > 1 else None


def _drawn(scores: Sequence[Score], this: Attempt) -> Trend:
    is_one_scale = len({(score.attempt.scale_min, score.attempt.scale_max) for score in scores}) == 1
    rows = [_values(score, is_one_scale) for score in scores]
    numbers = [number for value, mark, *_ in rows for number in (value, mark)]
    axis = Axis(steps(min(numbers), max(numbers)), TOP, BOTTOM)
    places = [across(number, len(rows), left=LEFT, right=RIGHT) for number in range(len(rows))]
    here = next((number for number, score in enumerate(scores) if score.attempt_id == this.pk), -1)
    points = [
        TrendPoint(
            *(value, label, mark, shown_mark),
            at=scores[number].attempt.submitted_at or scores[number].created_at,
            x=pixels(places[number]),
            y=pixels(axis.y(value)),
            label_y=pixels(axis.y(value) + (20 if _is_low(rows, number) else -10)),
            anchor="start" if number == 0 else "end" if number == len(rows) - 1 else "middle",
            is_this=number == here,
            is_labelled=_is_labelled(number, len(rows), here),
        )
        for number, (value, mark, label, shown_mark) in enumerate(rows)
    ]
    return Trend(
        points=points,
        lines=[Line(left.x, left.y, right.x, right.y) for left, right in pairwise(points)],
        pass_lines=_pass_lines(axis, [mark for _value, mark, *_ in rows], places),
        axis=axis,
        is_one_scale=is_one_scale,
        is_one_mark=len({mark for _value, mark, *_ in rows}) == 1,
    )


def _values(score: Score, is_one_scale: bool) -> tuple[float, float, str, str]:
    attempt = score.attempt
    if is_one_scale:
        return float(score.scaled), float(attempt.cut_score), str(score.scaled), str(attempt.cut_score)
    share, mark = 100 * score.share, 100 * attempt.pass_share
    return float(share), float(mark), f"{shown_percent(share, mark)} %", f"{shown_percent(mark)} %"


def _is_low(rows: Sequence[tuple[float, float, str, str]], number: int) -> bool:
    """Whether both neighbours are above: a label above the point would be crossed by the line."""
    value = rows[number][0]
    neighbours = [rows[other][0] for other in (number - 1, number + 1) if 0 <= other < len(rows)]
    return all(neighbour > value for neighbour in neighbours)


def _is_labelled(number: int, count: int, here: int) -> bool:
    """Among many, the label of an end gives way to that of this attempt beside it."""
    if count <= LABELLED or number == here:
        return True
    return number in (0, count - 1) and abs(number - here) != 1


def _pass_lines(axis: Axis, marks: Sequence[float], places: Sequence[float]) -> list[Line]:
    """Return the pass mark of each attempt, as steps halfway between them; one line where it was always the same."""
    halves = [(left + right) / 2 for left, right in pairwise(places)]
    edges = [LEFT - 6, *halves, 100.0]
    lines: list[Line] = []
    start = 0
    for number in range(1, len(marks) + 1):
        if number == len(marks) or marks[number] != marks[start]:
            y = pixels(axis.y(marks[start]))
            lines.append(Line(pixels(edges[start]), y, pixels(edges[number]), y))
            start = number
    return lines
