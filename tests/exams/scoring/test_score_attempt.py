import uuid

import pytest
from django.db import OperationalError
from kombu.exceptions import OperationalError as BrokerError

from config import celery_app
from exams import tasks, workers
from exams.attempts.models import Attempt
from exams.attempts.services.closing import resend_due, sweep
from exams.blueprints.rules import FULL, RULE
from exams.scoring import services as scoring_services
from exams.scoring.models import Score
from exams.scoring.services import score_attempt
from exams.workers import RESEND_AFTER, SCORE_TASK, request_scoring
from questions.models import Revision
from tests.exams.helpers import (
    MINUTE,
    SECOND,
    START,
    answer_all,
    close,
    finish,
    item_of,
    items_of,
    make_mls_exam,
    points_of,
    sums_of,
)
from tests.factories import make_attempt, make_exam

pytestmark = pytest.mark.django_db

CLOSED = START + 10 * MINUTE
NOW = START + 20 * MINUTE


@pytest.fixture
def attempt():
    """An attempt that was handed in with two right answers of four."""
    attempt = make_attempt(now=START)
    answer_all(attempt, right=2)
    return close(attempt, now=CLOSED)


@pytest.fixture
def asked(monkeypatch):
    """The ids of the attempts that workers are asked to score; nothing is sent."""
    ids = []
    monkeypatch.setattr(workers, "request_scoring", lambda attempt_id: ids.append(attempt_id) or True)
    return ids


def score(attempt, now=NOW):
    return score_attempt(attempt_id=attempt.pk, now=now)


def make_due(*, requested_at=CLOSED, tries=0):
    attempt = close(make_attempt(now=START), now=CLOSED)
    Attempt.objects.filter(pk=attempt.pk).update(scoring_requested_at=requested_at, scoring_tries=tries)
    return attempt


# --- The score --------------------------------------------------------------------------------------


def test_score_is_stored_with_all_its_parts(attempt):
    result = score(attempt)

    attempt.refresh_from_db()
    assert attempt.state == Attempt.State.SCORED
    assert attempt.scores.get() == result
    result.refresh_from_db()
    assert (result.version, result.is_current, result.rule, result.created_at) == (1, True, RULE, NOW)
    assert (result.correct, result.total, result.unscored_correct, result.unscored_total) == (2, 4, 0, 0)
    assert (result.scaled, result.is_passed) == (550, False)
    assert result.earned == 2 * FULL
    assert points_of(result) == {1: 1, 2: 1, 3: 0, 4: 0}
    assert sum(points for points, _ in sums_of(result).values()) == 2
    assert {number: total for number, (_, total) in sums_of(result).items()} == {1: 2, 2: 2}


def test_score_counts_unscored_items_apart():
    attempt = make_attempt(exam=make_exam(question_count=4, unscored_count=2), now=START)

    result = finish(attempt, right=4)

    assert (result.correct, result.total, result.unscored_correct, result.unscored_total) == (2, 2, 2, 2)
    assert set(points_of(result)) == {1, 2, 3, 4}
    assert sum(total for _, total in sums_of(result).values()) == 2


def test_score_of_a_full_form_adds_up():
    result = finish(make_attempt(exam=make_mls_exam(), now=START), right=65)

    assert (result.correct, result.total, result.unscored_correct, result.unscored_total) == (50, 50, 15, 15)
    assert sums_of(result) == {1: [10, 10], 2: [12, 12], 3: [18, 18], 4: [10, 10]}
    assert (result.scaled, result.is_passed) == (1000, True)


def test_score_of_blanks_is_the_bottom_of_the_scale():
    result = score(close(make_attempt(now=START)))

    assert (result.correct, result.scaled, result.is_passed) == (0, 100, False)


@pytest.mark.parametrize(("cut_score", "is_passed"), [(549, True), (550, True), (551, False)])
def test_score_passes_at_the_cut_score_of_the_start(cut_score, is_passed):
    exam = make_exam(cut_score=cut_score)
    attempt = make_attempt(exam=exam, now=START)
    exam.cut_score = 100 if not is_passed else 1000
    exam.save()

    assert finish(attempt, right=2).is_passed == is_passed


def test_multiple_question_needs_all_its_keys():
    attempt = make_attempt(now=START)
    Revision.objects.update(kind="multiple", key=[1, 3])
    full, part, more, blank = items_of(attempt)
    for item, response in ((full, [1, 3]), (part, [1]), (more, [0, 1, 3]), (blank, None)):
        attempt.items.filter(pk=item.pk).update(response=response)

    assert points_of(score(close(attempt))) == {1: 1, 2: 0, 3: 0, 4: 0}


# --- Once -------------------------------------------------------------------------------------------


def test_score_again_returns_the_score_that_exists(attempt):
    first = score(attempt)

    again = score(attempt, now=NOW + MINUTE)

    assert again == first
    assert (again.created_at, Score.objects.count()) == (NOW, 1)


def test_score_of_an_attempt_under_way_is_none():
    attempt = make_attempt(now=START)

    assert score(attempt) is None
    attempt.refresh_from_db()
    assert (attempt.state, Score.objects.count()) == (Attempt.State.IN_PROGRESS, 0)


