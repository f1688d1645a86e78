"""Acts outside of the admin's own pages that leave an event: exports, forms, decisions about questions, commands."""

import io

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent, User
from exams.blueprints.queries.fixed_forms import form_version
from exams.blueprints.services import draw_form
from exams.corrections.services import order_rescore
from exams.problems.models import ProblemReport
from questions.queries import version_of
from questions.services import publish, save_draft
from tests.factories import make_content

pytestmark = pytest.mark.django_db


def exam_page(name, *numbers):
    return lambda world: reverse(f"admin:exams_exam_{name}", args=[world.attempt.exam.pk, *numbers])


def form_of(world):
    return draw_form(exam=world.attempt.exam, by=world.instructor, now=timezone.now(), seed=5)[0]


def on_form(world, client, name, **fields):
    form = form_of(world)
    return client.post(exam_page(name, form.number)(world), {**fields, "seen": form_version(form)})


ACTS = {
    "questions.exported": lambda world, client: client.post(
        reverse("admin:questions_question_export"), {"format": "yaml"}
    ),
    "cohort.exported": lambda world, client: client.get(
        reverse("admin:exams_cohort_export", args=[world.cohort.pk, "csv"])
    ),
    "form.drawn": lambda world, client: client.post(exam_page("draw")(world)),
    "form.printed": lambda world, client: client.get(exam_page("form_pdf", 1)(world)),
    "key.printed": lambda world, client: client.get(exam_page("key_pdf", 1)(world)),
    "form.question_replaced": lambda world, client: on_form(world, client, "form_replace", position="1", code=""),
    "form.deleted": lambda world, client: on_form(world, client, "form_delete"),
    "question.retired": lambda world, client: client.post(
        reverse("admin:questions_question_step", args=[world.question.pk]),
        {"step": "retire", "_confirmed": "1", "seen": version_of(world.question)},
    ),
    "problem.answered": lambda world, client: client.post(
        reverse("admin:exams_problemreport_question", args=[world.question.pk]),
        {**dict.fromkeys(("reports", "seen"), ProblemReport.objects.get().pk), "outcome": "kept", "answer": "No."},
    ),
    "cohort.link_renewed": lambda world, client: client.post(
        reverse("admin:exams_cohort_people", args=[world.cohort.pk]), {"action": "renew"}
    ),
    "import.applied": lambda world, client: client.post(
        reverse("admin:questions_question_import_check", args=[world.import_draft.pk]),
        {"apply": "1", "fingerprint": fingerprint(world, client)},
    ),
}


def fingerprint(world, client):
    page = client.get(reverse("admin:questions_question_import_check", args=[world.import_draft.pk]))
    return page.context["fingerprint"]


@pytest.mark.parametrize("action", ACTS)
def test_act_of_an_instructor_is_recorded_with_who_and_from_where(world, action):
    before = AuditEvent.objects.filter(action=action).count()

    response = ACTS[action](world, world.client("instructor", REMOTE_ADDR="192.0.2.9"))

    assert response.status_code in (200, 302)
    assert AuditEvent.objects.filter(action=action).count() == before + 1
    event = AuditEvent.objects.filter(action=action).first()
    assert (event.actor, event.address) == (world.instructor, "192.0.2.9")


def test_form_says_which_question_it_had_and_has(world):
    ACTS["form.question_replaced"](world, world.client("instructor"))

    event = AuditEvent.objects.get(action="form.question_replaced")
    assert set(event.before) == set(event.after) == {"position", "question"}
    assert event.before["question"] != event.after["question"]


def test_publication_and_rescore_are_recorded(world):
    now, by = timezone.now(), world.instructor
    save_draft(question=world.question, content=make_content("new"), by=by, now=now)
    old = world.question.published_revision
    publish(question=world.question, by=by, now=now)
    world.question.refresh_from_db()
    order_rescore(old_revision=old, rule="credit", by=by, reason="Two readings.", now=now)

    assert AuditEvent.objects.get(action="question.published").after == {"revision": 2}
    assert AuditEvent.objects.filter(action="rescore.ordered").first().after["rule"] == "credit"


def test_commands_about_people_are_recorded(settings):
    call_command("createsuperuser", email="root@example.com", interactive=False, stdout=io.StringIO())
    settings.DEMO = True
    call_command("create_demo_users")

    people = dict(AuditEvent.objects.filter(action="user.added").values_list("target_name", "actor"))
    assert people == {"root@example.com": None, "Demo candidate": None, "Demo instructor": None}


def test_password_set_by_the_command_is_recorded(monkeypatch):
    User.objects.create_user("someone@example.com", "secret-word-1")
    monkeypatch.setattr("getpass.getpass", lambda prompt: "another-word-2-of-mine")

    call_command("changepassword", "someone@example.com", stdout=io.StringIO())

    assert AuditEvent.objects.filter(action="user.password_changed").count() == 1
