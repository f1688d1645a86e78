"""What the audit log says of log-ins: who, or which account, and never what was typed."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent
from tests.factories import UserFactory
from tests.security.factors import PASSWORD, give_totp, log_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def user():
    return UserFactory(email="ada@example.com")


def events(*actions):
    found = AuditEvent.objects.filter(action__in=actions).order_by("pk")
    return [(event.action, event.actor_name, event.target_id, event.after) for event in found]


def test_log_in_is_recorded_with_its_methods(user):
    log_in(user)
    log_in(user, give_totp(user))

    assert events("login.succeeded") == [
        ("login.succeeded", "ada@example.com", str(user.pk), {"methods": ["password"]}),
        ("login.succeeded", "ada@example.com", str(user.pk), {"methods": ["password", "totp"]}),
    ]


@pytest.mark.parametrize("typed", ["ada@example.com", "ADA@Example.com"])
def test_failed_log_in_names_the_account(user, typed):
    Client().post(reverse("account_login"), {"login": typed, "password": "wrong-word-1"}, REMOTE_ADDR="192.0.2.7")

    assert events("login.failed") == [("login.failed", "", str(user.pk), {})]
    assert AuditEvent.objects.get(action="login.failed").address == "192.0.2.7"


def test_what_nobody_is_called_is_kept_nowhere(user):
    # Somebody typed a password into the wrong field.
    Client().post(reverse("account_login"), {"login": "hunter2@my.secret", "password": "x-ada@example.com"})

    assert events("login.failed") == [("login.failed", "", "", {})]
    assert "hunter2" not in str(AuditEvent.objects.values())


def test_wrong_code_and_wrong_password_asked_for_again_are_recorded(user):
    client = log_in(user, give_totp(user))
    client.post(reverse("mfa_reauthenticate"), {"code": "000000"})
    client.post(reverse("account_reauthenticate"), {"password": "wrong-word-1"})
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    client.post(reverse("account_logout"))

    actions = ["login.factor_failed", "login.failed", "session.reauthenticated", "session.logged_out"]
    assert [(action, target) for action, _, target, _ in events(*actions)] == [
        (action, str(user.pk)) for action in actions
    ]


def test_own_change_of_the_password_is_recorded_without_it(user):
    client = log_in(user)
    fields = {"oldpassword": PASSWORD, "password1": "violet-otter-maps-91", "password2": "violet-otter-maps-91"}

    client.post(reverse("account_change_password"), fields)

    assert events("user.password_changed") == [("user.password_changed", "ada@example.com", str(user.pk), {})]
    assert "violet-otter" not in str(AuditEvent.objects.values())
