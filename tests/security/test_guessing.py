"""Guessing and asking who has an account: limits per account and per address, and answers that tell nothing."""

import pytest
import time_machine
from allauth.account.adapter import get_adapter
from django.test import Client, RequestFactory
from django.urls import reverse

from tests.exams.pages import masked
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

LOG_IN = reverse("account_login")


@pytest.fixture(autouse=True)
def _limits(settings):
    """The limits of production, which the settings for tests switch off; and a clock that stands still."""
    from config.settings import base

    settings.LIMITS = base.LIMITS
    with time_machine.travel("2026-11-21T09:00:00Z", tick=False):
        yield


def log_in(client, email, password, **headers):
    return client.post(LOG_IN, {"login": email, "password": password}, headers=headers)


def test_three_hundred_honest_log_ins_from_one_address_in_a_minute(settings):
    people = UserFactory.create_batch(10)

    answers = [log_in(Client(), people[number % 10].email, "secret-word-1") for number in range(300)]

    assert {(answer.status_code, answer.headers.get("Location")) for answer in answers} == {(302, "/")}


def test_thousand_guesses_at_one_account_are_refused_whatever_address_they_name():
    user = UserFactory()

    with time_machine.travel("2026-11-21T09:00:00Z", tick=False) as clock:
        tried = 0
        for number in range(1000):
            answer = log_in(Client(REMOTE_ADDR=f"10.0.{number % 200}.{number // 200}"), user.email, f"guess-{number}")
            tried += "are not correct" in answer.text
            clock.shift(0.25)  # the whole lasts 250 seconds
        last = log_in(Client(REMOTE_ADDR="10.9.9.9"), user.email, "secret-word-1")

    assert tried == 5
    assert "Too many failed login attempts" in last.text
    assert "sessionid" not in last.cookies


def test_limit_of_one_account_locks_nobody_else_out():
    guessed, other = UserFactory.create_batch(2)
    for number in range(20):
        log_in(Client(), guessed.email, f"guess-{number}")

    assert log_in(Client(), other.email, "secret-word-1").status_code == 302


def test_forwarded_address_counts_only_behind_a_configured_proxy(settings):
    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.1", headers={"x-forwarded-for": "1.1.1.1, 2.2.2.2"})

    assert get_adapter().get_client_ip(request) == "10.0.0.1"
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    assert get_adapter().get_client_ip(request) == "2.2.2.2"
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 3
    assert get_adapter().get_client_ip(request) == "10.0.0.1"


@pytest.mark.parametrize("forwarded", ["1.1.1.1", "1.1.1.1, 2.2.2.2", "", "unknown", "x" * 5000, "é", ", ,"])
def test_wrong_number_of_proxies_neither_fails_nor_lets_visitors_choose_their_address(settings, caplog, forwarded):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 4
    settings.LIMITS = {**settings.LIMITS, "log-in": "1/minute"}
    user = UserFactory()

    first = log_in(Client(), user.email, "secret-word-1", **{"x-forwarded-for": forwarded})
    second = log_in(Client(), user.email, "secret-word-1", **{"x-forwarded-for": forwarded.replace("1.1", "9.9")})

    assert (first.status_code, second.status_code) == (302, 429)
    assert ("fewer proxies than TRUSTED_PROXIES" in caplog.text) == bool(forwarded)


@pytest.mark.parametrize("forwarded", ["unknown", "1.1.1.1:80", "[::1]:80", "::1%eth0", "999.1.1.1", "é", ","])
def test_strange_forwarded_address_is_never_a_fault(settings, forwarded):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    client = Client(raise_request_exception=False)

    assert log_in(client, UserFactory().email, "secret-word-1", **{"x-forwarded-for": forwarded}).status_code < 500


@pytest.mark.parametrize(
    ("url", "fields"),
    [
        (LOG_IN, lambda email: {"login": email, "password": "wrong-word-1"}),
        (
            reverse("account_signup"),
            lambda email: {"email": email, "password1": "blue-heron-77", "password2": "blue-heron-77"},
        ),
        (reverse("account_reset_password"), lambda email: {"email": email}),
    ],
    ids=["log-in", "sign-up", "reset"],
)
def test_answer_does_not_tell_whether_there_is_an_account(url, fields):
    UserFactory(email="known@example.com")
    answers = []
    for email in ("known@example.com", "ghost@example.com"):
        client = Client()
        first = client.post(url, fields(email))
        after = client.get(first.url) if first.status_code == 302 else first
        texts = [masked(page.text).replace(email, "someone") for page in (first, after)]
        answers.append((first.status_code, first.headers.get("Location"), sorted(first.cookies), *texts))

    assert answers[0] == answers[1]