def test_score_of_an_attempt_that_is_gone_is_none():
    assert score_attempt(attempt_id=uuid.uuid4(), now=NOW) is None


# --- Failures ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("poison", "reason"), [({"kind": "essay"}, "kind “essay” with the key [1]"), ({"key": []}, "with the key []")]
)
def test_poison_attempt_is_parked_at_once_with_its_reason(attempt, poison, reason, caplog):
    Revision.objects.filter(pk=item_of(attempt).revision_id).update(**poison)

    assert score(attempt) is None

    attempt.refresh_from_db()
    assert (attempt.state, attempt.scoring_tries) == (Attempt.State.SUBMITTED, Attempt.MAX_SCORING_TRIES)
    assert attempt.scoring_error.startswith("UnscorableAttempt: ")
    assert reason in attempt.scoring_error
    assert f"attempt {attempt.pk} cannot be scored and is parked" in caplog.messages
    assert Score.objects.count() == 0


def test_attempt_without_a_scored_item_is_parked(attempt):
    attempt.items.update(is_scored=False)

    assert score(attempt) is None
    attempt.refresh_from_db()
    assert attempt.scoring_error == "UnscorableAttempt: the attempt has no scored question"


def test_parked_attempt_is_left_alone_until_it_is_mended(attempt, asked):
    revision = Revision.objects.filter(pk=item_of(attempt).revision_id)
    revision.update(key=[])
    score(attempt)
    revision.update(key=[1])

    assert score(attempt) is None
    assert resend_due(now=NOW + 60 * MINUTE) == 0

    Attempt.objects.filter(pk=attempt.pk).update(scoring_tries=0)
    assert resend_due(now=NOW + 60 * MINUTE) == 1
    assert score(attempt).correct == 2
    attempt.refresh_from_db()
    assert (attempt.state, attempt.scoring_error) == (Attempt.State.SCORED, "")


def test_failure_is_counted_kept_and_raised(attempt, monkeypatch):
    def fail(*args):
        raise RuntimeError("disk on fire " * 200)

    monkeypatch.setattr(scoring_services, "judge", fail)

    for tries in (1, 2):
        with pytest.raises(RuntimeError, match="disk on fire"):
            score(attempt)
        attempt.refresh_from_db()
        assert (attempt.state, attempt.scoring_tries) == (Attempt.State.SUBMITTED, tries)

    assert attempt.scoring_error.startswith("RuntimeError: disk on fire")
    assert len(attempt.scoring_error) == 1000


def test_failure_of_the_database_is_raised_and_not_counted(attempt, monkeypatch):
    def deadlock(*args):
        raise OperationalError("deadlock detected")

    with monkeypatch.context() as patch:
        patch.setattr(scoring_services, "judge", deadlock)
        for _ in range(Attempt.MAX_SCORING_TRIES):
            with pytest.raises(OperationalError):
                score(attempt)

    attempt.refresh_from_db()
    assert (attempt.scoring_tries, attempt.scoring_error) == (0, "")
    assert score(attempt).correct == 2


