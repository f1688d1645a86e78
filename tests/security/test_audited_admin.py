"""Every model of the admin × add, change, delete, action leaves an event with what it was before and after.

A model without a row here fails, so that nobody forgets a new one.
"""

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent, OutgoingMail
from questions.models import Question
from questions.queries import version_of
from tests.exams.pages import fields_of
from tests.factories import CohortFactory, UserFactory
from tests.security.routes import model_of
from tests.security.test_matrix import RIGHTS

pytestmark = pytest.mark.django_db
NOW = timezone.now()

# What is typed into the form of a change, and what the event says of it before and after.
CHANGES = {
    "auth.group": ({"name": "Readers"}, {"name": "Writers"}, {"name": "Readers"}),
    "account.emailaddress": ({"verified": None}, {"verified": True}, {"verified": False}),
    "accounts.user": (
        {"name": "New", "is_staff": "on"},
        {"name": "Owner", "is_staff": False},
        {"name": "New", "is_staff": True},
    ),
    "questions.question": ({"difficulty": "hard"}, {"difficulty": "medium"}, {"difficulty": "hard"}),
    "exams.cohort": ({"name": "New"}, {"name": "Old"}, {"name": "New"}),
    "exams.exam": ({"minutes": "31"}, {"minutes": 30}, {"minutes": 31}),
}
OPTIONS = {"option_1_text": "A", "option_2_text": "B"}
ADDED = {
    "auth.group": {"name": "Readers"},
    "account.emailaddress": {"user": "1", "email": "new@example.com"},
    "accounts.user": {
        "email": "new@example.com",
        "usable_password": "true",
        "password1": "violet-heron-12",
        "password2": "violet-heron-12",
    },
    "questions.question": {"code": "new", "stem": "Which?", "placements-0-task": "", **OPTIONS},
    "exams.cohort": {"name": "New"},
    "exams.exam": {"title": "New", "slug": "new", "certification": "1", "question_count": "4", "minutes": "30"},
}
# Actions beside "delete selected": what is chosen in the page that asks, and what the event says of it.
ACTIONS: dict[str, dict[str, Any]] = {
    "accounts.outgoingmail": {"try_again": ({}, {"tries": 3}, {"tries": 0})},
    "exams.cohort": {
        "close_selected": ({}, {"closed_at": None}, None),
        "reopen_selected": None,  # it is not closed
    },
    "account.emailaddress": {"make_verified": ({}, {"verified": False}, {"verified": True})},
    "questions.question": {
        "publish_selected": None,  # the question is published already
        "review_selected": None,  # there is no draft to review
        "retire_selected": ({}, {"status": "published"}, {"status": "retired"}),
        "tag_selected": ({"add": "new"}, {"tags": []}, None),
        "move_selected": None,  # the row that moves is a placement
        "difficulty_selected": ({"difficulty": "hard"}, {"difficulty": "medium"}, {"difficulty": "hard"}),
        "export_selected": None,  # changes nothing
    },
}


def models_with(right):
    labels = {model._meta.label_lower for model in admin.site._registry}
    assert labels == set(RIGHTS)
    return sorted(label for label in labels if right in RIGHTS[label][1])


def page(label, name, *args):
    app_label, model_name = label.split(".")
    return reverse(f"admin:{app_label}_{model_name}_{name}", args=args)


def form_of(label):
    return f"{label.partition('.')[2]}_form"


def only_event(verb, label):
    (event,) = AuditEvent.objects.filter(action=f"{label.partition('.')[2]}.{verb}").exclude(after={"name": "Other"})
    return event


@pytest.mark.parametrize("label", models_with("c"))
def test_change_is_recorded(world, label):
    typed, before, after = CHANGES[label]
    type(world.candidate).objects.filter(pk=world.candidate.pk).update(name="Owner")
    type(world.cohort).objects.filter(pk=world.cohort.pk).update(name="Old")
    model = model_of(f"admin:{label.replace('.', '_')}_change")
    obj = Group.objects.create(name="Writers") if model is Group else world.object_of(model)
    client, url = world.client("superuser"), page(label, "change", obj.pk)
    fields = {**fields_of(client.get(url), form_of(label)), **typed, "_save": "1"}

    response = client.post(url, {name: value for name, value in fields.items() if value is not None})

    assert response.status_code == 302, response.context["errors"]
    event = only_event("changed", label)
    assert (event.actor, event.target_id) == (world.superuser, str(obj.pk))
    assert {name: event.before.get(name) for name in before} == before
    assert {name: event.after.get(name) for name in after} == after
    assert "password" not in event.before


@pytest.mark.parametrize("label", models_with("c"))
def test_save_that_changes_nothing_leaves_no_event(world, label):
    obj = world.object_of(model_of(f"admin:{label.replace('.', '_')}_change"))
    client, url = world.client("superuser"), page(label, "change", obj.pk)
    fields = {**fields_of(client.get(url), form_of(label)), "_save": "1"}
    client.post(url, fields)

    before = AuditEvent.objects.count()
    client.post(url, {**fields_of(client.get(url), form_of(label)), "_save": "1"})

    assert AuditEvent.objects.count() == before


