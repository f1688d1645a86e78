"""What nobody confirmed and what nobody imported goes by itself."""

import datetime as dt

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.expiring import delete_unconfirmed
from accounts.models import AuditEvent, User
from accounts.tasks import delete_unconfirmed as task
from exams.tasks import apply_retention
from questions.models import ImportDraft
from tests.factories import UserFactory, make_attempt

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 21, 9, 0, tzinfo=dt.UTC)
DAYS = 14


def stranger(**fields):
    """Somebody who signed up two weeks ago and never confirmed the address."""
    user = UserFactory(**{"joined_at": NOW - dt.timedelta(days=DAYS, seconds=1)} | fields)
    EmailAddress.objects.filter(user=user).update(verified=False)
    return user


def confirmed():
    user = stranger()
    EmailAddress.objects.filter(user=user).update(verified=True)
    return user


def made_by_a_superuser():
    user = stranger()
    user.set_unusable_password()
    user.save()
    return user


def with_an_attempt():
    user = stranger()
    make_attempt(candidate=user)
    return user


STAY = {
    "confirmed": confirmed,
    "made by a superuser": made_by_a_superuser,
    "too young": lambda: stranger(joined_at=NOW - dt.timedelta(days=DAYS)),
    "logged in once": lambda: stranger(last_login=NOW - dt.timedelta(days=20)),
    "staff": lambda: stranger(is_staff=True),
    "superuser": lambda: stranger(is_superuser=True),
    "sits an exam": with_an_attempt,
}


def test_account_that_nobody_confirmed_is_deleted_with_its_address():
    user = stranger()

    assert delete_unconfirmed(days=DAYS, now=NOW) == 1
    assert not User.objects.filter(pk=user.pk).exists()
    assert not EmailAddress.objects.filter(email=user.email).exists()


@pytest.mark.parametrize("make", STAY.values(), ids=STAY)
def test_account_that_is_somebodys_stays(make):
    user = make()

    assert delete_unconfirmed(days=DAYS, now=NOW) == 0
    assert User.objects.filter(pk=user.pk).exists()


def test_no_days_delete_nobody():
    stranger()

    assert delete_unconfirmed(days=0, now=NOW) == 0


def test_audit_log_says_that_it_went_and_names_nobody():
    fields = {"email": "eve@example.com", "password1": "blue-heron-77", "password2": "blue-heron-77"}
    Client().post(reverse("account_signup"), fields)
    user = User.objects.get(email="eve@example.com")

    assert delete_unconfirmed(days=DAYS, now=timezone.now() + dt.timedelta(days=DAYS + 1)) == 1

    events = AuditEvent.objects.filter(target_type="accounts.user", target_id=str(user.pk))
    assert events.filter(action="account.expired").count() == 1
    assert "eve@example.com" not in str(list(events.values()))


def test_task_deletes_by_the_setting_each_hour():
    user = stranger()

    task()

    assert not User.objects.filter(pk=user.pk).exists()
    assert "accounts.delete_unconfirmed" in {row["task"] for row in settings.CELERY_BEAT_SCHEDULE.values()}


def test_uploaded_file_older_than_a_day_goes_without_another_upload():
    now = timezone.now()
    hours = {
        name: ImportDraft.objects.create(
            by=UserFactory(), name=name, format="csv", data=b"x", created_at=now - dt.timedelta(hours=age)
        )
        for name, age in {"old.csv": 25, "new.csv": 23}.items()
    }

    apply_retention()

    assert list(ImportDraft.objects.values_list("name", flat=True)) == [hours["new.csv"].name]


def test_privacy_page_says_when_such_an_account_goes(client):
    assert "is not confirmed within 14 days is deleted" in client.get(reverse("exams:privacy")).text
