"""What is under way and what waits for the workers, for operators."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count, Min, Q

from exams.attempts import timing
from exams.attempts.models import Attempt
from exams.corrections.queries import parked_rescores
from exams.statistics.models import ExamStatistics, QuestionStatistics
from exams.statistics.queries.statistics import parked_statistics


@dataclass(frozen=True)
class Backlog:
    """Numbers of attempts. `open` contains those that are overdue; `oldest_due_at` is when its candidate handed in."""

    open: int
    overdue: int
    due: int
    parked: int
    parked_rescores: int
    parked_statistics: int
    oldest_due_at: dt.datetime | None


def backlog(now: dt.datetime) -> Backlog:
    """Count in five queries: of attempts each within a partial index, what is scored, however much, is not read."""
    is_due = Q(scoring_tries__lt=Attempt.MAX_SCORING_TRIES)
    under_way = Attempt.objects.in_progress().aggregate(
        open=Count("pk"), overdue=Count("pk", filter=Q(deadline_at__lt=now - timing.GRACE))
    )
    handed_in = Attempt.objects.filter(state=Attempt.State.SUBMITTED).aggregate(
        due=Count("pk", filter=is_due),
        parked=Count("pk", filter=~is_due),
        oldest_due_at=Min("submitted_at", filter=is_due),
    )
    return Backlog(
        **under_way,
        **handed_in,
        parked_rescores=parked_rescores().count(),
        parked_statistics=sum(parked_statistics(model).count() for model in (QuestionStatistics, ExamStatistics)),
    )
