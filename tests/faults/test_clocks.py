"""Promise 2 and the list of what was seen to go wrong in a widely used engine: what the server says, and when."""

import datetime as dt
import re

import pytest
import time_machine
from django.urls import get_resolver
from django.utils import timezone

from exams.attempts import timing
from exams.attempts.models import Attempt, AttemptItem
from tests.exams.helpers import START, client_of, close, item_of, posted
from tests.exams.pages import opened
from tests.factories import UserFactory, make_attempt, make_exam

pytestmark = pytest.mark.django_db

SECOND, GRACE = dt.timedelta(seconds=1), timing.GRACE
# Every URL that changes something of an attempt, with what its button says.
MUTATING = {
    "exam-start": [""],
    "answer-save": [""],
    "attempt-hand-in": ["submit", "save", "review"],
}
# These change nothing of an attempt; no deadline is theirs. Practice with a clock: exams/study/test_practising.py.
TIMELESS = {"join", "problem-report", "invitation", "cohort-leave", "own-data", "attempt-unsaved", "attempt-retry"}
MOMENTS = {
    "-1 s": -SECOND,
    "0": dt.timedelta(),
    "+grace": GRACE,
    "+grace +1 s": GRACE + SECOND,
    "+1 day": dt.timedelta(days=1),
}


@pytest.fixture
def clock():
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


def url_of(name, attempt):
    arguments = {
        "exam-start": f"/exams/{attempt.exam.slug}/start/",
        "answer-save": f"/attempts/{attempt.pk}/answers/1/",
        "attempt-hand-in": f"/attempts/{attempt.pk}/hand-in/",
    }
    return arguments[name]


def test_table_names_every_url_that_takes_a_post(clock):
    attempt = make_attempt(now=START)
    client = client_of(attempt.candidate)
    known = {"slug": attempt.exam.slug, "code": attempt.exam.certification.code, "attempt_id": attempt.pk}
    patterns = next(part for part in get_resolver().url_patterns if getattr(part, "app_name", "") == "exams")
    takes_post = set()
    for pattern in patterns.url_patterns:
        path = re.sub(r"<\w+:(\w+)>", lambda match: str(known.get(match[1], 1)), str(pattern.pattern))
        if client.post(f"/{path}").status_code != 405:
            takes_post.add(pattern.name)

    of_exams = {name for name in takes_post if not name.startswith(("practice", "plan", "trial", "question-note"))}
    assert of_exams - TIMELESS == set(MUTATING)


