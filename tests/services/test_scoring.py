"""Promise 3 with real workers: every submitted attempt is scored, exactly once, whatever happens to the messengers."""

import datetime as dt

import pytest
from django.utils import timezone

from config import celery_app
from exams.attempts.models import Attempt
from exams.attempts.services.closing import submit_attempt, sweep
from exams.attempts.services.saving import Answer, save_answer
from exams.blueprints import rules
from exams.scoring.models import Score
from exams.workers import RESEND_AFTER, SCORE_TASK
from tests.factories import UserFactory, make_attempt, make_exam
from tests.services.processes import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


def answered_attempts(number):
    """Return attempts under way of as many candidates, each with its first question answered."""
    exam, now = make_exam(), timezone.now()
    attempts = [make_attempt(exam=exam, candidate=UserFactory(), seed=seed) for seed in range(number)]
    for attempt in attempts:
        answer = Answer(position=1, chosen=(0,))
        save_answer(candidate=attempt.candidate, attempt_id=attempt.pk, answer=answer, now=now)
    return attempts


def hand_in(attempts):
    for attempt in attempts:
        submit_attempt(candidate=attempt.candidate, attempt_id=attempt.pk, now=timezone.now())


def unscored():
    return Attempt.objects.exclude(state=Attempt.State.SCORED).count()


def assert_each_has_the_score_that_its_answers_deserve(attempts):
    for attempt in attempts:
        right = sum(
            rules.points(item.revision.kind, item.revision.key, item.response)
            for item in attempt.items.select_related("revision")
        )
        assert [score.correct for score in attempt.scores.all()] == [right]


def test_worker_scores_what_is_handed_in(celery_worker):
    attempts = answered_attempts(3)
    worker = celery_worker()

    hand_in(attempts)

    wait_until(lambda: unscored() == 0, 30, worker)
    assert_each_has_the_score_that_its_answers_deserve(attempts)


def test_message_delivered_three_times_to_two_workers_makes_one_score(celery_worker):
    attempts = answered_attempts(5)
    workers = [celery_worker(), celery_worker()]

    hand_in(attempts)
    for attempt in attempts:
        for _ in range(3):
            celery_app.send_task(SCORE_TASK, [str(attempt.pk)])

    # 5 asked for at the hand-in and 15 repeats.
    wait_until(lambda: sum(worker.output.count("succeeded") for worker in workers) == 20, 30, workers[0])
    assert_each_has_the_score_that_its_answers_deserve(attempts)


def test_hand_in_with_the_broker_down_is_stored_and_scored_when_it_is_back(broker, celery_worker):
    attempts = answered_attempts(3)
    broker.stop()

    hand_in(attempts)

    assert Attempt.objects.filter(state=Attempt.State.SUBMITTED).count() == 3
    broker.start()
    worker = celery_worker()
    sweep(now=timezone.now() + RESEND_AFTER + dt.timedelta(seconds=1))
    wait_until(lambda: unscored() == 0, 30, worker)
    assert_each_has_the_score_that_its_answers_deserve(attempts)


def test_messages_lost_with_the_broker_are_sent_again(broker, celery_worker):
    attempts = answered_attempts(3)
    hand_in(attempts)
    broker.stop()  # and with it every message: no worker has taken one yet
    broker.start()

    worker = celery_worker()
    sweep(now=timezone.now() + RESEND_AFTER + dt.timedelta(seconds=1))

    wait_until(lambda: unscored() == 0, 30, worker)
    assert_each_has_the_score_that_its_answers_deserve(attempts)


def test_worker_killed_in_the_middle_loses_nothing(celery_worker):
    attempts = answered_attempts(20)
    doomed = celery_worker(pool="prefork", concurrency=2)
    hand_in(attempts)
    wait_until(lambda: Score.objects.exists(), 30, doomed)
    doomed.kill()

    worker = celery_worker()
    sweep(now=timezone.now() + RESEND_AFTER + dt.timedelta(seconds=1))

    wait_until(lambda: unscored() == 0, 30, worker)
    assert_each_has_the_score_that_its_answers_deserve(attempts)


def test_beat_closes_and_scores_what_nobody_handed_in(celery_worker, celery_beat):
    attempts = answered_attempts(2)
    long_ago = timezone.now() - dt.timedelta(hours=5)
    Attempt.objects.update(started_at=long_ago, deadline_at=long_ago + dt.timedelta(hours=1))

    worker = celery_worker()
    celery_beat()

    wait_until(lambda: unscored() == 0, 60, worker)
    assert set(Attempt.objects.values_list("closed_by", flat=True)) == {Attempt.ClosedBy.DEADLINE}
    assert_each_has_the_score_that_its_answers_deserve(attempts)
