"""Counting by real workers: killed between the sums and the marks, side by side, asked for by beat."""

import pytest
from django.db import connection, transaction
from django.utils import timezone

from config import celery_app
from exams.attempts.services.closing import submit_attempt
from exams.scoring.models import Score
from exams.scoring.services import score_attempt
from exams.statistics.models import ExamStatistics, QuestionStatistics
from exams.statistics.services import count_scores
from exams.workers import COUNT_TASK
from tests.exams.statistics.test_statistics import assert_stored_is_what_the_rows_say, snapshot
from tests.factories import UserFactory, make_attempt, make_exam
from tests.services.processes import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


def score_attempts(number, exam=None):
    """Score attempts at one exam and return it; the first question is answered, by option A in every second attempt."""
    exam, now = exam or make_exam(), timezone.now()
    for seed in range(number):
        attempt = make_attempt(exam=exam, candidate=UserFactory(), seed=seed)
        attempt.items.filter(position=1).update(response=[seed % 2])
        submit_attempt(candidate=attempt.candidate, attempt_id=attempt.pk, now=now)
        score_attempt(attempt_id=attempt.pk, now=now)
    return exam


def uncounted():
    """Return how many scores are not in the statistics yet."""
    waiting = [model.objects.filter(waiting__gt=0).exists() for model in (QuestionStatistics, ExamStatistics)]
    return Score.objects.filter(is_counted=False).count() or sum(waiting)


def somebody_waits_for_a_lock():
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_locks WHERE NOT granted")
        return cursor.fetchone()


def test_worker_killed_before_the_marks_counts_nothing_twice(celery_worker):
    exam = score_attempts(5)
    count_scores(now=timezone.now())
    score_attempts(5, exam)
    before, doomed = snapshot(), celery_worker()

    with transaction.atomic():
        list(QuestionStatistics.objects.select_for_update().order_by("pk"))  # saying what waits has to wait for this
        celery_app.send_task(COUNT_TASK)
        wait_until(somebody_waits_for_a_lock, 30, doomed)
        doomed.kill()
    assert (snapshot(), uncounted()) == (before, 5)
    worker = celery_worker()
    celery_app.send_task(COUNT_TASK)

    wait_until(lambda: uncounted() == 0, 30, worker)
    assert_stored_is_what_the_rows_say()


def test_message_delivered_three_times_to_two_workers_counts_once(celery_worker):
    score_attempts(8)
    workers = [celery_worker(), celery_worker()]

    for _ in range(3):
        celery_app.send_task(COUNT_TASK)

    wait_until(lambda: uncounted() == 0, 30, workers)
    assert_stored_is_what_the_rows_say()
