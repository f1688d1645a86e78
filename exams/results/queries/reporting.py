"""What a score says: shares with intervals, the domain to work on, the trend."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

from django.db.models import Prefetch

from accounts.models import User
from exams.attempts.models import Attempt
from exams.blueprints.models import Exam
from exams.release.queries import shown_of_each
from exams.release.shown import When
from exams.scoring.estimates import on_scale, shown_percent, shown_points, verdict, wilson_interval
from exams.scoring.models import Score
from exams.scoring.queries import Tally, summed_by_domain, tallies_of


@dataclass(frozen=True)
class ReportRow:
    """One domain or task: the points, the share, its 95 % interval (all in percent), and what may be said of it.

    `correct` is the number of right answers, or with part marks the points.
    """

    code: str
    name: str
    correct: Fraction
    total: int
    share: float
    low: float
    high: float
    verdict: str
    practice: Exam | None
    tasks: list["ReportRow"]
    pass_percent: Fraction

    @property
    def shown_points(self) -> str:
        return shown_points(self.correct)

    @property
    def shown_share(self) -> str:
        """In percent, and never on another side of the pass line than it is; so are the ends of the interval."""
        return shown_percent(100 * self.correct / self.total, self.pass_percent)

    @property
    def shown_low(self) -> str:
        return shown_percent(self.low, self.pass_percent)

    @property
    def shown_high(self) -> str:
        return shown_percent(self.high, self.pass_percent)


def report_row(code: str, name: str, tally: Tally, pass_share: Fraction, **more: Any) -> ReportRow:
    correct, total = tally.points, tally.total
    low, high = wilson_interval(correct, total)
    return ReportRow(
        code=code,
        name=name,
        correct=correct,
        total=total,
        share=float(100 * correct / total),
        low=100 * low,
        high=100 * high,
        verdict=verdict(correct, total, pass_share=pass_share),
        practice=more.get("practice"),
        tasks=more.get("tasks", []),
        pass_percent=100 * pass_share,
    )


@dataclass(frozen=True)
class Headline:
    """The overall share in percent with its 95 % interval, and the estimates that its ends stand for."""

    share: float
    low: float
    high: float
    scaled_low: int
    scaled_high: int
    shown_share: str
    shown_low: str
    shown_high: str


def headline(attempt: Attempt, score: Score) -> Headline:
    low, high = wilson_interval(score.points, score.total)
    scale = {"cut_score": attempt.cut_score, "scale_min": attempt.scale_min, "scale_max": attempt.scale_max}
    mark = 100 * attempt.pass_share
    return Headline(
        share=float(100 * score.share),
        low=100 * low,
        high=100 * high,
        scaled_low=on_scale(low, **scale),
        scaled_high=on_scale(high, **scale),
        shown_share=shown_percent(100 * score.share, mark),
        shown_low=shown_percent(100 * low, mark),
        shown_high=shown_percent(100 * high, mark),
    )


def report(attempt: Attempt, score: Score) -> list[ReportRow]:
    """Return a row per domain with its tasks, the lowest share first, by the codes and names of when it was scored."""
    practices = {
        str(exam.domain.number): exam
        for exam in Exam.objects.offered()
        .filter(domain__certification=attempt.exam.certification_id)
        .select_related("domain")
        if exam.domain
    }
    tallies = tallies_of([score])[score.pk]
    rows = [
        report_row(
            str(number),
            name,
            tally,
            attempt.pass_share,
            practice=practices.get(str(number)),
            tasks=[
                report_row(place.code, place.name, tallies[place], attempt.pass_share)
                for place in sorted(tallies, key=lambda place: place.code)
                if place.domain_number == number
            ],
        )
        for (number, name), tally in summed_by_domain(tallies).items()
    ]
    return sorted(rows, key=lambda row: (row.correct / row.total, int(row.code)))


@dataclass(frozen=True)
class Focus:
    """The domain to work on, and how sure that is: `weak`, `lowest`, `strong` (all of them are) or `few`."""

    row: ReportRow
    certainty: str


def focus(rows: Sequence[ReportRow]) -> Focus:
    """Choose from rows ordered by share: a domain that is weak for sure before one that is merely lowest."""
    judged = [row for row in rows if row.verdict != "few"]
    if weak := [row for row in judged if row.verdict == "weak"]:
        return Focus(weak[0], "weak")
    if not judged:
        return Focus(rows[0], "few")
    if all(row.verdict == "strong" for row in rows):
        return Focus(rows[0], "strong")
    return Focus(judged[0], "lowest")


def attempts_of(candidate: User, now: dt.datetime, limit: int, offset: int = 0) -> list[Attempt]:
    """Return attempts of a candidate, newest first, with exam and `current_scores`: three queries at most.

    A score that is not shown now is not among them.
    """
    attempts = list(
        Attempt.objects.filter(candidate=candidate)
        .order_by("-started_at", "-pk")
        .select_related("exam__certification", "exam__domain")
        .prefetch_related(Prefetch("scores", Score.objects.filter(is_current=True), to_attr="current_scores"))[
            offset : offset + limit
        ]
    )
    shown = shown_of_each(attempts, now)
    for attempt in attempts:
        if shown[attempt.pk].score is not When.NOW:
            attempt.current_scores = []
    return [*attempts]


TREND_LENGTH = 12


@dataclass(frozen=True)
class TrendPoint:
    """One attempt in the trend picture, on its own scale; x and y in the picture's units, y downwards. `label` is the
    estimate, or the share in percent where the scales differ."""

    x: float
    y: float
    scaled: int
    is_this: bool
    label: str
    pass_y: float

    @property
    def label_y(self) -> float:
        return self.y - 10


@dataclass(frozen=True)
class Trend:
    points: list[TrendPoint]
    is_one_scale: bool
    is_one_mark: bool

    @property
    def pass_line(self) -> str:
        """The pass mark of each attempt, as steps halfway between them."""
        half = (self.points[1].x - self.points[0].x) / 2
        xs = [0.0, *(point.x + half for point in self.points[:-1]), float(TREND_WIDTH)]
        return " ".join(
            f"{left:.1f},{point.pass_y:.1f} {right:.1f},{point.pass_y:.1f}"
            for point, (left, right) in zip(self.points, pairwise(xs), strict=True)
        )

    @property
    def line(self) -> str:
        return " ".join(f"{point.x:.1f},{point.y:.1f}" for point in self.points)


TREND_WIDTH, TREND_HEIGHT, TREND_MARGIN = 600, 160, 24


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
    if len(scores) < 2:
        return None
    is_one_scale = len({(score.attempt.scale_min, score.attempt.scale_max) for score in scores}) == 1
    span, step = TREND_HEIGHT - 2 * TREND_MARGIN, (TREND_WIDTH - 2 * TREND_MARGIN) / (len(scores) - 1)

    def y(share: Fraction) -> float:
        return float(TREND_MARGIN + span * (1 - share))

    def label(score: Score) -> str:
        if is_one_scale:
            return str(score.scaled)
        return f"{shown_percent(100 * score.share, 100 * score.attempt.pass_share)} %"

    points = [
        TrendPoint(
            x=TREND_MARGIN + number * step,
            y=y(score.share),
            scaled=score.scaled,
            is_this=score.attempt_id == attempt.pk,
            label=label(score),
            pass_y=y(score.attempt.pass_share),
        )
        for number, score in enumerate(scores)
    ]
    return Trend(points, is_one_scale, len({point.pass_y for point in points}) == 1)
