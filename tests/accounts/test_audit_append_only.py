"""Nothing changes the audit log: not our code, not SQL. Two functions may, within one transaction each."""

import datetime as dt

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from accounts import audit
from accounts.models import AuditEvent, AuditIsAppendOnly, AuditPermit
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


@pytest.fixture
def event():
    return audit.record("exam.changed", by=UserFactory(), target=UserFactory(), before={"a": 1}, after={"a": 2})


def _save(event):
    event.action = "nothing.happened"
    event.save()


@pytest.mark.parametrize(
    "change",
    [
        _save,
        lambda event: event.save(update_fields=["action"]),
        lambda event: event.delete(),
        lambda event: AuditEvent.objects.update(action="x"),
        lambda event: AuditEvent.objects.filter(pk=event.pk).delete(),
        lambda event: AuditEvent.objects.bulk_update([event], ["action"]),
        lambda event: AuditEvent.objects.update_or_create(pk=event.pk, defaults={"action": "x"}),
    ],
)
def test_our_own_code_cannot_change_the_log(event, change):
    with pytest.raises(AuditIsAppendOnly):
        change(event)

    assert list(AuditEvent.objects.values_list("action", flat=True)) == ["exam.changed"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE accounts_auditevent SET action = 'x'",
        "UPDATE accounts_auditevent SET actor_name = ''",
        "UPDATE accounts_auditevent SET after = '{}'",
        "DELETE FROM accounts_auditevent",
    ],
)
def test_sql_cannot_change_the_log(event, statement):
    with connection.cursor() as cursor, pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        cursor.execute(statement)

    assert list(AuditEvent.objects.values_list("action", "actor_name", "after")) == [
        ("exam.changed", event.actor_name, {"a": 2})
    ]


def test_whole_table_cannot_be_emptied(event):
    statement = "TRUNCATE" if connection.vendor == "postgresql" else "DELETE FROM"
    with connection.cursor() as cursor, pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        cursor.execute(f"{statement} accounts_auditevent")


@pytest.mark.parametrize("column", ["action = 'x'", "at = NULL", "target_id = '0'", "actor_id = 0", "request_id = 'x'"])
def test_act_stays_even_where_names_may_be_erased(event, column):
    AuditPermit.objects.create(reason="erasure")
    with connection.cursor() as cursor, pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        cursor.execute(f"UPDATE accounts_auditevent SET {column}")  # noqa: S608


def test_actor_who_is_gone_stays_a_number(event):
    number = event.actor_id
    event.actor.delete()

    assert AuditEvent.objects.values_list("actor_id", flat=True).get() == number


def test_erasure_takes_out_what_names_one_person_and_nothing_else(event):
    person, other = UserFactory(email="m@example.com"), UserFactory(email="jim@example.com")
    audit.record("login.failed", by=None, after={"email": "m@example.com"})
    audit.record("login.failed", by=None, after={"email": "jim@example.com"})
    audit.record("user.changed", by=other, target=person, before={"name": "A"}, after={"name": "B"})
    audit.record("exam.changed", by=person, before={"minutes": 1})

    about = audit.events_about(person, addresses=["m@example.com"])
    audit.erase_names(person=person, about=about)

    assert list(AuditEvent.objects.order_by("pk").values_list("actor_name", "target_name", "before", "after"))[1:] == [
        ("", "", {}, audit.ERASED),
        ("", "", {}, {"email": "jim@example.com"}),
        ("jim@example.com", "", audit.ERASED, audit.ERASED),
        ("", "", {"minutes": 1}, {}),
    ]
    assert AuditPermit.objects.count() == 0


def test_events_older_than_the_retention_time_go_and_that_is_recorded(event, monkeypatch):
    monkeypatch.setattr(audit, "BATCH", 2)
    now = timezone.now()
    for days in (40, 30, 20, 10):
        AuditEvent(at=now - days * DAY, action="exam.changed").save()

    deleted = audit.delete_older_than(moment=now - 15 * DAY)

    assert deleted == 3
    assert list(AuditEvent.objects.values_list("action", flat=True)) == [
        "audit.expired",
        "exam.changed",
        "exam.changed",
    ]
    assert AuditEvent.objects.get(action="audit.expired").after["events"] == 3
    assert AuditPermit.objects.count() == 0
