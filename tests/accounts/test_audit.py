import pytest

from accounts import audit
from accounts.models import AuditEvent
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
