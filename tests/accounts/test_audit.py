import json

import pytest
from django.utils import timezone

from accounts import audit
from accounts.models import AuditEvent
from config.logs import JsonLines
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db


def test_record_keeps_who_what_where_and_what_changed(rf):
    actor, target = UserFactory(), UserFactory()

    with audit.of_request(rf.get("/", REMOTE_ADDR="192.0.2.7", REQUEST_ID="request-1")):
        audit.record("user.role_changed", by=actor, target=target, before={"is_staff": False}, after={"is_staff": True})

    event = AuditEvent.objects.get()
    assert (event.action, event.actor, event.actor_name) == ("user.role_changed", actor, actor.email)
    assert (event.address, event.request_id) == ("192.0.2.7", "request-1")
    assert (event.target_type, event.target_id, event.target_name) == ("accounts.user", str(target.pk), str(target))
    assert (event.before, event.after) == ({"is_staff": False}, {"is_staff": True})


def test_line_of_the_log_names_people_by_number(caplog, django_capture_on_commit_callbacks):
    actor = UserFactory()

    with caplog.at_level("INFO", "audit"), django_capture_on_commit_callbacks(execute=True):
        audit.record("login.succeeded", by=actor)

    assert caplog.messages == [f"login.succeeded by {actor.pk} on - from -"]


def test_shipped_line_has_fields_that_a_machine_reads(caplog, django_capture_on_commit_callbacks):
    actor = UserFactory()

    with caplog.at_level("INFO", "audit"), django_capture_on_commit_callbacks(execute=True):
        event = audit.record("user.changed", by=actor, target=actor, after={"name": "Not in the line"})
    line = json.loads(JsonLines().format(caplog.records[0]))

    assert line["message"] == f"user.changed by {actor.pk} on accounts.user {actor.pk} from -"
    assert {name: line[name] for name in ("event_id", "action", "actor_id", "target_type", "target_id")} == {
        "event_id": event.pk,
        "action": "user.changed",
        "actor_id": actor.pk,
        "target_type": "accounts.user",
        "target_id": str(actor.pk),
    }
    assert "Not in the line" not in str(line)


def test_what_json_does_not_know_is_written_as_people_read_it(db):
    moment, person = timezone.now(), UserFactory(name="Somebody")

    event = audit.record("exam.changed", by=None, after={"closes_at": moment, "by": person})

    event.refresh_from_db()
    assert event.after == {"closes_at": f"{moment.isoformat(timespec='milliseconds')[:23]}Z", "by": "Somebody"}