def test_failure_that_goes_away_leaves_a_score_and_no_error(attempt, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(scoring_services, "judge", lambda *args: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            score(attempt)

    assert score(attempt).correct == 2
    attempt.refresh_from_db()
    assert (attempt.state, attempt.scoring_error) == (Attempt.State.SCORED, "")


def test_attempt_that_always_fails_is_parked_after_some_tries(attempt, monkeypatch, asked):
    monkeypatch.setattr(scoring_services, "judge", lambda *args: 1 / 0)

    for number in range(Attempt.MAX_SCORING_TRIES):
        assert resend_due(now=NOW + 2 * number * MINUTE) == 1
        with pytest.raises(ZeroDivisionError):
            score(attempt)

    assert resend_due(now=NOW + 60 * MINUTE) == 0
    assert score(attempt) is None


def test_failure_in_the_middle_of_scoring_leaves_no_part_of_a_score(attempt, monkeypatch):
    def save_and_fail(self, *args, **kwargs):
        super(Score, self).save(*args, **kwargs)
        raise OperationalError("the connection is gone")

    monkeypatch.setattr(Score, "save", save_and_fail)

    with pytest.raises(OperationalError):
        score(attempt)

    attempt.refresh_from_db()
    assert (attempt.state, Score.objects.count()) == (Attempt.State.SUBMITTED, 0)


# --- Asking for scores ------------------------------------------------------------------------------


def test_request_scoring_sends_the_id_to_the_task(attempt, monkeypatch):
    sent = []
    monkeypatch.setattr(tasks.score_attempt, "apply_async", lambda args, **options: sent.append((args, options)))

    request_scoring(attempt.pk)

    assert sent == [((str(attempt.pk),), {"retry": False})]


def test_request_scoring_survives_a_broker_that_is_down(attempt, monkeypatch, caplog):
    def refuse(*args, **kwargs):
        raise BrokerError("connection refused")

    monkeypatch.setattr(tasks.score_attempt, "apply_async", refuse)

    request_scoring(attempt.pk)

    assert caplog.messages == [
        f"broker unreachable, exams.score_attempt of {attempt.pk} will be sent again by the sweep: connection refused"
    ]


@pytest.mark.parametrize(
    ("requested_at", "tries", "is_sent"),
    [
        (None, 0, True),
        (NOW - RESEND_AFTER - SECOND, 0, True),
        (NOW - RESEND_AFTER, 0, False),
        (NOW - RESEND_AFTER + SECOND, 0, False),
        (NOW, 0, False),
        (NOW - 60 * MINUTE, Attempt.MAX_SCORING_TRIES - 1, True),
        (NOW - 60 * MINUTE, Attempt.MAX_SCORING_TRIES, False),
        (None, Attempt.MAX_SCORING_TRIES + 1, False),
    ],
)
def test_resend_asks_again_for_what_is_due_for_too_long(asked, requested_at, tries, is_sent):
    attempt = make_due(requested_at=requested_at, tries=tries)

    assert resend_due(now=NOW) == int(is_sent)

    assert asked == ([attempt.pk] if is_sent else [])
    attempt.refresh_from_db()
    assert attempt.scoring_requested_at == (NOW if is_sent else requested_at)


def test_resend_leaves_attempts_under_way_and_scored_ones(asked):
    make_attempt(now=START)
    finish(make_attempt(now=START))
    Attempt.objects.update(scoring_requested_at=None)

    assert resend_due(now=NOW) == 0


def test_resend_twice_asks_once(asked):
    make_due()

    assert (resend_due(now=NOW), resend_due(now=NOW + SECOND)) == (1, 0)
    assert len(asked) == 1


def test_resend_for_one_candidate_leaves_the_others(asked):
    attempt, _ = make_due(), make_due()

    assert resend_due(now=NOW, candidate=attempt.candidate) == 1
    assert asked == [attempt.pk]


def test_resend_takes_the_oldest_first_up_to_its_limit(asked):
    attempts = [make_due() for _ in range(3)]
    for attempt, minutes in zip(attempts, (2, 0, 1), strict=True):
        Attempt.objects.filter(pk=attempt.pk).update(submitted_at=CLOSED + minutes * MINUTE)

    assert resend_due(now=NOW, limit=2) == 2
    assert asked == [attempts[1].pk, attempts[2].pk]


def test_sweep_closes_scores_and_sends_again(django_capture_on_commit_callbacks):
    overdue, lost, under_way = make_attempt(now=START), make_due(), make_attempt(now=START + 25 * MINUTE)

    with django_capture_on_commit_callbacks(execute=True):
        sweep(now=START + 31 * MINUTE)

    states = [Attempt.objects.get(pk=attempt.pk).state for attempt in (overdue, lost, under_way)]
    assert states == ["scored", "scored", "in_progress"]


def test_sweep_for_one_candidate_leaves_the_others(asked):
    others = [make_attempt(now=START), make_due()]
    mine = make_attempt(now=START)

    sweep(now=START + 31 * MINUTE, candidate=mine.candidate)

    mine.refresh_from_db()
    assert mine.state == Attempt.State.SUBMITTED
    assert [Attempt.objects.get(pk=attempt.pk).state for attempt in others] == ["in_progress", "submitted"]
    assert asked == []


# --- Tasks ------------------------------------------------------------------------------------------


def test_tasks_are_known_by_the_names_that_services_and_the_schedule_use():
    assert celery_app.tasks[SCORE_TASK].name == tasks.score_attempt.name
    assert {entry["task"] for entry in celery_app.conf.beat_schedule.values()} <= set(celery_app.tasks)


def test_score_task_scores_the_attempt_and_takes_a_repeat(attempt):
    tasks.score_attempt.delay(str(attempt.pk))
    tasks.score_attempt.delay(str(attempt.pk))

    assert attempt.scores.get().correct == 2


def test_sweep_task_closes_overdue_attempts(clock):
    attempt = make_attempt(now=START)
    clock.shift(31 * MINUTE)

    tasks.sweep.delay()

    attempt.refresh_from_db()
    assert attempt.state == Attempt.State.SUBMITTED


def test_score_task_tries_again_when_the_database_was_out_of_reach(attempt, monkeypatch):
    calls = []

    def fail_once(**kwargs):
        calls.append(kwargs)
        if len(calls) == 1:
            raise OperationalError("the database is restarting")
        return score_attempt(**kwargs)

    monkeypatch.setattr(scoring_services, "score_attempt", fail_once)

    tasks.score_attempt.delay(str(attempt.pk))

    assert len(calls) == 2
    assert attempt.scores.get().correct == 2


def test_score_task_does_not_repeat_another_failure(attempt, monkeypatch):
    calls = []
    monkeypatch.setattr(scoring_services, "judge", lambda *args: calls.append(args) or 1 / 0)

    tasks.score_attempt.delay(str(attempt.pk))

    assert len(calls) == 1
    attempt.refresh_from_db()
    assert attempt.scoring_tries == 1
