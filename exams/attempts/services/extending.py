"""More time for an attempt under way: nothing else moves a deadline, and nothing moves it backwards."""

import datetime as dt
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import User
from exams.attempts import timing
from exams.attempts.models import Attempt, Extension
from exams.blueprints.bounds import MAX_EXTENSION
from exams.cohorts.models import Accommodation, Assignment, Cohort, Membership
from exams.exceptions import ExtensionRefused, MembershipRefused


@transaction.atomic
def extend_attempt(
    *, attempt_id: UUID, minutes: int, reason: str, by: User, now: dt.datetime, last_seen: int | None = None
) -> Attempt:
    """Move the deadline by so many minutes and write down who did it and why.

    Raises `ExtensionRefused` unless the attempt is open: answers of a closed one have been judged, so it stays closed.
    Open is until deadline + grace, as for answers. Saving, handing in and the sweep meet the same row lock. A later
    extension than `last_seen`, the id of the last that the page knew (0: none), is refused: nobody gives time twice.
    """
    attempt = Attempt.objects.select_for_update(no_key=True).get(pk=attempt_id)
    _require_last(Extension.objects.filter(attempt=attempt), last_seen)
    _extend(attempt, minutes, reason, by, now)
    return attempt


def _require_last(extensions: QuerySet[Extension], last_seen: int | None) -> None:
    last = extensions.select_related("by").order_by("-pk").first()
    if last_seen is not None and last and last.pk != last_seen:
        raise ExtensionRefused(
            _(
                "%(name)s gave %(minutes)s min after you opened the page (“%(reason)s”). Check the "
                "current deadline, then decide."
            )
            % {"name": last.by or _("Somebody"), "minutes": last.minutes, "reason": last.reason}
        )


def _extend(
    attempt: Attempt, minutes: int, reason: str, by: User, now: dt.datetime, *, extra_time_percent: int | None = None
) -> None:
    if not attempt.is_in_progress or not timing.is_accepting(attempt.deadline_at, now):
        raise ExtensionRefused(_("This attempt is over."))
    if not 1 <= minutes <= MAX_EXTENSION:
        raise ExtensionRefused(_("Give between 1 and %(most)s minutes.") % {"most": MAX_EXTENSION})
    deadline_at = attempt.deadline_at + dt.timedelta(minutes=minutes)
    if extra_time_percent is None:
        extra_time_percent = attempt.extra_time_percent
    updated = (
        Attempt.objects.in_progress()
        .filter(pk=attempt.pk, deadline_at=attempt.deadline_at)
        .update(deadline_at=deadline_at, extra_time_percent=extra_time_percent)
    )
    if not updated:
        raise ExtensionRefused(_("This attempt is over."))
    before, attempt.deadline_at, attempt.extra_time_percent = attempt.deadline_at, deadline_at, extra_time_percent
    Extension.objects.create(attempt=attempt, minutes=minutes, reason=reason, by=by, at=now)
    audit.record(
        "attempt.extended",
        by=by,
        target=attempt,
        before={"deadline_at": before.isoformat()},
        after={"deadline_at": deadline_at.isoformat(), "reason": reason},
    )


def extend_assignment(
    *, assignment: Assignment, minutes: int, reason: str, by: User, now: dt.datetime, last_seen: int | None = None
) -> int:
    """Extend every attempt under way in an assignment; return how many. What ends meanwhile is left out.

    Each in a transaction of its own, so that nobody's saves wait for all the others. Raises `ExtensionRefused` when
    somebody gave time in this assignment after the page with `last_seen` was opened.
    """
    _require_last(Extension.objects.filter(attempt__assignment=assignment), last_seen)
    extended = 0
    for attempt_id in assignment.attempts.in_progress().values_list("pk", flat=True):
        try:
            extend_attempt(attempt_id=attempt_id, minutes=minutes, reason=reason, by=by, now=now)
        except ExtensionRefused:
            continue
        extended += 1
    return extended


@transaction.atomic
def accommodate(
    *,
    assignment: Assignment,
    candidate: User,
    extra_time_percent: int | None,
    closes_at: dt.datetime | None,
    attempts_allowed: int | None,
    by: User,
    now: dt.datetime,
) -> Extension | None:
    """Store what this candidate gets in this assignment; return the extension of an attempt under way, if any.

    A larger percentage lengthens the attempt under way by its share of the minutes it was started with, in whole
    minutes rounded up; a smaller one holds from the next attempt on. Raises `MembershipRefused` for somebody who is not
    in the cohort.
    """
    # The lock of `services.cohorts`, so that no accommodation outlives a membership that ends at the same moment.
    Cohort.objects.select_for_update(no_key=True).filter(pk=assignment.cohort_id).first()
    if not Membership.objects.filter(cohort=assignment.cohort_id, candidate=candidate).exists():
        raise MembershipRefused(_("This person is no longer in the cohort."))
    earlier = Accommodation.objects.filter(assignment=assignment, candidate=candidate).first()
    accommodation, _created = Accommodation.objects.update_or_create(
        assignment=assignment,
        candidate=candidate,
        defaults={
            "extra_time_percent": extra_time_percent,
            "closes_at": closes_at,
            "attempts_allowed": attempts_allowed,
        },
    )
    before = earlier.given if earlier else {}
    audit.record("accommodation.given", by=by, target=accommodation, before=before, after=accommodation.given)
    open_attempts = Attempt.objects.in_progress().filter(assignment=assignment, candidate=candidate)
    attempt = open_attempts.select_for_update(no_key=True).first()
    return _lengthen(attempt, assignment, extra_time_percent or 0, by, now) if attempt else None


def _lengthen(attempt: Attempt, assignment: Assignment, percent: int, by: User, now: dt.datetime) -> Extension | None:
    more = percent - attempt.extra_time_percent
    if more <= 0 or not timing.is_accepting(attempt.deadline_at, now):
        return None
    minutes = timing.extra_minutes(attempt.minutes or assignment.exam.minutes, more)
    _extend(attempt, minutes, f"Extra time is now {percent} %.", by, now, extra_time_percent=percent)
    return attempt.extensions.latest("pk")
