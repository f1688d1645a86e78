"""The second factor: offered to all, required of staff in production."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client
from django.urls import reverse

from tests.exams.helpers import client_of
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def required(settings):
    settings.STAFF_NEED_MFA = True


def test_production_requires_it_of_staff():
    from config.settings import base

    assert base.STAFF_NEED_MFA is True


@pytest.mark.parametrize("role", ["instructor", "superuser"])
@pytest.mark.parametrize("url", ["/admin/", "/admin/questions/question/", "/admin/login/"])
def test_staff_without_a_second_factor_are_sent_to_set_it_up(required, role, url):
    response = client_of(UserFactory(**{role: True})).get(url, follow=True)

    assert response.redirect_chain[-1] == (reverse("mfa_index"), 302)
    assert "Instructors need a second factor" in response.text


def test_recovery_codes_alone_are_no_second_factor(required):
    user = UserFactory(instructor=True)
    Authenticator.objects.create(user=user, type=Authenticator.Type.RECOVERY_CODES, data={})

    assert client_of(user).get("/admin/").status_code == 302


def test_candidate_is_not_led_into_the_admin_by_it(required):
    user = UserFactory()
    TOTP.activate(user, generate_totp_secret())

    assert client_of(user).get("/admin/", follow=True).status_code == 403


def test_password_alone_no_longer_logs_in():
    user = UserFactory()
    TOTP.activate(user, generate_totp_secret())
    client = Client()

    response = client.post(reverse("account_login"), {"login": user.email, "password": "secret-word-1"})

    assert response.url == reverse("mfa_authenticate")
    assert "_auth_user_id" not in client.session
    assert client.post(response.url, {"code": "000000"}).status_code == 200
    assert "_auth_user_id" not in client.session
