"""Who may, and what they find. Every look-up starts from the user: what is someone else's is as absent as what does not
exist. A loader of attempts closes what is overdue before anybody looks at it, so no page has to think of that: the
server owns time, also where no sweep runs."""

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from django.db.models import Exists, OuterRef
from django.shortcuts import get_object_or_404

from accounts.models import User
from exams.attempts.models import Attempt, AttemptQuerySet
from exams.attempts.services import closing as services


def own_attempt(
    user: User,
    attempt_id: UUID,
    now: dt.datetime,
    *,
    with_exam: Sequence[str] = ("exam__certification", "exam__domain"),
) -> Attempt:
    """Return this user's attempt with its exam, or raise 404. If it is in progress, it takes answers at this moment.

    What else of theirs is overdue is closed too: a score may wait for it. One query where nothing is. `with_exam`: what
    that query reads besides; the exam page does with less.
    """
    overdue = Attempt.objects.overdue(now).filter(candidate=OuterRef("candidate"))
    attempts = Attempt.objects.select_related(*with_exam)
    attempt = get_object_or_404(attempts.annotate(has_overdue=Exists(overdue)), pk=attempt_id, candidate=user)
    if attempt.has_overdue:  # type: ignore[attr-defined]  # annotated above
        services.close_overdue(now=now, candidate=user)
        attempt.refresh_from_db(fields=["state", "submitted_at", "closed_by", "scoring_error", "scoring_tries"])
    return attempt


def own_attempts(user: User, now: dt.datetime) -> AttemptQuerySet:
    """Select this user's attempts: what is overdue is closed, and scores that are long due are asked for again."""
    services.sweep(now=now, candidate=user)
    return Attempt.objects.filter(candidate=user)
