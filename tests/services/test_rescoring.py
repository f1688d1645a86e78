"""A re-score with real workers: ordered while the broker is down and while attempts are under way, done once."""

import pytest
from django.utils import timezone

from config import celery_app
from exams.attempts.models import Attempt
from exams.attempts.services.closing import submit_attempt
from exams.corrections.services import order_rescore, resend_rescores
from exams.scoring.models import Rescore, Score
from exams.scoring.services import score_attempt
from exams.workers import RESCORE_TASK, RESEND_AFTER
from tests.factories import UserFactory, make_attempt, make_exam
from tests.services.processes import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


def scored(number):
    """Return scored attempts of the same exam, all with the same first question, and that question's revision."""
    exam, now = make_exam(per_domain=2), timezone.now()
    attempts = [make_attempt(exam=exam, candidate=UserFactory(), seed=1) for _ in range(number)]
    for attempt in attempts:
        submit_attempt(candidate=attempt.candidate, attempt_id=attempt.pk, now=now)
        score_attempt(attempt_id=attempt.pk, now=now)
    return attempts, attempts[0].items.select_related("revision__question").get(position=1).revision


def order(revision, now):
    person = UserFactory(instructor=True)
    return order_rescore(old_revision=revision, rule="credit", by=person, reason="Two readings.", now=now)


def assert_each_has_two_versions(attempts):
    for attempt in attempts:
        assert list(attempt.scores.order_by("version").values_list("correct", "is_current")) == [(0, False), (1, True)]


def test_message_delivered_three_times_to_two_workers_makes_one_version_each(celery_worker):
    attempts, revision = scored(20)
    workers = [celery_worker(), celery_worker()]

    rescore = order(revision, timezone.now())
    for _ in range(2):
        celery_app.send_task(RESCORE_TASK, (rescore.pk,))

    wait_until(lambda: Rescore.objects.get().finished_at, 30, workers)
    assert_each_has_two_versions(attempts)


def test_order_given_without_a_broker_is_done_by_the_sweep(broker, celery_worker):
    attempts, revision = scored(3)
    broker.stop()
    rescore = order(revision, timezone.now())
    assert Score.objects.count() == 3

    broker.start()
    worker = celery_worker()
    resend_rescores(now=timezone.now() + 2 * RESEND_AFTER)

    wait_until(lambda: Rescore.objects.get(pk=rescore.pk).finished_at, 30, worker)
    assert_each_has_two_versions(attempts)
    assert Attempt.objects.exclude(state=Attempt.State.SCORED).count() == 0
