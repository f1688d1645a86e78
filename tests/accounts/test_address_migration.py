"""What was stored before addresses had one form gets it; of two that become one, the older stays."""

import datetime as dt
from importlib import import_module

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.db import connection
from django.utils import timezone

from accounts.models import User
from exams.cohorts.models import Invitation
from tests.factories import CohortFactory, UserFactory

pytestmark = pytest.mark.django_db

OF_ACCOUNTS = import_module("accounts.migrations.0009_normalize_addresses")
OF_INVITATIONS = import_module("exams.migrations.0010_normalize_addresses")


def store(table, pk, email):
    """Write an address as it was typed: the fields of today would normalize it."""
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET email = %s WHERE id = %s", [email, pk])  # noqa: S608


def test_accounts_and_their_addresses_get_one_form():
    user = UserFactory(email="ada@example.com", name="Ada\n Lovelace")
    store("accounts_user", user.pk, "ada\u200b@example.com")
    store("account_emailaddress", EmailAddress.objects.get().pk, "ada\u200b@example.com")

    OF_ACCOUNTS.normalize_users(apps, None)
    OF_ACCOUNTS.normalize_rows(apps, None)

    user.refresh_from_db()
    assert (user.email, user.name) == ("ada@example.com", "Ada Lovelace")
    assert EmailAddress.objects.get().email == "ada@example.com"


def test_account_whose_form_another_has_is_left_to_an_operator():
    first, second = UserFactory(email="ada@example.com"), UserFactory(email="b@example.com")
    store("accounts_user", second.pk, "ada\u200b@example.com")

    OF_ACCOUNTS.normalize_users(apps, None)

    stored = dict(User.objects.values_list("pk", "email"))
    assert stored == {first.pk: "ada@example.com", second.pk: "ada\u200b@example.com"}


def test_two_rows_of_one_account_become_one_and_stay_verified():
    user = UserFactory(email="ada@example.com")
    first = EmailAddress.objects.get()
    EmailAddress.objects.filter(pk=first.pk).update(verified=False)
    second = EmailAddress.objects.create(user=user, email="b@example.com", verified=True)
    store("account_emailaddress", second.pk, "ada\u200b@example.com")

    OF_ACCOUNTS.normalize_rows(apps, None)

    row = EmailAddress.objects.get()
    assert (row.email, row.verified, row.primary) == ("ada@example.com", True, True)


def test_of_two_invitations_that_become_one_the_older_stays():
    cohort, now = CohortFactory(), timezone.now()
    older, newer, other = (
        Invitation.objects.create(cohort=cohort, email=f"{name}@example.com", invited_at=now + dt.timedelta(days=day))
        for day, name in enumerate(("a", "ada", "bob"))
    )
    store("exams_invitation", older.pk, "ada\u200b@example.com")

    OF_INVITATIONS.normalize(apps, None)

    assert dict(Invitation.objects.values_list("pk", "email")) == {
        older.pk: "ada@example.com",
        other.pk: "bob@example.com",
    }
    assert newer.pk not in Invitation.objects.values_list("pk", flat=True)
