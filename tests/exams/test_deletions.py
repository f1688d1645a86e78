"""What people took, and the terms they took it under, is never deleted or loosened: every deletion of the admin."""

import datetime as dt

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import PROTECT, ProtectedError
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.roles import INSTRUCTORS
from exams.attempts.models import Attempt, Extension
from exams.attempts.queries.terms import terms_of
from exams.blueprints.models import Exam
from exams.cohorts.models import Accommodation, Cohort
from exams.problems.services import report_problem
from exams.release.queries import shown_of
from exams.results.queries import cohorts as queries
from exams.scoring.models import Score
from tests.exams.helpers import client_of, finish
from tests.exams.pages import fields_of
from tests.factories import AssignmentFactory, CohortFactory, UserFactory, make_attempt, make_exam

pytestmark = pytest.mark.django_db
NOW = timezone.now()
DAY = dt.timedelta(days=1)
DELETABLE = sorted(
    model._meta.label_lower
    for model in admin.site._registry
    if model._meta.label_lower not in {"accounts.auditevent", "questions.revision"}
)


class Taught:
    """Two of a cohort who took its exam, one with a later end, whose keys wait; one who took it without a cohort."""

    def __init__(self):
        later = Exam.Release.AFTER_WINDOW
        self.superuser = UserFactory(superuser=True)
        self.instructor = UserFactory(instructor=True)
        self.members = [UserFactory(), UserFactory()]
        self.loner = UserFactory()
        self.exam = make_exam(show_key=later, show_explanations=later)
        self.cohort = CohortFactory(instructor=self.instructor, members=self.members)
        self.assignment = AssignmentFactory(cohort=self.cohort, exam=self.exam, closes_at=NOW + DAY, attempts_allowed=1)
        Accommodation.objects.create(
            assignment=self.assignment, candidate=self.members[1], closes_at=NOW + 9 * DAY, extra_time_percent=50
        )
        for person in [*self.members, self.loner]:
            attempt = make_attempt(exam=self.exam, candidate=person, now=NOW - DAY)
            Extension.objects.create(attempt=attempt, minutes=5, reason="Fire", by=self.instructor, at=NOW)
            finish(attempt, right=2)
        open_exam = make_exam()
        for person in self.members:
            attempt = make_attempt(exam=open_exam, candidate=person, now=NOW - DAY)
            finish(attempt, right=1)
            report_problem(candidate=person, attempt_id=attempt.pk, position=1, kind="typo", text="A comma.", now=NOW)

    @property
    def people(self):
        return [*self.members, self.loner, self.instructor]

    def has(self, person):
        """Return all that this person has or is shown, now and when the assignment has closed."""
        person = User.objects.get(pk=person.pk)
        attempts = Attempt.objects.filter(candidate=person).select_related("exam").order_by("pk")
        client = client_of(person)
        pages = [client.get(reverse("exams:review-all", args=[attempt.pk])) for attempt in attempts]
        taught = Cohort.objects.filter(instructors=person)
        return {
            "attempts": [(attempt.pk, attempt.assignment_id, attempt.form_id) for attempt in attempts],
            "scores": list(Score.objects.filter(attempt__candidate=person).order_by("pk").values()),
            "extensions": list(Extension.objects.filter(attempt__candidate=person).values()),
            "reports": list(person.problem_reports.values()),
            "shown": [shown_of(attempt, NOW + days * DAY) for attempt in attempts for days in (0, 2, 10)],
            "reviews": [(page.status_code, "Because" in page.text) for page in pages],
            "terms": [
                (terms.closes_at, terms.attempts_left, terms.extra_time_percent)
                for terms in [terms_of(person, self.exam, NOW)]
            ],
            "progress": [
                (row.candidate.pk, [(cell.state, cell.score and cell.score.pk) for cell in row.cells])
                for cohort in taught
                for row in queries.progress(cohort, NOW)
            ],
            "rights": sorted(person.get_all_permissions()),
            "log-in": [person.is_active, *person.emailaddress_set.values_list("email", "verified", "primary")],
        }


@pytest.fixture
def taught():
    return Taught()


@pytest.mark.parametrize("how", ["page", "action"])
@pytest.mark.parametrize("label", DELETABLE)
def test_nothing_that_a_superuser_deletes_changes_what_others_have(taught, label, how):
    app_label, name = label.split(".")
    (model,) = [model for model in admin.site._registry if model._meta.label_lower == label]
    before = [taught.has(person) for person in taught.people]
    client = client_of(taught.superuser)

    for obj in model._base_manager.all():
        if how == "page":
            client.post(reverse(f"admin:{app_label}_{name}_delete", args=[obj.pk]), {"post": "yes"})
        else:
            fields = {"action": "delete_selected", "_selected_action": obj.pk, "post": "yes"}
            client.post(reverse(f"admin:{app_label}_{name}_changelist"), fields)

    assert [taught.has(person) for person in taught.people] == before


