"""What the report of one attempt shows, for its template."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from exams.attempts.models import Attempt
from exams.release.shown import Shown, When
from exams.results.drawing import Axis, Bar, columns, pixels
from exams.results.insights import Pace, Quarter, changes_of, confidence_of, counted, pace_of
from exams.results.queries import outcomes
from exams.results.queries.answering import answers_of
from exams.results.queries.pooled import pooled_of
from exams.results.queries.reporting import headline, report, report_row, share_row
from exams.results.queries.trends import trend
from exams.scoring.models import Score
from exams.study.queries.mastery import MINIMUM_FOR_FOCUS

PACE_TOP, PACE_BOTTOM = 22.0, 110.0


def report_of(attempt: Attempt, score: Score, shown: Shown, now: dt.datetime) -> dict[str, Any]:
    """Return the report's context: eight queries at most, whatever the form and the past."""
    answers = answers_of(attempt, score, is_key_shown=shown.key is When.NOW)
    pooled = pooled_of(attempt.candidate_id, attempt.exam.certification_id, attempt.pass_share, now)
    total, mark = answers.total, attempt.pass_share
    pace = pace_of(answers.each, outcomes.pace_of(attempt, score))
    known = [answer for answer in answers.each if answer.is_right is not None]
    right = counted(known)
    focus = pooled.focus
    return {
        "headline": headline(attempt, score),
        "rows": report(attempt, score, answers, pooled),
        "first": report_row("", "", total.first, mark) if total.first.total and total.again.total else None,
        "again": report_row("", "", total.again, mark) if total.again.total else None,
        "focus": focus,
        "focus_row": share_row(focus.task.share, mark) if focus else None,
        "minimum_for_focus": MINIMUM_FOR_FOCUS,
        "pooled": pooled.total,
        "misses": right.total - right.right,
        "hidden": answers.hidden,
        "pace": pace,
        "pace_chart": pace_chart(pace) if pace else None,
        "confidence": confidence_of(answers.each),
        "changes": changes_of(answers.each),
        "trend": trend(attempt, now),
        "scale_width": attempt.scale_max - attempt.scale_min,
        "pass_percent": float(100 * mark),
    }


@dataclass(frozen=True)
class QuarterBar:
    """A quarter of the questions as a column; `shown` is its time per question as minutes and seconds, "" for none."""

    bar: Bar
    quarter: Quarter
    shown: str


@dataclass(frozen=True)
class PaceChart:
    bars: list[QuarterBar]
    allowed_y: str


def pace_chart(pace: Pace) -> PaceChart | None:
    """Draw the quarters on a scale on which the time there was for each question has room as well."""
    if not pace.quarters:
        return None
    seconds = [quarter.seconds for quarter in pace.quarters]
    axis = Axis([0, max(pace.allowed, *(each or 0 for each in seconds))], PACE_TOP, PACE_BOTTOM)
    bars = columns(seconds, axis.values[-1], top=PACE_TOP, bottom=PACE_BOTTOM)
    rows = zip(bars, pace.quarters, strict=True)
    return PaceChart(
        bars=[QuarterBar(bar, quarter, _clock(quarter.seconds)) for bar, quarter in rows],
        allowed_y=pixels(axis.y(pace.allowed)),
    )


def _clock(seconds: float | None) -> str:
    return "{}:{:02}".format(*divmod(round(seconds), 60)) if seconds else ""
