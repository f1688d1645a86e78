import pytest
from django.contrib.auth.models import Group
from django.utils.translation import gettext, gettext_lazy, override

from accounts import audit

pytestmark = pytest.mark.django_db


def test_event_names_its_target_alike_whatever_language_the_person_reads(monkeypatch):
    # A person's rows are found by such names when they are erased: see exams.people.own_data.rows_in_the_log.
    monkeypatch.setattr(Group, "__str__", lambda self: gettext("Log in"))
    group = Group.objects.create(name="Readers")

    with override("es"):
        event = audit.record("group.named", by=None, target=group, after={"label": gettext_lazy("Log in")})

    assert (event.target_name, event.after) == ("Log in", {"label": "Log in"})


def test_recording_an_event_leaves_the_language_as_it_was(monkeypatch):
    with override("es"):
        audit.record("group.named", by=None)

        assert gettext("Log in") == "Iniciar sesión"
