"""Handing in and closing: the one step from `in_progress` to `submitted`."""

import datetime as dt
import logging
from collections.abc import Mapping, Sequence
from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from accounts.models import User
from exams import workers
from exams.attempts import timing
from exams.attempts.models import Attempt, AttemptQuerySet
from exams.attempts.services.saving import NO_SECONDS, Answer, FormSaved, locked_attempt, store_all

logger = logging.getLogger(__name__)


@transaction.atomic
def submit_attempt(
    *,
    candidate: User,
    attempt_id: UUID,
    now: dt.datetime,
    answers: Sequence[Answer] = (),
    seconds: Mapping[int, int] = NO_SECONDS,
) -> FormSaved:
    """Hand in, with what the page had not saved yet. Handing in again changes nothing and gets the same result.

    While there is time, a refused answer stops the hand-in so that the candidate can choose; at the deadline what is
    saved counts. After deadline + grace the answers sent along are not accepted.
    """
    attempt = locked_attempt(candidate, attempt_id)
    if not attempt.is_in_progress:
        return FormSaved(attempt)
    if timing.is_accepting(attempt.deadline_at, now):
        saved = store_all(attempt, answers, seconds)
        if saved.is_refused and now < attempt.deadline_at:
            return saved
    closed_by = Attempt.ClosedBy.CANDIDATE if now < attempt.deadline_at else Attempt.ClosedBy.DEADLINE
    _close(attempt.pk, now, closed_by, Attempt.objects.in_progress())
    attempt.refresh_from_db()
    return FormSaved(attempt)


def _close(attempt_id: UUID, now: dt.datetime, closed_by: str, to_close: AttemptQuerySet) -> bool:
    """Move to `submitted`, and ask for the score once that is committed. False: it is not among those to close."""
    closed = to_close.filter(pk=attempt_id).update(
        state=Attempt.State.SUBMITTED, submitted_at=now, closed_by=closed_by, scoring_requested_at=now
    )
    if closed:
        transaction.on_commit(partial(workers.request_scoring, attempt_id))
    return bool(closed)


def close_overdue(*, now: dt.datetime, candidate: User | None = None, limit: int = 500) -> int:
    """Close attempts whose time is over and that nobody handed in; return how many.

    Each in a transaction of its own: one that fails does not hold up the others. With `candidate`, theirs only: the
    visit of a page does for its visitor what the sweep does for all.
    """
    overdue = Attempt.objects.overdue(now)
    if candidate is not None:
        overdue = overdue.filter(candidate=candidate)
    closed = 0
    for attempt_id in overdue.order_by("deadline_at").values_list("pk", flat=True)[:limit]:
        try:
            with transaction.atomic():
                # Still overdue? It may have been given more time since it was read.
                closed += _close(attempt_id, now, Attempt.ClosedBy.DEADLINE, overdue)
        except Exception:
            logger.exception("attempt %s could not be closed; the next sweep tries again", attempt_id)
    return closed


def resend_due(*, now: dt.datetime, candidate: User | None = None, limit: int = 500) -> int:
    """Ask again for scores that were due for too long; return how many were due.

    A broker out of reach is asked once, not once for each: somebody may be waiting for a page.
    """
    due = Attempt.objects.due_for_scoring().filter(
        Q(scoring_requested_at=None) | Q(scoring_requested_at__lt=now - workers.RESEND_AFTER)
    )
    if candidate is not None:
        due = due.filter(candidate=candidate)
    attempt_ids = list(due.order_by("submitted_at").values_list("pk", flat=True)[:limit])
    # Marked before sending: a task that runs in this process finds the mark in place.
    Attempt.objects.filter(pk__in=attempt_ids).update(scoring_requested_at=now)
    for attempt_id in attempt_ids:
        if not workers.request_scoring(attempt_id):
            break
    return len(attempt_ids)


def sweep(*, now: dt.datetime, candidate: User | None = None) -> None:
    """Finish what people and processes left open: close overdue attempts and ask again for scores that are due."""
    left = Attempt.objects.overdue(now) | Attempt.objects.due_for_scoring()
    if candidate is not None and not left.filter(candidate=candidate).exists():
        return
    close_overdue(now=now, candidate=candidate)
    resend_due(now=now, candidate=candidate)
