"""Attempts that a re-score cannot judge: counted, parked with their reason, and nobody else waits for them."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from exams.attempts.models import Attempt
from exams.attempts.services.closing import submit_attempt
from exams.corrections.services import requeue_rescores, rescore_batch
from exams.exceptions import UnscorableAttempt
from exams.operating.queries import backlog
from exams.scoring import services as scoring_services
from exams.scoring.models import RescoreFailure
from exams.scoring.services import score_attempt
from exams.statistics.models import ExamStatistics, QuestionStatistics
from tests.exams.corrections.test_rescoring import (
    LATER,
    answered,
    asked_about,
    correct,
    order,
    versions,
    with_key,
    work,
)
from tests.exams.helpers import MINUTE, START
from tests.factories import QuestionFactory, UserFactory, make_content, make_exam

pytestmark = pytest.mark.django_db

POISON = ["?"]


@pytest.fixture
def ordered():
    """An order that two poisoned attempts, the first ones, and a sound one wait for; not begun."""
    exam, question = asked_about()
    attempts = [answered(exam, question, [2]) for _ in range(3)]
    for attempt in sorted(attempts, key=lambda attempt: attempt.pk)[:2]:
        attempt.items.filter(question=question).update(response=POISON)
    correct(question, with_key(make_content("x"), 2))
    rescore = order(question, UserFactory(instructor=True), run=False)
    return rescore, sorted(attempts, key=lambda attempt: attempt.pk)


def minutes_later(rescore, minutes):
    work(rescore, LATER + minutes * MINUTE)


def test_poison_that_fills_a_batch_holds_up_nobody(ordered):
    rescore, attempts = ordered

    while rescore_batch(rescore_id=rescore.pk, now=LATER, limit=2):
        pass

    assert [len(versions(attempt)) for attempt in attempts] == [1, 1, 2]


def test_attempt_that_fails_is_tried_some_times_and_parked_with_its_reason(ordered):
    rescore, attempts = ordered

    for number in range(8):
        minutes_later(rescore, 2 * number)

    failures = list(rescore.failures.order_by("attempt_id"))
    assert [(failure.attempt, failure.tries, failure.is_parked) for failure in failures] == [
        (attempt, RescoreFailure.MAX_TRIES, True) for attempt in attempts[:2]
    ]
    assert failures[0].error.startswith("TypeError: ")
    assert rescore.finished_at is None
    counts = backlog(LATER)
    assert (counts.parked_rescores, counts.parked_statistics, counts.parked) == (2, 0, 0)


def test_failure_is_not_tried_again_within_a_minute(ordered):
    rescore, _ = ordered

    work(rescore, LATER)
    work(rescore, LATER + MINUTE / 2)

    assert set(rescore.failures.values_list("tries", flat=True)) == {1}


def test_what_no_rule_can_judge_is_parked_at_once(ordered, monkeypatch):
    rescore, attempts = ordered

    def refuse(*args, **kwargs):
        raise UnscorableAttempt("no rule")

    monkeypatch.setattr(scoring_services, "judge", refuse)
    work(rescore, LATER)

    assert [failure.error for failure in rescore.failures.all()] == ["UnscorableAttempt: no rule"] * len(attempts)
    assert all(failure.is_parked for failure in rescore.failures.all())


def test_attempt_that_is_mended_and_put_back_gets_its_score(ordered):
    rescore, attempts = ordered
    for number in range(6):
        minutes_later(rescore, 2 * number)
    for attempt in attempts[:2]:
        attempt.items.filter(question=rescore.question).update(response=[2])
    minutes_later(rescore, 30)
    assert [len(versions(attempt)) for attempt in attempts] == [1, 1, 2]

    requeue_rescores(now=LATER + 40 * MINUTE)
    minutes_later(rescore, 40)

    assert [len(versions(attempt)) for attempt in attempts] == [2, 2, 2]
    assert (rescore.failures.count(), rescore.finished_at) == (0, LATER + 40 * MINUTE)


def test_order_that_fails_on_a_first_score_is_counted_too_and_the_score_stands():
    exam, question = asked_about()
    attempt = answered(exam, question, POISON, hand_in=False)
    correct(question, with_key(make_content("x"), 2))
    rescore = order(question, UserFactory(instructor=True), run=False, now=START + MINUTE / 2)
    attempt.items.filter(question=question).update(response=POISON)
    submit_attempt(candidate=attempt.candidate, attempt_id=attempt.pk, now=START + MINUTE)

    score_attempt(attempt_id=attempt.pk, now=START + MINUTE)

    attempt.refresh_from_db()
    assert attempt.state == Attempt.State.SCORED
    assert rescore.failures.get().tries == 1


# --- For operators --------------------------------------------------------------------------------------------------


def run(*arguments):
    call_command("parked_attempts", *arguments, stdout=(output := StringIO()))
    return output.getvalue()


def parked_statistic(error="KeyError: 'x'"):
    revision = QuestionFactory().published_revision
    return QuestionStatistics.objects.create(revision=revision, tries=5, tried_at=LATER, error=error, waiting=1)


def test_command_lists_what_is_parked_with_its_reason(ordered):
    rescore, attempts = ordered
    for number in range(6):
        minutes_later(rescore, 2 * number)
    failure, row = rescore.failures.get(attempt=attempts[0]), parked_statistic()

    said = run()

    assert f"rescore-{failure.pk}\n    attempt {attempts[0].pk}, question {rescore.question.code}, tries 5\n" in said
    assert f"question-{row.pk}\n    statistics of {row}, tries 5\n" in said
    assert "    KeyError: 'x'\n" in said


@pytest.mark.parametrize("named", ["one", "all"])
def test_command_puts_back_what_is_named(named):
    row, other = parked_statistic(), parked_statistic()
    exam = ExamStatistics.objects.create(exam=make_exam(), tries=5, tried_at=LATER, waiting=1)

    said = run("--requeue", f"question-{row.pk}" if named == "one" else "all")

    back = [row] if named == "one" else [row, other]
    assert f"put back: question-{row.pk}\n" in said
    assert set(QuestionStatistics.objects.filter(tries=0)) == set(back)
    exam.refresh_from_db()
    assert exam.tries == (5 if named == "one" else 0)


@pytest.mark.parametrize("named", ["question-99", "rescore-99", "exam-99"])
def test_command_says_what_is_not_parked(named):
    with pytest.raises(CommandError, match=f"not parked: {named}"):
        run("--requeue", named)


@pytest.mark.parametrize("named", ["question-x", "rescore-", "essay-1"])
def test_command_refuses_what_is_no_id(named):
    with pytest.raises(CommandError, match="takes the id as it is shown"):
        run("--requeue", named)
