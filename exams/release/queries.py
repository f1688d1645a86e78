"""What a candidate may know now. Every page that shows a score, a key, a rationale or what was said of them asks here
first: `shown_of` for a whole attempt, `may_know` for its questions.

While an attempt is under way its candidate learns nothing new of the questions it asks, from whatever else they took.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from django.db.models import Case, Exists, F, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models import When as SqlWhen
from django.db.models.functions import Coalesce, Greatest

from accounts.models import User
from exams.attempts import timing
from exams.attempts.models import Attempt, AttemptItem
from exams.attempts.queries.meeting import open_items, open_questions
from exams.blueprints.models import Exam
from exams.cohorts.models import Accommodation
from exams.release import shown as release
from exams.release.shown import Shown, UnderWay, When, Window

NO_WINDOW = Window(closes_at=None, is_being_sat=False)


def shown_of(attempt: Attempt, now: dt.datetime, *, with_score: bool = True) -> Shown:
    """Return what may be shown of one attempt, its exam being loaded: two queries at most."""
    return shown_of_each([attempt], now, with_score=with_score)[attempt.pk]


def shown_of_each(attempts: Iterable[Attempt], now: dt.datetime, *, with_score: bool = True) -> dict[UUID, Shown]:
    """Return what may be shown of each attempt, their exams being loaded.

    One query if any waits for a window, and one for what their candidates have under way. A page that shows no score
    spares the latter with `with_score=False`; what it says of the score is `never` then.
    """
    attempts = list(attempts)
    windows = _windows([attempt.pk for attempt in attempts if _waits(attempt.exam)], now)
    sharing, scored_at = _sharing(attempts if with_score else [])
    return {
        attempt.pk: release.shown(
            score=attempt.exam.show_score if with_score else Exam.Release.NEVER,
            key=attempt.exam.show_key,
            explanations=attempt.exam.show_explanations,
            window=windows.get(attempt.pk, NO_WINDOW),
            now=now,
            sharing=sharing[attempt.pk],
            scored_at=scored_at.get(attempt.pk),
        )
        for attempt in attempts
    }


def may_know(items: QuerySet[AttemptItem], candidate: User | int) -> QuerySet[AttemptItem]:
    """Narrow items of the candidate to those whose questions they may learn about now, as far as what is under way
    goes; whether the exam of each shows its key is for `shown_of` to say.

    Left out is what is being asked, in whatever revision, and what shares its case: explanations speak of the case.
    """
    cases = open_items(candidate).exclude(revision__case_text="").values("revision__case_text")
    return items.exclude(
        Q(question__in=open_questions(candidate))
        | Q(revision__case_text__in=cases)
        | Q(question__published_revision__case_text__in=cases)
    )


def _sharing(attempts: Iterable[Attempt]) -> tuple[dict[UUID, list[UnderWay]], dict[UUID, dt.datetime]]:
    """Return, by closed attempt, the open ones of its candidate that ask a question it asked; and when the current
    score was given of those that have both: one query, which starts from what is open."""
    closed = [attempt for attempt in attempts if not attempt.is_in_progress]
    sharing: dict[UUID, list[UnderWay]] = defaultdict(list)
    scored_at: dict[UUID, dt.datetime] = {}
    if not closed:
        return sharing, scored_at
    theirs = "question__attempt_items__attempt"
    rows = (
        AttemptItem.objects.filter(
            attempt__state=Attempt.State.IN_PROGRESS,
            attempt__candidate__in={attempt.candidate_id for attempt in closed},
            question__attempt_items__attempt__in=[attempt.pk for attempt in closed],
            question__attempt_items__attempt__candidate=F("attempt__candidate"),
        )
        .order_by()
        .values_list(theirs, "attempt__exam__title", "attempt__started_at", "attempt__deadline_at")
        .annotate(scored_at=Max(f"{theirs}__scores__created_at", filter=Q(**{f"{theirs}__scores__is_current": True})))
    )
    for attempt_id, title, started_at, deadline_at, at in rows:
        sharing[attempt_id].append(UnderWay(title, started_at, deadline_at))
        if at is not None:
            scored_at[attempt_id] = at
    return sharing, scored_at


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


def is_reviewed(attempt: Attempt, position: int, now: dt.datetime) -> bool:
    """Tell whether the review of a scored attempt shows this question and its key now, so that it may be reported."""
    known = may_know(attempt.items.filter(position=position), attempt.candidate_id)
    return shown_of(attempt, now, with_score=False).key is When.NOW and known.exists()
