"""A cohort's link leads to the cohort also over a sign-up that ends in another browser; addresses meet in one form."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from exams.cohorts import queries
from exams.cohorts.invitees import read_invitees
from exams.cohorts.models import Invitation, PendingJoin
from tests.exams.helpers import client_of
from tests.factories import CohortFactory, UserFactory

pytestmark = pytest.mark.django_db

PASSWORD, OWN_PASSWORD = "blue-heron-77", "green-heron-88"


def join_page(cohort):
    return reverse("exams:join", args=[cohort.invite_token])


def sign_up_by_link(cohort, email="ada@example.com"):
    client = Client()
    client.get(join_page(cohort))
    client.post(reverse("account_signup"), {"email": email, "password1": PASSWORD, "password2": PASSWORD})
    return client


def confirm_on_a_phone(mailoutbox):
    link = re.search(r"https?://[^/]+(\S+/confirm-email/\S+)", mailoutbox[-1].body)[1]
    Client().post(link, {"password1": OWN_PASSWORD, "password2": OWN_PASSWORD})


def log_in(password=OWN_PASSWORD, email="ada@example.com"):
    return Client().post(reverse("account_login"), {"login": email, "password": password})


def test_confirming_on_a_phone_leads_to_the_cohort_at_the_log_in_there(mailoutbox):
    cohort = CohortFactory()
    sign_up_by_link(cohort)
    confirm_on_a_phone(mailoutbox)

    response = log_in()

    assert response.url == join_page(cohort)
    assert cohort.memberships.count() == 0  # nobody is a member unasked


def test_link_is_followed_once(mailoutbox):
    sign_up_by_link(CohortFactory())
    confirm_on_a_phone(mailoutbox)
    log_in()

    assert log_in().url == reverse("exams:home")
    assert PendingJoin.objects.count() == 0


@pytest.mark.parametrize("change", [{"invite_token": "new"}, {"invites_by_link": False}, {"closed_at": timezone.now()}])
def test_link_that_ended_meanwhile_leads_home(mailoutbox, change):
    cohort = CohortFactory()
    sign_up_by_link(cohort)
    confirm_on_a_phone(mailoutbox)
    type(cohort).objects.update(**change)

    assert log_in().url == reverse("exams:home")


def test_made_up_link_is_not_remembered():
    client = Client()
    client.get(reverse("exams:join", args=["made-up"]))

    client.post(reverse("account_signup"), {"email": "ada@example.com", "password1": PASSWORD, "password2": PASSWORD})

    assert (User.objects.count(), PendingJoin.objects.count()) == (1, 0)


def test_sign_up_with_an_address_that_has_an_account_gives_that_account_no_link():
    # Its owner did not follow the link.
    UserFactory(email="ada@example.com")

    sign_up_by_link(CohortFactory())

    assert PendingJoin.objects.count() == 0


@pytest.mark.parametrize(
    "typed", ["ada\u200b@example.com", "ADA@example.com", "\ufeffada@example.com", "ａda@example.com"]
)
def test_invited_address_meets_its_owner_whatever_its_spelling(typed):
    instructor, ada = UserFactory(instructor=True), UserFactory(email="ada@example.com")
    cohort = CohortFactory(instructor=instructor)

    client_of(instructor).post(
        reverse("admin:exams_cohort_people", args=[cohort.pk]), {"action": "invite", "text": f"email,name\n{typed},Ada"}
    )

    assert [row.email for row in queries.invitations_to(ada)] == ["ada@example.com"]


def test_spellings_of_one_address_are_one_person_in_a_list():
    found = read_invitees("email\nada@example.com\nADA@example.com\nada\u200b@example.com")

    assert list(found.people) == ["ada@example.com"]
    assert [line for line, _, _ in found.refused] == [3, 4]


def test_look_alike_in_a_list_is_refused_with_its_reason_and_invites_nobody():
    UserFactory(email="ida@example.com")

    found = read_invitees("email\nıda@example.com")

    ((line, email, reason),) = found.refused
    assert (line, email) == (2, "ıda@example.com")
    assert "only plain letters" in reason


def test_look_alike_that_was_verified_before_gets_nobody_elses_invitation():
    cohort = CohortFactory()
    Invitation.objects.create(cohort=cohort, email="ida@example.com", invited_at=timezone.now())
    thief = UserFactory(email="thief@example.com")
    EmailAddress.objects.create(user=thief, email="ıda@example.com", verified=True)

    assert list(queries.invitations_to(thief)) == []
