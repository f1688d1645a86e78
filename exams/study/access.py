"""Who may: what is someone else's is as absent as what does not exist."""

import datetime as dt
from uuid import UUID

from django.http import Http404
from django.shortcuts import get_object_or_404

from accounts.models import User
from exams.study.models import Practice, PracticeSet
from exams.study.queries.practices import has_met, practice_of, visible_sets
from exams.study.services.practising import finish_practice, is_over

# What every database holds as an id.
MAX_ID = 2**63 - 1


def own_practice(user: User, practice_id: UUID, now: dt.datetime) -> Practice:
    """Return this user's practice, or raise 404. One whose time is over is finished: nobody else may look at it."""
    practice = get_object_or_404(practice_of(user, practice_id))
    practice.candidate = user  # no query for whom we have
    if practice.finished_at is None and is_over(practice, now):
        finish_practice(candidate=user, practice_id=practice_id, now=now)
        practice.refresh_from_db(fields=["finished_at"])
    return practice


def set_to_practise(user: User, set_id: UUID) -> PracticeSet:
    """Return a set that this person made, or that was given to a cohort they are in or teach, or raise 404."""
    return get_object_or_404(visible_sets(user).select_related("certification"), pk=set_id)


def require_met(user: User, question_id: int) -> None:
    """Raise 404 unless the person was asked this question: what they were not is as absent as what does not exist."""
    if question_id > MAX_ID or not has_met(user, question_id):
        raise Http404
