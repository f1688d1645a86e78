"""The admin opens to a session that was given a second factor, not to a person who has one somewhere."""

import pytest
from allauth.mfa.models import Authenticator
from django.urls import reverse
from pytest_django.asserts import assertContains, assertRedirects

from tests.exams.helpers import client_of
from tests.factories import UserFactory
from tests.security.factors import PASSWORD, code_of, give_totp, log_in

pytestmark = pytest.mark.django_db

ADMIN = reverse("admin:index")


@pytest.fixture(autouse=True)
def _required(settings):
    settings.STAFF_NEED_MFA = True


@pytest.fixture
def instructor():
    return UserFactory(instructor=True)


def enters(client):
    return client.get(ADMIN).status_code == 200


def later(user):
    """Forget which codes were used: a test does not wait for the next half minute."""
    user.used_totp_steps.all().delete()


def test_log_in_with_the_factor_enters(instructor):
    assert enters(log_in(instructor, give_totp(instructor)))


@pytest.mark.parametrize("role", ["instructor", "superuser"])
def test_session_that_never_saw_the_factor_of_its_person_does_not_enter(role):
    user = UserFactory(**{role: True})
    give_totp(user)
    client = client_of(user)

    response = client.get("/admin/questions/question/", follow=True)

    url, _ = response.redirect_chain[-1]
    assert url == f"{reverse('mfa_reauthenticate')}?next=%2Fadmin%2Fquestions%2Fquestion%2F"
    assertContains(response, "you have not used it in this session yet")


def test_session_enters_once_the_factor_was_given_and_goes_where_it_wanted(instructor):
    secret = give_totp(instructor)
    client = client_of(instructor)
    form = client.get("/admin/questions/question/", follow=True)

    response = client.post(
        reverse("mfa_reauthenticate"), {"code": code_of(secret), "next": "/admin/questions/question/"}
    )

    assert form.status_code == 200
    assertRedirects(response, "/admin/questions/question/")


def test_password_given_again_is_no_second_factor(instructor):
    give_totp(instructor)
    client = client_of(instructor)

    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})

    assert not enters(client)


def test_next_of_the_log_in_leads_to_no_other_site(instructor):
    give_totp(instructor)

    response = client_of(instructor).get("/admin/login/?next=https://evil.example/")

    assert response.url == f"{reverse('mfa_reauthenticate')}?next=%2Fadmin%2F"


def test_factor_set_up_in_a_session_is_used_before_that_session_enters(instructor):
    client = log_in(instructor)
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    client.get(reverse("mfa_activate_totp"))
    secret = client.session["mfa.totp.secret"]
    client.post(reverse("mfa_activate_totp"), {"code": code_of(secret)})
    assert not enters(client)

    later(instructor)
    client.post(reverse("mfa_reauthenticate"), {"code": code_of(secret)})

    assert enters(client)


def test_recovery_code_stands_in_for_the_factor_once(instructor):
    give_totp(instructor)
    codes = Authenticator.objects.create(
        user=instructor, type="recovery_codes", data={"seed": "a" * 80, "used_mask": 0}
    ).wrap()
    code = codes.get_unused_codes()[0]

    assert enters(log_in(instructor, code=code))
    assert not enters(log_in(instructor, code=code))


@pytest.mark.parametrize("factor", ["totp", "recovery_codes"])
def test_session_whose_factor_was_deleted_does_not_enter(instructor, factor):
    secret = give_totp(instructor)
    codes = Authenticator.objects.create(
        user=instructor, type="recovery_codes", data={"seed": "a" * 80, "used_mask": 0}
    ).wrap()
    client = log_in(instructor, code=code_of(secret) if factor == "totp" else codes.get_unused_codes()[0])
    assert enters(client)

    Authenticator.objects.filter(user=instructor, type="totp").delete()

    assert not enters(client)


def test_factor_of_another_person_in_the_same_browser_does_not_enter(instructor):
    other = UserFactory()
    client = log_in(other, give_totp(other))
    client.post(reverse("account_logout"))
    give_totp(instructor)

    client.force_login(instructor)

    assert not enters(client)


def test_role_given_to_somebody_who_is_logged_in_does_not_enter():
    user = UserFactory()
    client = log_in(user, give_totp(user))

    user.is_staff = user.is_superuser = True
    user.save()

    assert not enters(client)
    later(user)