@pytest.mark.parametrize("day_off", [-1, 1], ids=["client a day behind", "client a day ahead"])
@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize(("name", "then"), [(name, then) for name, buttons in MUTATING.items() for then in buttons])
def test_every_mutating_url_around_the_deadline(clock, table, name, then, moment, day_off):
    """Taken up to deadline + grace, refused afterwards; what the client believes of the time changes nothing."""
    attempt = make_attempt(now=START)
    client = client_of(attempt.candidate)
    item, now = item_of(attempt), attempt.deadline_at + MOMENTS[moment]
    clock.move_to(now)

    claimed = (now + dt.timedelta(days=day_off)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    fields = posted(item, 2, seconds=86_400) | {"then": then}
    response = client.post(url_of(name, attempt), fields, headers={"Date": claimed})

    is_accepting = MOMENTS[moment] <= GRACE
    item.refresh_from_db()
    attempt.refresh_from_db()
    table("mutating URL around the deadline", 1, accepted_late=int(item.response is not None and not is_accepting))
    assert (item.response is not None) == (is_accepting and name != "exam-start")
    assert attempt.deadline_at == START + dt.timedelta(minutes=30)
    if name == "answer-save":
        assert response.status_code == (200 if is_accepting else 410)
    elif name == "exam-start":
        # The exam under way is gone on with while it takes answers; then it is closed and a new one begins.
        assert Attempt.objects.count() == (1 if is_accepting else 2)
        assert attempt.is_in_progress == is_accepting
    else:
        assert response.status_code == 302
        assert attempt.is_in_progress == (is_accepting and then != "submit")
    if not attempt.is_in_progress:
        assert attempt.closed_by == ("candidate" if MOMENTS[moment] < dt.timedelta() else "deadline")


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/New_York", "Europe/Berlin"])
def test_change_of_time_zone_changes_no_duration(clock, zone):
    # In the night in which Berlin's clocks go forward by an hour.
    start = dt.datetime(2026, 3, 29, 0, 30, tzinfo=dt.UTC)
    clock.move_to(start)
    attempt = make_attempt(exam=make_exam(minutes=180), now=timezone.now())
    client = client_of(attempt.candidate)
    clock.move_to(start + dt.timedelta(hours=1))
    url = "/accounts/preferences/"
    assert client.post(url, {**opened(client, url), "name": "A", "time_zone": zone}).status_code == 302

    assert client.get(f"/attempts/{attempt.pk}/clock/").json()["remaining"] == 2 * 3600


# --- What was seen to go wrong in a widely used engine; two saves and two hand-ins at once: test_races.py ------------


def test_save_with_a_stale_sequence_is_a_409_with_both_answers(clock, table):
    """It was answered 'OK' and silently dropped."""
    attempt = make_attempt(now=START)
    client, item = client_of(attempt.candidate), item_of(attempt)
    client.post(url_of("answer-save", attempt), posted(item, 2, page="a"))

    response = client.post(url_of("answer-save", attempt), posted(item, 3, page="b"))

    table("save with a stale sequence", 1, status=response.status_code)
    assert response.status_code == 409
    assert re.search(r"Saved there:\s+<b>C</b>\s+<br>\s+Chosen here:\s+<b>D</b>", response.text)
    item.refresh_from_db()
    assert item.response == [item.option_order[2]]


def test_save_ten_minutes_after_the_deadline_is_a_410_and_not_graded(clock, table):
    """It was accepted and graded."""
    attempt = make_attempt(now=START)
    client = client_of(attempt.candidate)
    clock.move_to(attempt.deadline_at + dt.timedelta(minutes=10))

    response = client.post(url_of("answer-save", attempt), posted(item_of(attempt), 1))

    table("save ten minutes late", 1, status=response.status_code)
    assert response.status_code == 410
    assert set(AttemptItem.objects.values_list("response", flat=True)) == {None}


@pytest.mark.parametrize(("headers", "status"), [({"HX-Request": "true"}, 401), ({}, 302)], ids=["htmx", "plain"])
def test_save_after_the_log_in_expired_is_no_success(clock, table, headers, status):
    """It was answered with 200 and a log-in page."""
    attempt = make_attempt(now=START)
    client = client_of(attempt.candidate)
    attempt.candidate.set_password("another-word-1")
    attempt.candidate.save()

    response = client.post(url_of("answer-save", attempt), posted(item_of(attempt), 1), headers=headers)

    table("save after the log-in expired", 1, status=response.status_code)
    assert response.status_code == status
    assert set(AttemptItem.objects.values_list("sequence", flat=True)) == {0}


# --- Nobody hands in and beat is dead -------------------------------------------------------------------


@pytest.mark.parametrize("page", ["/", "/attempts/", "/exams/{slug}/", "", "clock/", "hand-in/", "result/"])
def test_next_visit_closes_an_overdue_attempt(clock, table, page):
    attempt = make_attempt(now=START)
    client = client_of(attempt.candidate)
    clock.move_to(attempt.deadline_at + GRACE + SECOND)

    client.get(page.format(slug=attempt.exam.slug) if page.startswith("/") else f"/attempts/{attempt.pk}/{page}")

    attempt.refresh_from_db()
    table("overdue, beat dead, next visit", 1, still_open=int(attempt.is_in_progress))
    assert (attempt.is_in_progress, attempt.closed_by) == (False, "deadline")


def test_hand_in_again_after_a_day_changes_nothing(clock):
    attempt = close(make_attempt(now=START))
    submitted_at = attempt.submitted_at
    clock.move_to(START + dt.timedelta(days=1))

    client_of(attempt.candidate).post(url_of("attempt-hand-in", attempt), posted(item_of(attempt), 1))

    attempt.refresh_from_db()
    assert (attempt.submitted_at, item_of(attempt).response) == (submitted_at, None)


def test_visit_of_another_closes_nothing(clock):
    attempt = make_attempt(now=START)
    clock.move_to(attempt.deadline_at + GRACE + SECOND)

    client_of(UserFactory()).get("/")

    attempt.refresh_from_db()
    assert attempt.is_in_progress
