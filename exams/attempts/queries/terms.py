"""On what terms a candidate takes an exam: the window, the attempts and the time that hold for this person now."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Prefetch, QuerySet

from accounts.models import User
from exams.attempts.models import Attempt
from exams.blueprints.models import Exam
from exams.cohorts.models import Accommodation, Assignment


@dataclass(frozen=True)
class Terms:
    """Those of the exam itself, as everybody has them, or those of an assignment to a cohort of the candidate's.

    `is_granted` is false where the exam is neither offered nor assigned. Attempts are counted per assignment; those
    that were started without one count for the exam itself, if it limits them: else `attempts_made` stays 0.
    `upcoming` is the assignment that is still to open where the exam's own terms hold until then.
    """

    exam: Exam
    assignment: Assignment | None
    is_granted: bool
    opens_at: dt.datetime | None
    closes_at: dt.datetime | None
    attempts_allowed: int | None
    attempts_made: int
    extra_time_percent: int
    upcoming: "Terms | None" = None

    @property
    def attempts_left(self) -> int | None:
        """How often it may still be started; None: as often as they like."""
        return None if self.attempts_allowed is None else max(0, self.attempts_allowed - self.attempts_made)

    def is_over(self, now: dt.datetime) -> bool:
        return self.closes_at is not None and self.closes_at <= now

    def is_open(self, now: dt.datetime) -> bool:
        """Tell whether the window is open: whether an attempt is left is another question."""
        return self.is_granted and (self.opens_at is None or self.opens_at <= now) and not self.is_over(now)

    def state(self, now: dt.datetime) -> str:
        """`upcoming`, `open`, `used` (no attempt is left) or `over`."""
        if self.is_over(now):
            return "over"
        if not self.is_open(now):
            return "upcoming"
        return "used" if self.attempts_left == 0 else "open"


def terms_of(candidate: User, exam: Exam, now: dt.datetime) -> Terms:
    """Return the terms that hold for this candidate now: two queries, or one where attempts need no counting.

    The most favorable terms hold: what can be started now goes first, and if that is an assignment and the exam itself,
    the assignment, so that the attempt counts where it is expected. An assignment never closes an exam that is offered
    to all. Of several assignments the one that can be started now goes first, then the one that is open, then the next
    to open, and what is over last; among equals the one that closes first.
    """
    assignments = list(_assignments_to(candidate).filter(exam=exam).select_related("cohort"))
    for assignment in assignments:
        assignment.exam = exam
    is_counted = bool(assignments) or exam.attempts_allowed is not None
    made = _attempts_made(candidate, exam) if is_counted else Counter()
    assigned = [_assigned(candidate, assignment, made, now) for assignment in assignments]
    chosen = _first_choice(assigned, now)
    if chosen and (chosen.state(now) == "open" or not exam.is_offered):
        return chosen
    own = Terms(
        exam=exam,
        assignment=None,
        is_granted=exam.is_offered,
        opens_at=exam.opens_at,
        closes_at=exam.closes_at,
        attempts_allowed=exam.attempts_allowed,
        attempts_made=made[exam.pk, None],
        extra_time_percent=candidate.extra_time_at(now),
        upcoming=chosen if chosen and chosen.state(now) == "upcoming" else None,
    )
    if chosen and own.state(now) != "open" and _rank(chosen, now)[0] <= _rank(own, now)[0]:
        return chosen
    return own


def assigned_terms(candidate: User, now: dt.datetime) -> list[Terms]:
    """Return all that is assigned to the candidate, one row an exam, what can be started first: three queries, or one
    where there is nothing."""
    assignments = list(_assignments_to(candidate).select_related("cohort", "exam__certification"))
    if not assignments:
        return []
    made = _attempts_made(candidate)
    by_exam: dict[int, list[Terms]] = {}
    for assignment in assignments:
        by_exam.setdefault(assignment.exam_id, []).append(_assigned(candidate, assignment, made, now))
    chosen = [terms for rows in by_exam.values() if (terms := _first_choice(rows, now))]
    return sorted(chosen, key=lambda terms: _rank(terms, now))


def _assignments_to(candidate: User) -> QuerySet[Assignment]:
    own = Accommodation.objects.filter(candidate=candidate)
    assignments = Assignment.objects.filter(cohort__memberships__candidate=candidate)
    return assignments.prefetch_related(Prefetch("accommodations", own, to_attr="own_accommodations"))


def _attempts_made(candidate: User, exam: Exam | None = None) -> Counter[tuple[int, int | None]]:
    """Return how many attempts the candidate has begun, by exam and assignment."""
    attempts = Attempt.objects.filter(candidate=candidate)
    if exam is not None:
        attempts = attempts.filter(exam=exam)
    counts = attempts.order_by().values_list("exam", "assignment").annotate(count=Count("pk"))
    return Counter({(exam_pk, assignment_pk): count for exam_pk, assignment_pk, count in counts})


def _assigned(
    candidate: User, assignment: Assignment, made: Counter[tuple[int, int | None]], now: dt.datetime
) -> Terms:
    own: list[Accommodation] = getattr(assignment, "own_accommodations", [])
    mine = own[0] if own else Accommodation()
    return Terms(
        exam=assignment.exam,
        assignment=assignment,
        is_granted=True,
        opens_at=assignment.opens_at,
        closes_at=mine.closes_at or assignment.closes_at,
        attempts_allowed=mine.attempts_allowed or assignment.attempts_allowed or assignment.exam.attempts_allowed,
        attempts_made=made[assignment.exam_id, assignment.pk],
        # What a person always has is not taken away by a smaller figure here.
        extra_time_percent=max(candidate.extra_time_at(now), mine.extra_time_percent or 0),
    )


_FAR = dt.datetime.max.replace(tzinfo=dt.UTC)


# What can be started goes first.
_STATES = ["open", "used", "upcoming", "over"]


def _rank(terms: Terms, now: dt.datetime) -> tuple[int, dt.datetime, int]:
    state = terms.state(now)
    moment = terms.opens_at if state == "upcoming" else terms.closes_at
    return _STATES.index(state), moment or _FAR, terms.assignment.pk if terms.assignment else 0


def _first_choice(rows: Iterable[Terms], now: dt.datetime) -> Terms | None:
    return min(rows, key=lambda terms: _rank(terms, now), default=None)
