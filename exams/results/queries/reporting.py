"""What a score says: the result in words, shares with intervals, the list of attempts."""

import datetime as dt
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from django.db.models import Prefetch

from accounts.models import User
from exams.attempts.models import Attempt
from exams.blueprints.models import Exam
from exams.blueprints.rules import FULL
from exams.release.queries import shown_of_each
from exams.release.shown import When
from exams.results.queries.answering import Answers, Tallied
from exams.results.queries.pooled import Pooled
from exams.scoring import outline
from exams.scoring.estimates import on_scale, shown_percent, shown_points, verdict, wilson_interval
from exams.scoring.models import Score
from exams.scoring.queries import Tally
from exams.study.queries.mastery import Share


@dataclass(frozen=True)
class ReportRow:
    """One domain or task: the points, the share, its 95 % interval (all in percent), and what may be said of it.

    `correct` is the number of right answers, or with part marks the points. Where some questions were repeats, `first`
    and `again` are the rows of first meetings and of repeats (None: there are none). `pooled` is of all first answers
    of the candidate; None: there are none, or none but these.
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
    first: "ReportRow | None" = None
    again: "ReportRow | None" = None
    pooled: "ReportRow | None" = None

    @property
    def has_repeats(self) -> bool:
        return self.again is not None

    @property
    def is_repeat(self) -> bool:
        """Whether all of its questions were repeats."""
        return self.again is not None and self.first is None

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
        first=more.get("first"),
        again=more.get("again"),
        pooled=more.get("pooled"),
    )


# Whoever is at most this share of the questions away from the pass mark is just above or below it: 2 of 50.
NEAR = Fraction(4, 100)


@dataclass(frozen=True)
class Headline:
    """The overall share in percent with its 95 % interval, and the estimated scores at both ends of it.

    `where`: `clearly_below` and `clearly_above` the pass mark where the whole interval is; else `below`, `just_below`,
    `at`, `just_above` or `above`.
    """

    where: str

    share: float
    low: float
    high: float
    scaled_low: int
    scaled_high: int
    shown_share: str
    shown_low: str
    shown_high: str

    @property
    def is_open(self) -> bool:
        """Whether the interval holds the pass mark."""
        return not self.where.startswith("clearly")

    @property
    def verdict(self) -> str:
        return {"clearly_below": "weak", "clearly_above": "strong"}.get(self.where, "open")


def headline(attempt: Attempt, score: Score) -> Headline:
    low, high = wilson_interval(score.points, score.total)
    scale = {"cut_score": attempt.cut_score, "scale_min": attempt.scale_min, "scale_max": attempt.scale_max}
    mark = 100 * attempt.pass_share
    return Headline(
        where=_where(attempt, score, low, high),
        share=float(100 * score.share),
        low=100 * low,
        high=100 * high,
        scaled_low=on_scale(low, **scale),
        scaled_high=on_scale(high, **scale),
        shown_share=shown_percent(100 * score.share, mark),
        shown_low=shown_percent(100 * low, mark),
        shown_high=shown_percent(100 * high, mark),
    )


def _where(attempt: Attempt, score: Score, low: float, high: float) -> str:
    mark = attempt.pass_share
    if score.is_passed_by_rounding or score.share == mark:
        return "at"
    is_near = abs(score.share - mark) <= NEAR
    if score.share < mark:
        return "clearly_below" if high < mark else "just_below" if is_near else "below"
    return "clearly_above" if low >= mark else "just_above" if is_near else "above"


def report(attempt: Attempt, score: Score, answers: Answers, pooled: Pooled) -> list[ReportRow]:
    """Return a row per domain with its tasks, the lowest share first, by the codes and names of when it was scored."""
    practices = {
        str(exam.domain.number): exam
        for exam in Exam.objects.offered()
        .filter(domain__certification=attempt.exam.certification_id)
        .select_related("domain")
        if exam.domain
    }
    places = outline.read(score.outline)
    rows = []
    for number, name in sorted(outline.by_domain(places[task_id] for task_id in answers.by_task).items()):
        task_ids = [task_id for task_id in answers.by_task if places[task_id].domain_number == number]
        domain = sum((answers.by_task[task_id] for task_id in task_ids), Tallied())
        tasks = [
            _row(places[task_id].code, places[task_id].name, answers.by_task[task_id], pooled.of_task(task_id), attempt)
            for task_id in sorted(task_ids, key=lambda task_id: places[task_id].code)
        ]
        in_domain = pooled.of_domain(task_ids)
        rows.append(
            _row(str(number), name, domain, in_domain, attempt, practice=practices.get(str(number)), tasks=tasks)
        )
    return sorted(rows, key=lambda row: (row.correct / row.total, int(row.code)))


def _row(code: str, name: str, tallied: Tallied, share: Share, attempt: Attempt, **more: Any) -> ReportRow:
    mark = attempt.pass_share

    def row(tally: Tally) -> ReportRow | None:
        return report_row(code, name, tally, mark) if tally.total else None

    if tallied.again.total:
        more |= {"first": row(tallied.first), "again": row(tallied.again)}
    # Where all that is known comes from this attempt, the same numbers twice would say nothing.
    is_more = (share.right * FULL, share.total) != (tallied.all.earned, tallied.all.total)
    pooled = share_row(share, mark) if is_more else None
    return report_row(code, name, tallied.all, mark, pooled=pooled, **more)


def share_row(share: Share, pass_share: Fraction) -> ReportRow | None:
    """Return a share of first answers as a row without a name; None where there are none."""
    return report_row("", "", Tally(share.right * FULL, share.total), pass_share) if share.total else None


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
