"""Whoever loads an attempt finds it as it is at this moment: what is overdue is closed first, with no sweep at work."""

import pytest
from django.http import Http404
from django.urls import reverse

from exams.attempts import timing
from exams.attempts.access import own_attempt, own_attempts
from exams.attempts.models import Attempt
from exams.attempts.services.closing import sweep
from tests.exams.helpers import MINUTE, SECOND, START, client_of
from tests.factories import UserFactory, make_attempt, make_exam
from tests.queries import count_queries

pytestmark = pytest.mark.django_db

END = START + 30 * MINUTE
OVER = END + timing.GRACE + SECOND


@pytest.fixture
def attempt():
    return make_attempt(now=START)


def state_of(attempt):
    return Attempt.objects.get(pk=attempt.pk).state


@pytest.mark.parametrize(
    ("now", "is_open"), [(END - SECOND, True), (END, True), (END + timing.GRACE, True), (OVER, False)]
)
def test_loaded_attempt_is_open_as_long_as_it_takes_answers(attempt, now, is_open):
    loaded = own_attempt(attempt.candidate, attempt.pk, now)

    assert loaded.is_in_progress is is_open
    assert (state_of(attempt) == Attempt.State.IN_PROGRESS) is is_open
    assert loaded.submitted_at == (None if is_open else now)
    assert loaded.closed_by == ("" if is_open else Attempt.ClosedBy.DEADLINE)


def test_loading_closes_what_else_of_theirs_is_overdue_and_nothing_of_others(attempt):
    others = make_attempt(now=START)
    later = make_attempt(candidate=attempt.candidate, exam=make_exam(minutes=100), now=START + MINUTE)

    own_attempt(attempt.candidate, later.pk, OVER)

    assert [state_of(row) for row in (attempt, later, others)] == ["submitted", "in_progress", "in_progress"]


def test_loading_what_is_not_theirs_is_404_and_closes_nothing(attempt):
    with pytest.raises(Http404):
        own_attempt(UserFactory(), attempt.pk, OVER)

    assert state_of(attempt) == Attempt.State.IN_PROGRESS


def test_loading_an_attempt_is_one_query_where_nothing_is_overdue(attempt):
    with count_queries() as counted:
        own_attempt(attempt.candidate, attempt.pk, END)

    assert counted.number == 1


def test_list_of_attempts_has_none_that_is_overdue(attempt):
    assert [row.state for row in own_attempts(attempt.candidate, OVER)] == ["submitted"]


@pytest.mark.parametrize(
    "name",
    [
        "attempt",
        "attempt-result",
        "attempt-review",
        "review-all",
        "attempt-hand-in",
        "attempt-clock",
        "home",
        "history",
        "exam",
    ],
)
def test_every_page_closes_it_with_no_sweep_at_work(attempt, name, clock):
    clock.move_to(OVER)
    address = {
        "home": reverse("exams:home"),
        "history": reverse("exams:history"),
        "exam": reverse("exams:exam-detail", args=[attempt.exam.slug]),
    }
    path = address.get(name) or reverse(f"exams:{name}", args=[attempt.pk])

    client_of(attempt.candidate).get(path)

    assert state_of(attempt) != Attempt.State.IN_PROGRESS


@pytest.mark.parametrize("name", ["attempt-unsaved", "attempt-hand-in"])
def test_every_form_closes_it_with_no_sweep_at_work(attempt, name, clock):
    clock.move_to(OVER)

    client_of(attempt.candidate).post(reverse(f"exams:{name}", args=[attempt.pk]), {})

    assert state_of(attempt) != Attempt.State.IN_PROGRESS


def test_sweep_of_beat_still_closes_what_nobody_visits(attempt):
    sweep(now=OVER)

    assert state_of(attempt) != Attempt.State.IN_PROGRESS