@pytest.mark.parametrize("label", models_with("a"))
def test_addition_is_recorded(world, label):
    client, url = world.client("superuser"), page(label, "add")
    typed = dict(ADDED[label])
    for name, pk in (("user", world.other.pk), ("certification", world.attempt.exam.certification_id)):
        typed |= {name: pk} if name in typed else {}
    typed |= {"placements-0-task": str(world.question.placements.get().task)} if "placements-0-task" in typed else {}
    fields = {**fields_of(client.get(url), form_of(label)), **typed, "_save": "1"}

    response = client.post(url, {name: value for name, value in fields.items() if value is not None})

    assert response.status_code == 302, response.context["errors"]
    event = only_event("added", label)
    assert event.actor == world.superuser
    assert event.before == {}
    name, value = next(iter(typed.items()))
    assert str(event.after.get(f"{name}_id", event.after.get(name))) == str(value)
    assert "password" not in event.after


def deletable(world, label):
    made = {
        "auth.group": lambda: Group.objects.create(name="Readers"),
        "exams.cohort": lambda: CohortFactory(),
        "account.emailaddress": lambda: world.other.emailaddress_set.create(email="second@example.com"),
        "mfa.authenticator": lambda: world.key,
    }
    return made[label]()


@pytest.mark.parametrize("how", ["page", "action"])
@pytest.mark.parametrize("label", models_with("d"))
def test_deletion_is_recorded(world, label, how):
    obj = deletable(world, label)
    client = world.client("superuser")
    if how == "page":
        response = client.post(page(label, "delete", obj.pk), {"post": "yes"})
    else:
        fields = {"action": "delete_selected", "_selected_action": obj.pk, "post": "yes"}
        response = client.post(page(label, "changelist"), fields)

    assert response.status_code == 302
    event = only_event("deleted", label)
    assert (event.actor, event.target_id, event.target_name) == (world.superuser, str(obj.pk), str(obj))
    assert event.before != {}
    assert event.after == {}
    assert not {"password", "data", "invite_token"} & set(event.before)


def test_every_action_has_a_row(world, rf):
    request = rf.get("/")
    request.user = world.superuser

    actions = {
        model._meta.label_lower: {name for name in model_admin.get_actions(request) if name != "delete_selected"}
        for model, model_admin in admin.site._registry.items()
    }

    assert {label: names for label, names in actions.items() if names} == {
        label: set(names) for label, names in ACTIONS.items()
    }


@pytest.mark.parametrize(
    ("label", "name"), [(label, name) for label, rows in ACTIONS.items() for name, row in rows.items() if row]
)
def test_action_is_recorded(world, label, name):
    typed, before, after = ACTIONS[label][name]
    type(world.address).objects.filter(pk=world.address.pk).update(verified=False)
    mail = OutgoingMail.objects.create(
        recipient="a@example.com", queued_at=NOW, due_at=NOW, parked_at=NOW, tries=3, content={"body": "A link"}
    )
    model = model_of(f"admin:{label.replace('.', '_')}_change")
    obj = mail if model is OutgoingMail else world.object_of(model)

    seen = {f"seen-{obj.pk}": version_of(obj)} if model is Question else {}
    fields = {"action": name, "_selected_action": obj.pk, "_confirmed": "1", **seen, **typed}
    world.client("superuser").post(page(label, "changelist"), fields)

    event = only_event("changed", label)
    assert (event.actor, event.target_id) == (world.superuser, str(obj.pk))
    assert {key: event.before.get(key) for key in before} == before
    assert "content" not in event.before
    assert after is None or {key: event.after.get(key) for key in after} == after


def test_rows_and_groups_and_permissions_are_in_the_event(world):
    group = Group.objects.create(name="Readers")
    permission = Permission.objects.get(codename="view_exam")
    client = world.client("superuser")

    url = page("auth.group", "change", group.pk)
    client.post(url, {**fields_of(client.get(url), "group_form"), "permissions": [permission.pk]})
    url = page("accounts.user", "change", world.other.pk)
    fields = {**fields_of(client.get(url), "user_form"), "groups": [group.pk]}
    client.post(url, fields)

    assert only_event("changed", "auth.group").after == {"permissions": [permission.pk]}
    event = AuditEvent.objects.get(action="user.changed", target_id=str(world.other.pk))
    assert (event.before["groups"], event.after["groups"]) == ([], [group.pk])


def test_quotas_of_an_exam_are_in_its_event(world):
    exam = world.attempt.exam
    domain = exam.certification.domains.first()
    client, url = world.client("superuser"), page("exams.exam", "change", exam.pk)
    row = {"quotas-TOTAL_FORMS": "1", "quotas-0-domain": domain.pk, "quotas-0-question_count": exam.question_count}

    client.post(url, {**fields_of(client.get(url), "exam_form"), **row})

    (quota,) = only_event("changed", "exams.exam").after["examquota"]
    assert (quota["domain_id"], quota["question_count"]) == (domain.pk, exam.question_count)


def test_refused_form_leaves_no_event(world):
    client, url = world.client("superuser"), page("exams.exam", "change", world.attempt.exam.pk)

    client.post(url, {**fields_of(client.get(url), "exam_form"), "minutes": "0"})

    assert AuditEvent.objects.filter(action="exam.changed").count() == 0
    assert UserFactory() is not None
