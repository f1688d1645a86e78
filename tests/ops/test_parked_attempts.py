import io
import logging
import uuid

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.utils import timezone

from exams import workers
from exams.attempts.models import Attempt, AttemptItem
from exams.scoring import services
from tests.exams.helpers import MINUTE, SECOND, START, close
from tests.factories import make_attempt

pytestmark = pytest.mark.django_db

NOW = START + 20 * MINUTE
REASON = "ValueError: the key of question 3 is empty"


def run(*arguments):
    output = io.StringIO()
    call_command("parked_attempts", *arguments, stdout=output)
    return output.getvalue()


def handed_in(**fields):
    attempt = close(make_attempt(now=START), now=START + MINUTE)
    Attempt.objects.filter(pk=attempt.pk).update(scoring_requested_at=START + 2 * MINUTE, **fields)
    attempt.refresh_from_db()
    return attempt


@pytest.fixture
def parked():
    return handed_in(scoring_tries=5, scoring_error=REASON)


@pytest.fixture
def asked(monkeypatch):
    """The ids of the attempts that workers are asked to score; nothing is sent."""
    ids = []
    monkeypatch.setattr(workers, "request_scoring", ids.append)
    return ids


# --- The service --------------------------------------------------------------------------------------


def test_parked_attempt_gets_all_its_tries_again(parked, asked, caplog, django_capture_on_commit_callbacks):
    caplog.set_level(logging.INFO)
    with django_capture_on_commit_callbacks(execute=True):
        done = services.requeue_parked(now=NOW)

    parked.refresh_from_db()
    assert done == asked == [parked.pk]
    assert (parked.state, parked.scoring_tries, parked.scoring_requested_at) == ("submitted", 0, NOW)
    assert parked.scoring_error == REASON  # until a score takes its place
    assert f"attempt {parked.pk}, parked after 5 tries, was put back for scoring by an operator" in caplog.messages


def test_nothing_else_is_put_back(asked, django_capture_on_commit_callbacks):
    others = [make_attempt(now=START), handed_in(scoring_tries=4, scoring_error="once"), handed_in()]
    scored = handed_in()
    services.score_attempt(attempt_id=scored.pk, now=NOW)
    before = list(Attempt.objects.order_by("pk").values())

    with django_capture_on_commit_callbacks(execute=True):
        assert services.requeue_parked(now=NOW) == []
        assert services.requeue_parked(now=NOW, only=[scored.pk, *(attempt.pk for attempt in others)]) == []

    assert asked == []
    assert list(Attempt.objects.order_by("pk").values()) == before


def test_only_those_named_are_put_back(parked, asked):
    other = handed_in(scoring_tries=7, scoring_error=REASON)

    assert services.requeue_parked(now=NOW, only=[other.pk]) == [other.pk]

    parked.refresh_from_db()
    assert parked.is_parked


def test_mended_attempt_is_scored_once_put_back():
    attempt = handed_in()
    AttemptItem.objects.filter(attempt=attempt, position=1).update(response=7)  # no list of options
    for _ in range(Attempt.MAX_SCORING_TRIES):
        with pytest.raises(TypeError):
            services.score_attempt(attempt_id=attempt.pk, now=NOW)
    assert services.score_attempt(attempt_id=attempt.pk, now=NOW) is None
    AttemptItem.objects.filter(attempt=attempt, position=1).update(response=[0])

    services.requeue_parked(now=NOW)
    services.score_attempt(attempt_id=attempt.pk, now=NOW + SECOND)

    attempt.refresh_from_db()
    assert (attempt.state, attempt.scoring_error, attempt.scores.count()) == ("scored", "", 1)


# --- The command --------------------------------------------------------------------------------------


def test_command_shows_what_is_parked_and_why(parked):
    handed_in()
    overdue = make_attempt(now=START)
    with time_machine.travel(overdue.deadline_at + MINUTE, tick=False):
        make_attempt(now=timezone.now())
        shown = run()

    assert shown == (
        f"{parked.pk}\n"
        f"    candidate {parked.candidate_id}, exam {parked.exam.slug}, tries 5\n"
        "    handed in 2026-11-21 09:01:00 UTC, last asked for 2026-11-21 09:02:00 UTC\n"
        f"    {REASON}\n"
        "parked 1, due for scoring 1 (the oldest since 2026-11-21 09:01:00 UTC), open 2, of them overdue 1\n"
    )


def test_command_with_nothing_to_show():
    assert run() == "parked 0, due for scoring 0, open 0, of them overdue 0\n"


@pytest.mark.parametrize("which", ["id", "all"])
def test_command_puts_back(parked, asked, which, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        output = run("--requeue", str(parked.pk) if which == "id" else "all")

    assert asked == [parked.pk]
    assert output == f"put back: {parked.pk}\n1 put back; the workers were asked for their scores\n"


@pytest.mark.parametrize("given", [str(uuid.UUID(int=1)), "x", "", "1"])
def test_command_refuses_what_is_not_parked(parked, asked, given):
    with pytest.raises(CommandError, match=r"not parked|takes the id"):
        run("--requeue", given)

    parked.refresh_from_db()
    assert parked.is_parked
