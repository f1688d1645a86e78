"""What follows from a result."""

import datetime as dt

from django.utils.translation import gettext as _

from accounts.models import User
from exams.attempts.models import Attempt
from exams.exceptions import PracticeRefused
from exams.results.queries.outcomes import misses, outcomes_of
from exams.scoring.models import Score
from exams.study.criteria import MAX_QUESTIONS
from exams.study.models import Practice, PracticeItem
from exams.study.services.practising import Chosen, start_practice

TITLE_LENGTH = 100  # of a practice


def retry_misses(*, candidate: User, attempt: Attempt, score: Score, now: dt.datetime) -> Practice:
    """Start a practice of what was not right in an attempt, in its order; that its key is shown, the caller has seen.

    Raises `PracticeRefused` when nothing of it can be practiced now.
    """
    missed = misses(outcomes_of(attempt, score))[:MAX_QUESTIONS]
    if not missed:
        raise PracticeRefused(_("There is nothing to retry: you missed no question that you can practice now."))
    return start_practice(
        candidate=candidate,
        certification=attempt.exam.certification,
        chosen=[Chosen(question_id, PracticeItem.Reason.MISSED) for question_id in missed],
        title=(_("Misses of %(exam)s") % {"exam": attempt.exam.title})[:TITLE_LENGTH],
        now=now,
    )
