"""A session gets a new key when more is allowed, ends after a time whoever's it is, and is not ended by a passer-by."""

import datetime as dt

import pytest
import time_machine
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from exams.attempts.models import Attempt
from tests.exams.helpers import item_of, posted
from tests.factories import UserFactory, make_attempt
from tests.security.factors import PASSWORD, code_of, give_totp, is_logged_in, log_in

pytestmark = pytest.mark.django_db
START = dt.datetime(2026, 11, 21, 9, 0, tzinfo=dt.UTC)
MINUTE, DAY = dt.timedelta(minutes=1), dt.timedelta(days=1)
SESSIONS = reverse("usersessions_list")


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


# --- A new key -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["password", "code"])
def test_session_asked_again_has_a_new_key_and_the_old_one_opens_nothing(clock, how):
    user = UserFactory()
    secret = give_totp(user) if how == "code" else None
    client, thief = log_in(user, secret), Client()
    old = client.session.session_key
    thief.cookies.update(client.cookies)
    clock.shift(11 * MINUTE)

    if how == "password":
        client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    else:
        client.post(reverse("mfa_reauthenticate"), {"code": code_of(secret)})

    assert client.session.session_key != old
    assert (is_logged_in(client), is_logged_in(thief)) == (True, False)
    assert not Session.objects.filter(session_key=old).exists()
    assert [row.session_key for row in UserSession.objects.filter(user=user)] == [client.session.session_key]


def test_wrong_password_leaves_the_key():
    client = log_in(UserFactory())
    old = client.session.session_key

    client.post(reverse("account_reauthenticate"), {"password": "wrong-word-1"})

    assert client.session.session_key == old


# --- Ending others ---------------------------------------------------------------------------------------------------


def ways_to_end(other):
    return {"one": reverse("accounts:session-end", args=[other.pk]), "all": SESSIONS}


@pytest.mark.parametrize("way", ["one", "all"])
def test_ending_sessions_asks_for_the_password_after_ten_minutes(clock, way):
    user = UserFactory()
    here, elsewhere = log_in(user), log_in(user)
    url = ways_to_end(UserSession.objects.get(session_key=elsewhere.session.session_key))[way]
    clock.shift(10 * MINUTE)

    asked = here.post(url)
    still = is_logged_in(elsewhere)
    page = here.post(asked.url, {"password": PASSWORD}, follow=True)
    here.post(url)

    assert asked.url.startswith(reverse("account_reauthenticate"))
    assert still
    assert page.request["PATH_INFO"] == SESSIONS
    assert (is_logged_in(here), is_logged_in(elsewhere)) == (True, False)


def test_sessions_are_listed_without_asking(clock):
    client = log_in(UserFactory())
    clock.shift(11 * MINUTE)

    assert client.get(SESSIONS).status_code == 200


# --- Three months ----------------------------------------------------------------------------------------------------


def used_for(client, clock, days):
    """Let the session be written to each week, so that its fourteen days begin again."""
    for _ in range(days // 7):
        clock.shift(7 * DAY)
        session = client.session
        session["touched"] = timezone.now().timestamp()
        session.save()
    clock.shift((days % 7) * DAY)


@pytest.mark.parametrize(("days", "lasts"), [(89, True), (90, False)])
def test_session_of_a_candidate_ends_after_ninety_days_however_it_is_used(clock, days, lasts):
    client = log_in(UserFactory())

    used_for(client, clock, days)

    assert is_logged_in(client) == lasts


def test_session_of_a_candidate_does_not_end_in_the_middle_of_an_exam(clock):
    user = UserFactory()
    client = log_in(user)
    used_for(client, clock, 88)
    attempt = make_attempt(candidate=user, now=timezone.now())
    Attempt.objects.update(deadline_at=timezone.now() + 3 * DAY)
    clock.shift(2 * DAY)

    saved = client.post(reverse("exams:answer-save", args=[attempt.pk, 1]), posted(item_of(attempt), 1))
    clock.shift(1 * DAY)

    assert saved.status_code == 200
    assert not is_logged_in(client)


def test_log_in_begins_another_ninety_days(clock):
    user = UserFactory()
    client = log_in(user)
    used_for(client, clock, 90)
    log_in(user, client=client)
    clock.shift(DAY)

    assert is_logged_in(client)
