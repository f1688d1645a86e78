"""Wrong codes of a second factor: few an hour whatever happens between them, and the owner hears of it."""

import re

import pytest
import time_machine
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts import limits
from accounts.models import AuditEvent
from config.settings import base
from tests.factories import UserFactory
from tests.security.factors import PASSWORD, code_of, give_totp, is_logged_in, log_in

pytestmark = pytest.mark.django_db
CODES = reverse("mfa_authenticate")
CLOSED = "Too many wrong codes. Try again in"


@pytest.fixture(autouse=True)
def clock(settings):
    settings.LIMITS = base.LIMITS
    with time_machine.travel("2026-11-21T09:00:10Z", tick=False) as clock:
        yield clock


@pytest.fixture
def user():
    return UserFactory(email="ada@example.com")


def give(user, code, client):
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    return client.post(CODES, {"code": code})


def try_codes(user, clock, codes, client=None):
    """Give these codes from ever new addresses, five at once, and tell what was answered."""
    answers = []
    for number, code in enumerate(codes):
        if number and number % 5 == 0:
            clock.shift(301)
        thief = client or Client(REMOTE_ADDR=f"10.3.0.{number}")
        answers.append(give(user, code, thief))
    return answers


def wrong(count):
    return [f"{number:06}" for number in range(count)]


def refusals(answers):
    return sum(CLOSED in answer.text for answer in answers)


@pytest.mark.parametrize("kind", ["six digits of an app", "eight digits of paper"])
def test_ten_wrong_codes_in_an_hour_close_the_account_to_codes(user, clock, kind):
    secret = give_totp(user)
    RecoveryCodes.activate(user)
    codes = wrong(13) if kind.startswith("six") else [f"{code}00" for code in wrong(13)]

    answers = try_codes(user, clock, codes)
    client = Client(REMOTE_ADDR="10.4.0.1")
    right = give(user, code_of(secret), client)

    assert refusals(answers) == 3
    assert re.search(rf"{CLOSED} (48|49|50) minutes\.", right.text)
    assert not is_logged_in(client)


def test_right_code_in_between_gives_no_more_wrong_ones(user, clock):
    secret = give_totp(user)
    answers = []
    for _ in range(4):
        answers += try_codes(user, clock, wrong(4))
        give(user, code_of(secret), Client(REMOTE_ADDR="10.4.0.1"))
        clock.shift(301)

    assert refusals(answers) == 6


def test_account_opens_again_after_the_hour(user, clock):
    secret = give_totp(user)
    try_codes(user, clock, wrong(11))
    clock.shift(3600)

    assert is_logged_in(log_in(user, code=code_of(secret), client=Client()))


def test_day_has_thirty_wrong_codes(user, clock):
    give_totp(user)
    answers = []
    for _ in range(6):
        answers += try_codes(user, clock, wrong(10))
        clock.shift(3601)

    assert refusals(answers) == 30
    assert re.search(rf"{CLOSED} 1[789] hours\.", answers[-1].text)


def test_asking_again_in_a_session_counts_with_it(user, clock):
    give_totp(user)
    try_codes(user, clock, wrong(10))
    client = Client()
    client.force_login(user)

    assert CLOSED in client.post(reverse("mfa_reauthenticate"), {"code": "000000"}).text


def test_owner_is_told_once_with_what_to_do(user, clock):
    give_totp(user)
    try_codes(user, clock, wrong(13))

    (letter,) = [letter for letter in mail.outbox if "code" in letter.subject]
    assert letter.to == ["ada@example.com"]
    assert letter.subject == "Wrong codes for your account"
    assert "entered too many wrong codes" in letter.body
    assert "reset your password" in letter.body
    assert AuditEvent.objects.filter(action="factor.closed", target_id=str(user.pk)).count() == 1


def test_browser_that_the_owner_has_used_takes_codes_all_the_same(user, clock):
    secret, own = give_totp(user), Client()
    log_in(user, code=code_of(secret), client=own)
    own.post(reverse("account_logout"))
    try_codes(user, clock, wrong(13))

    assert is_logged_in(log_in(user, code=code_of(secret), client=own))


def test_known_browser_has_its_own_ten(user, clock):
    secret, own = give_totp(user), Client()
    log_in(user, code=code_of(secret), client=own)
    own.post(reverse("account_logout"))

    assert refusals(try_codes(user, clock, wrong(13), client=own)) == 3


def test_session_of_the_owner_goes_on(user, clock):
    secret = give_totp(user)
    own = Client()
    log_in(user, code=code_of(secret), client=own)
    try_codes(user, clock, wrong(13))

    assert own.get(reverse("exams:history")).status_code == 200


def test_code_is_asked_only_after_the_right_password(user):
    give_totp(user)
    thief = Client()
    thief.post(reverse("account_login"), {"login": user.email, "password": "wrong-word-1"})

    assert thief.post(CODES, {"code": "000000"}).url.startswith(reverse("account_login"))
    assert limits.test("wrong codes", user.pk) is None


def test_factor_that_cannot_be_read_counts_as_no_wrong_code(user, settings, clock):
    give_totp(user)
    settings.SECRET_KEY = "another-" * 8

    answers = try_codes(user, clock, wrong(12))

    assert refusals(answers) == 0
