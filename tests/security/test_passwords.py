"""New passwords: hard to guess for somebody who knows the site and the person. Old ones go on opening."""

import time

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.urls import reverse
from pytest_django.asserts import assertContains

from accounts.models import User
from config import passwords
from tests.factories import CertificationFactory, UserFactory
from tests.security.factors import is_logged_in, log_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def person():
    CertificationFactory(code="MLA-C01")
    return User(email="grace.hopper@navy.example", name="Grace Brewster Hopper")


def refusals(password, user):
    try:
        validate_password(password, user)
    except ValidationError as error:
        return {problem.code for problem in error.error_list}
    return set()


@pytest.mark.parametrize(
    "password",
    [
        # common and leaked
        "Password123!", "P@ssw0rd!2026", "iloveyou4ever", "qwertyuiop12", "letmein-letmein", "trustno1trustno1",
        # of the site and its subject
        "mock-exams-2026", "Mockexams2026!", "M0ck-Ex4ms-2026", "practice-exam-1", "mla-c01-exam!", "MLA-C01-2026",
        "mlac01mlac01", "certification1", "aws-exam-2026",
        # of the person
        "Grace1906!", "grace.hopper.1", "BrewsterHopper", "navy-hopper-26", "hoppergrace99", "gracehopper2026",
        # patterns
        "aaaaaaaaaaaa", "abcdefghijkl", "1q2w3e4r5t6y", "31-12-2026-31",
    ],
)  # fmt: skip
def test_password_that_is_guessed_early_is_refused(person, password):
    assert refusals(password, person)


@pytest.mark.parametrize(
    "password",
    ["violet-otter-maps-91", "correct horse battery staple", "blue-heron-77", "tR4v0lxe9Q", "Übergrößenträger-Sofa",
     "紫色的水獺地圖九十一號", "x" + "9f3kQ" * 51],
)  # fmt: skip
def test_password_that_is_hard_to_guess_is_taken(person, password):
    assert refusals(password, person) == set()


def test_context_counts_only_for_whom_it_is_context(person):
    stranger = User(email="ada@example.com", name="Ada")

    assert [bool(refusals("brewster-hopper-otter", user)) for user in (person, stranger)] == [True, False]


@pytest.mark.parametrize(
    ("length", "refused"), [(256, set()), (257, {"password_too_long"}), (4096, {"password_too_long"})]
)
def test_password_has_a_greatest_length(person, length, refused):
    assert refusals(("violet-otter-maps-91-" * 200)[:length], person) == refused


HARDEST = ["".join(chr(33 + number % 90) for number in range(256)), "4a8({[<6g9!1|7l0os$5+%2z" * 10, "11121314" * 32]


@pytest.mark.parametrize("password", HARDEST, ids=["ascii", "l33t", "dates"])
def test_password_takes_little_time_to_judge_however_long_it_is(person, password):
    began = time.process_time()

    refusals(password, person)

    assert time.process_time() - began < 2  # the whole of them took zxcvbn minutes


def test_refusal_says_what_to_do(client):
    fields = {"email": "ada@example.com", "password1": "Grace1906!", "password2": "Grace1906!"}

    response = client.post(reverse("account_signup"), fields)

    assertContains(response, "This password is easy to guess.")
    assertContains(response, "Try several words that have nothing to do with each other.")


def test_person_with_a_weak_password_from_before_still_logs_in():
    user = UserFactory()
    user.set_password("password")
    user.save()

    assert is_logged_in(log_in(user, password="password"))


def test_context_of_somebody_without_a_name_or_address_is_no_error():
    assert "exam" in passwords.context_of(None)
    assert "" not in passwords.context_of(User())