def test_cohort_in_which_nothing_was_taken_can_be_deleted(taught):
    cohort = CohortFactory(members=taught.members)

    page = client_of(taught.superuser).get(reverse("admin:exams_cohort_delete", args=[cohort.pk]))
    client_of(taught.superuser).post(reverse("admin:exams_cohort_delete", args=[cohort.pk]), {"post": "yes"})

    assert all(str(person) in page.text for person in taught.members)
    assert not Cohort.objects.filter(pk=cohort.pk).exists()


def test_refused_deletion_of_a_cohort_says_what_to_do_instead(taught):
    page = client_of(taught.superuser).get(reverse("admin:exams_cohort_delete", args=[taught.cohort.pk]))

    assert "Close the cohort instead" in page.text


def test_deleting_a_group_names_who_loses_its_permissions(taught):
    group = Group.objects.create(name="Readers")
    taught.loner.groups.add(group)

    page = client_of(taught.superuser).get(reverse("admin:auth_group_delete", args=[group.pk]))

    assert taught.loner.email in page.text


def test_group_of_instructors_keeps_its_name(taught):
    group = Group.objects.get(name=INSTRUCTORS)
    url = reverse("admin:auth_group_change", args=[group.pk])

    client_of(taught.superuser).post(url, {"name": "Others", "permissions": []})

    group.refresh_from_db()
    assert group.name == INSTRUCTORS


# Of every relation that says who took, gave or wrote something. What may go with the row it belongs to is not here.
PROTECTED = {
    "accounts.extratime": {"granted_by"},
    "exams.attempt": {"candidate", "exam", "assignment", "form"},
    "exams.attemptitem": {"attempt", "question", "revision", "task"},
    "exams.score": {"attempt", "rescore"},
    "exams.extension": {"attempt", "by"},
    "exams.accommodation": {"assignment", "candidate"},
    "exams.problemreport": {"question", "revision", "item", "candidate", "resolved_by"},
    "exams.rescore": {"question", "old_revision", "revision", "by"},
    "exams.examform": {"created_by"},
    "questions.revision": {"created_by"},
    "questions.questionevent": {"by"},
}


@pytest.mark.parametrize("label", PROTECTED)
def test_relation_that_says_who_took_gave_or_wrote_something_is_protected(label):

    fields = {
        field.name: field.remote_field.on_delete for field in apps.get_model(label)._meta.fields if field.remote_field
    }

    assert {name for name, on_delete in fields.items() if on_delete is PROTECT} >= PROTECTED[label]


def test_code_cannot_delete_who_took_something(taught):
    with pytest.raises(ProtectedError):
        taught.loner.delete()
    with pytest.raises(ProtectedError):
        Attempt.objects.all().delete()
    with pytest.raises(ProtectedError):
        taught.instructor.delete()


# --- Closing a cohort instead ----------------------------------------------------------------------------------------


def act(taught, action):
    fields = {"action": action, "_selected_action": taught.cohort.pk}
    client_of(taught.instructor).post(reverse("admin:exams_cohort_changelist") + "?state=all", fields)
    taught.cohort.refresh_from_db()


def listed(taught, query=""):
    page = client_of(taught.instructor).get(reverse("admin:exams_cohort_changelist") + query)
    return list(page.context["cl"].result_list)


def test_closed_cohort_is_hidden_and_changes_nothing_for_anybody(taught):
    before = [taught.has(person) for person in taught.people]

    act(taught, "close_selected")

    assert [taught.has(person) for person in taught.people] == before
    assert (listed(taught), listed(taught, "?state=closed"), listed(taught, "?state=all")) == (
        [],
        [taught.cohort],
        [taught.cohort],
    )


def test_closed_cohort_takes_nobody_by_its_link_until_it_is_reopened(taught):
    url = reverse("exams:join", args=[taught.cohort.invite_token])

    act(taught, "close_selected")
    closed = client_of(taught.loner).get(url)
    act(taught, "reopen_selected")
    reopened = client_of(taught.loner).get(url)

    assert (closed.status_code, reopened.status_code) == (404, 200)


def test_assignment_with_special_terms_cannot_be_removed_from_its_cohort(taught):
    assignment = AssignmentFactory(cohort=taught.cohort)
    Accommodation.objects.create(assignment=assignment, candidate=taught.members[0], extra_time_percent=25)
    url = reverse("admin:exams_cohort_change", args=[taught.cohort.pk])
    client = client_of(taught.superuser)

    page = client.post(url, {**fields_of(client.get(url), "cohort_form"), "assignments-1-DELETE": "on"})

    assert f"protected related objects: accommodation {taught.members[0]} in {assignment}" in page.text
    assert taught.cohort.assignments.count() == 2
