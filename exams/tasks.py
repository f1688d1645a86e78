"""Celery's side: load by id, one service call. The database is the record of what is due, so every task may be lost,
repeated or killed at any point."""

from uuid import UUID

from celery import shared_task
from django.conf import settings
from django.db import OperationalError
from django.utils import timezone

from exams.attempts.services import closing as attempts_closing
from exams.corrections.services import request_rescore, rescore_batch, resend_rescores
from exams.people import erasing as people_erasing
from exams.scoring import services as scoring_services
from exams.statistics import services as statistics_services
from exams.study.services import learning
from exams.workers import COUNT_TASK, RESCORE_TASK, SCORE_TASK
from questions.services import forget_old_imports


# Retried only when the database was out of reach; any other error would come again, is kept with the attempt, and is
# tried a bounded number of times by the sweep.
@shared_task(name=SCORE_TASK, autoretry_for=(OperationalError,), max_retries=5, retry_backoff=1, retry_backoff_max=30)
def score_attempt(attempt_id: str) -> None:
    """Score, and learn from it what its candidate knows; also from scores that waited for the end of this attempt."""
    now = timezone.now()
    if score := scoring_services.score_attempt(attempt_id=UUID(attempt_id), now=now):
        learning.learn_due(now=now, candidate_id=score.attempt.candidate_id)


BATCHES_OF_A_TASK = 10


# Retried like a score. It ends after some batches and asks for another, so that no task runs for minutes.
@shared_task(name=RESCORE_TASK, autoretry_for=(OperationalError,), max_retries=5, retry_backoff=1, retry_backoff_max=30)
def rescore(rescore_id: int) -> None:
    for _ in range(BATCHES_OF_A_TASK):
        if not rescore_batch(rescore_id=rescore_id, now=timezone.now()):
            return
    request_rescore(rescore_id)


# Not retried: the next one comes in seconds.
@shared_task(name="exams.sweep")
def sweep() -> None:
    now = timezone.now()
    attempts_closing.sweep(now=now)
    resend_rescores(now=now)


# Not retried: the next one comes in a minute, and it was all or nothing. The rest is left to that one too.
@shared_task(name=COUNT_TASK)
def count_scores() -> None:
    """Count what is new for the statistics, and learn from scores that waited or whose task was lost."""
    for work in (statistics_services.count_scores, learning.learn_due):
        for _ in range(BATCHES_OF_A_TASK):
            if not work(now=timezone.now()):
                break


# Not retried: the next one comes tomorrow.
@shared_task(name="exams.apply_retention")
def apply_retention() -> None:
    forget_old_imports(now=timezone.now())
    people_erasing.apply_retention(
        audit_days=settings.AUDIT_RETENTION_DAYS, inactive_days=settings.INACTIVE_ACCOUNT_DAYS, now=timezone.now()
    )
