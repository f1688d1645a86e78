"""The plain SQL by which each request finds its session and its person reads what the ORM reads, on each database."""

import datetime as dt

import pytest
from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts.backends import UserBackend
from accounts.models import User
from accounts.sessions import SessionStore
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

SECOND = dt.timedelta(seconds=1)


def loaded(user):
    return {field.attname: getattr(user, field.attname) for field in User._meta.concrete_fields}


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"is_staff": True, "is_superuser": True, "name": "Ada “%s” \\ ü", "time_zone": "Asia/Kolkata"},
        {"last_login": timezone.now(), "extra_time_percent": 25, "extra_time_until": timezone.now()},
        {"session_epoch": 7, "erased_at": timezone.now(), "declined_time_zone": "UTC"},
    ],
)
def test_person_is_read_as_the_orm_reads_them(fields):
    pk = UserFactory(**fields).pk

    user = UserBackend().get_user(pk)

    expected = User.objects.get(pk=pk)
    assert loaded(user) == loaded(expected)
    assert {name: type(value) for name, value in loaded(user).items()} == {
        name: type(value) for name, value in loaded(expected).items()
    }
    assert user.get_session_auth_hash() == expected.get_session_auth_hash()
    assert (user.changes, user.get_deferred_fields()) == ({}, set())


@pytest.mark.parametrize("is_active", [True, False])
def test_only_who_is_active_is_found(is_active):
    pk = UserFactory(is_active=is_active).pk

    assert [backend().get_user(pk) is not None for backend in (UserBackend, AuthenticationBackend)] == [is_active] * 2


def test_nobody_is_found_by_a_number_nobody_has():
    assert UserBackend().get_user(0) is None


def stored(**data):
    store = db.SessionStore()
    store.update(data)
    store.save()
    return store.session_key


def test_session_is_read_as_django_reads_it():
    key = stored(a=1, words="ü %s")

    store = SessionStore(key)

    assert dict(store.items()) == dict(db.SessionStore(key).items()) == {"a": 1, "words": "ü %s"}


@pytest.mark.parametrize("left", [-SECOND, dt.timedelta(0), SECOND])
def test_session_ends_at_the_moment_django_ends_it(time_machine, left):
    key = stored(a=1)
    time_machine.move_to(timezone.now(), tick=False)
    Session.objects.filter(pk=key).update(expire_date=timezone.now() + left)

    ours, theirs = SessionStore(key), db.SessionStore(key)

    assert ours.get("a") == theirs.get("a") == (1 if left > dt.timedelta(0) else None)
    assert (ours.session_key is None) == (theirs.session_key is None) == (left <= dt.timedelta(0))


@pytest.mark.parametrize("key", ["nowhere" * 3, "'; DROP TABLE django_session; --"])
def test_made_up_key_leads_nowhere_and_is_not_kept(key):
    store = SessionStore(key)

    assert store.get("a") is None
    assert store.session_key is None


def test_deleted_session_is_gone_at_once():
    key = stored(a=1)
    assert SessionStore(key).get("a") == 1

    Session.objects.filter(pk=key).delete()

    assert SessionStore(key).get("a") is None
