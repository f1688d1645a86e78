"""What may be shown of attempts now. Every page that shows a score, a key or a rationale asks here first."""

import datetime as dt
from collections.abc import Iterable
from uuid import UUID

from django.db.models import Case, Exists, F, Max, OuterRef, Subquery
from django.db.models import When as SqlWhen
from django.db.models.functions import Coalesce, Greatest

from exams import release, timing
from exams.models import Accommodation, Attempt, Exam
from exams.release import Shown, Window

NO_WINDOW = Window(closes_at=None, is_being_sat=False)


def shown_of(attempt: Attempt, now: dt.datetime) -> Shown:
    """Return what may be shown of one attempt, its exam being loaded: one query at most."""
    return shown_of_each([attempt], now)[attempt.pk]


def shown_of_each(attempts: Iterable[Attempt], now: dt.datetime) -> dict[UUID, Shown]:
    """Return what may be shown of each attempt, their exams being loaded: one query if any waits for a window."""
    attempts = list(attempts)
    windows = _windows([attempt.pk for attempt in attempts if _waits(attempt.exam)], now)
    return {
        attempt.pk: release.shown(
            score=attempt.exam.show_score,
            key=attempt.exam.show_key,
            explanations=attempt.exam.show_explanations,
            window=windows.get(attempt.pk, NO_WINDOW),
            now=now,
        )
        for attempt in attempts
    }


def _waits(exam: Exam) -> bool:
    return Exam.Release.AFTER_WINDOW in {exam.show_score, exam.show_key, exam.show_explanations}


def _windows(attempt_ids: list[UUID], now: dt.datetime) -> dict[UUID, Window]:
    """Return the window each attempt was started in: the assignment's, with the latest end that anybody of the cohort
    was given, else the exam's own."""
    if not attempt_ids:
        return {}
    latest = (
        Accommodation.objects.filter(assignment=OuterRef("assignment"))
        .order_by()
        .values("assignment")
        .annotate(latest=Max("closes_at"))
        .values("latest")
    )
    of_assignment = F("assignment__closes_at")
    # An assignment without an end has none for anybody; and SQLite's greatest of anything and NULL is NULL.
    closes_at = Case(
        SqlWhen(assignment=None, then=F("exam__closes_at")),
        SqlWhen(
            assignment__closes_at__isnull=False,
            then=Greatest(of_assignment, Coalesce(Subquery(latest), of_assignment)),
        ),
    )
    sat = Attempt.objects.in_progress().filter(exam=OuterRef("exam"), deadline_at__gte=now - timing.GRACE)
    is_being_sat = Case(
        SqlWhen(assignment=None, then=Exists(sat.filter(assignment=None))),
        default=Exists(sat.filter(assignment=OuterRef("assignment"))),
    )
    rows = Attempt.objects.filter(pk__in=attempt_ids).order_by().values_list("pk", closes_at, is_being_sat)
    return {pk: Window(closes, bool(sat_now)) for pk, closes, sat_now in rows}
