"""A person who asks to be forgotten: what names them goes, what they took stays as nobody's, in one audited action."""

import datetime as dt
import re

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import audit
from accounts.models import AuditEvent, ExtraTime, OutgoingMail, User
from exams.attempts.models import Attempt
from exams.blueprints.models import Exam
from exams.cohorts.models import Accommodation, Invitation, PendingJoin
from exams.corrections.services import order_rescore, rescore_batch
from exams.exceptions import ErasureRefused
from exams.people.erasing import erase_inactive, erase_person
from exams.problems.models import ProblemReport
from exams.problems.services import report_problem
from exams.release.queries import shown_of
from exams.results.queries import cohorts as queries
from exams.scoring.models import Score
from exams.statistics.models import QuestionStatistics
from exams.statistics.services import count_scores
from exams.tasks import apply_retention
from questions.models import QuestionEvent
from questions.services import save_draft, send_to_review
from tests.exams.helpers import client_of, finish
from tests.factories import AssignmentFactory, CohortFactory, UserFactory, make_attempt, make_content, make_exam

pytestmark = pytest.mark.django_db
NOW = timezone.now()
DAY = dt.timedelta(days=1)
NAME, EMAIL, SECOND = "Zoë Quirk-Lindqvist", "zoe@example.com", "zoe.second@example.com"
WORD = "secret-word-1"


@pytest.fixture
def person():
    """Somebody who left a trace wherever a person can."""
    person, teacher = UserFactory(email=EMAIL, name=NAME), UserFactory(instructor=True)
    EmailAddress.objects.create(user=person, email=SECOND, verified=True)
    Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data={"secret": "x"})
    cohort = CohortFactory(instructor=teacher, members=[person, UserFactory()])
    assignment = AssignmentFactory(cohort=cohort, exam=make_exam(is_offered=False), closes_at=NOW + DAY)
    Accommodation.objects.create(
        assignment=assignment, candidate=person, extra_time_percent=50, closes_at=NOW + 3 * DAY
    )
    Invitation.objects.create(cohort=CohortFactory(), email=SECOND, name=NAME, invited_at=NOW)
    attempt = make_attempt(exam=assignment.exam, candidate=person, now=NOW - DAY)
    finish(attempt, right=3)
    report_problem(candidate=person, attempt_id=attempt.pk, position=1, kind="typo", text="A comma.", now=NOW)
    OutgoingMail.objects.create(recipient=EMAIL, subject="A link", content={"body": "x"}, queued_at=NOW, due_at=NOW)
    client_of(person)
    LogEntry.objects.create(
        user=teacher, content_type_id=1, object_id="5", object_repr="Cohort", action_flag=2,
        change_message=f"Removed {EMAIL}.",
    )  # fmt: skip
    audit.record("login.failed", by=None, after={"email": EMAIL})
    audit.record(
        "user.changed", by=UserFactory(superuser=True), target=person, before={"name": "Z"}, after={"name": NAME}
    )
    return person


def erased(person, **fields):
    erase_person(person=person, **{"by": person, "now": NOW, **fields})
    return User.objects.get(pk=person.pk)


def everything_stored():
    """Return all that is in the database, as one text."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        rows = []
        for table in tables:
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608
            rows += [f"{table}: {row}" for row in cursor.fetchall()]
    return "\n".join(rows)


def test_nothing_in_the_database_names_the_person(person):
    traces = [NAME, "Zo\\u00eb", EMAIL, SECOND]
    before = everything_stored()

    erased(person)

    after = everything_stored()
    assert all(trace in before for trace in (NAME, EMAIL, SECOND))
    assert [line for line in after.splitlines() for trace in traces if trace.lower() in line.lower()] == []


def test_nobody_can_log_in_to_the_account_again(person):
    browser = client_of(person)

    row = erased(person)

    assert (row.is_active, row.has_usable_password()) == (False, False)
    assert browser.get(reverse("exams:history")).status_code == 302
    answer = Client().post(reverse("account_login"), {"login": EMAIL, "password": WORD})
    assert answer.status_code == 200
    assert EmailAddress.objects.filter(user=person).count() == Authenticator.objects.filter(user=person).count() == 0
    own = [session for session in Session.objects.all() if session.get_decoded().get("_auth_user_id") == str(person.pk)]
    assert own == []


def test_what_was_taken_stays_the_same_as_nobodys(person):
    tables = [Attempt, Score, ProblemReport, apps.get_model("exams.AttemptItem")]
    before = [list(table.objects.order_by("pk").values()) for table in tables]

    row = erased(person)

    assert [list(table.objects.order_by("pk").values()) for table in tables] == before
    assert str(Attempt.objects.get().candidate) == str(row) == "a former candidate"


def test_statistics_count_the_results_as_before(person):
    def counted():
        QuestionStatistics.objects.all().delete()
        Score.objects.update(is_counted=False)
        while count_scores(now=NOW):
            pass
        return list(QuestionStatistics.objects.order_by("revision").values("revision", "reached", "right", "cells"))

    before = counted()
    erased(person)

    assert counted() == before != []


def test_rescore_still_reaches_the_results(person):
    item = Attempt.objects.get().items.select_related("revision").get(position=4)
    erased(person)

    order = order_rescore(
        old_revision=item.revision, rule="credit", by=UserFactory(instructor=True), reason="Two readings.", now=NOW
    )
    while rescore_batch(rescore_id=order.pk, now=NOW):
        pass

    assert list(Attempt.objects.get().scores.order_by("version").values_list("version", "correct")) == [(1, 3), (2, 4)]


def test_memberships_end_and_progress_names_nobody(person):
    cohort = person.cohorts.get()

    erased(person)

    rows = queries.progress(cohort, NOW)
    assert cohort.memberships.filter(candidate=person).count() == 0
    assert {str(row.candidate) for row in rows} & {NAME, EMAIL} == set()


def test_erasure_is_one_event_that_says_who_asked_for_it(person):
    superuser = UserFactory(superuser=True)

    erased(person, by=superuser)

    event = AuditEvent.objects.get(action="person.erased")
    assert (event.actor, event.actor_name, event.target_id) == (superuser, superuser.email, str(person.pk))


def test_what_withholds_a_key_from_others_stays(person):
    later = Exam.Release.AFTER_WINDOW
    attempt = Attempt.objects.get()
    Exam.objects.filter(pk=attempt.exam_id).update(show_key=later, show_explanations=later)
    other = attempt.assignment.cohort.candidates.exclude(pk=person.pk).get()
    theirs = make_attempt(exam=attempt.exam, candidate=other, now=NOW - DAY)
    finish(theirs)
    Accommodation.objects.update(closes_at=NOW + 3 * DAY)
    theirs = Attempt.objects.select_related("exam").get(pk=theirs.pk)
    before = shown_of(theirs, NOW + 2 * DAY)

    erased(person)

    assert before.key == "later"
    assert shown_of(theirs, NOW + DAY / 2).key == "later"


def test_what_an_instructor_wrote_stays_under_a_former_instructor():
    author, reviewer = UserFactory(instructor=True, name=NAME), UserFactory(instructor=True, name="Ruth Reviewer")
    question = make_exam().certification.domains.first().tasks.get().questions.first()
    save_draft(question=question, content=make_content("new"), by=author, now=NOW)
    send_to_review(question=question, reviewer=reviewer, by=author, now=NOW, text="Please.")

    erased(author)
    erased(reviewer)

    event = QuestionEvent.objects.get(kind="sent_to_review")
    question.refresh_from_db()
    assert (str(event.by), event.text) == ("a former instructor", "to a former instructor: Please.")
    assert question.reviewer is None
    assert question.revisions.get(number=2).created_by == author


# --- Refusals --------------------------------------------------------------------------------------------------------


def test_last_superuser_cannot_be_erased():
    superuser = UserFactory(superuser=True)
    UserFactory(superuser=True, is_active=False)

    with pytest.raises(ErasureRefused, match="last superuser"):
        erase_person(person=superuser, by=superuser, now=NOW)
    assert User.objects.get(pk=superuser.pk).is_superuser


def test_nobody_is_erased_while_an_exam_is_under_way(person):
    make_attempt(candidate=person)

    with pytest.raises(ErasureRefused, match="must be submitted first"):
        erase_person(person=person, by=person, now=NOW)
    assert User.objects.get(pk=person.pk).email == EMAIL


def test_person_is_erased_once(person):
    erased(person)

    with pytest.raises(ErasureRefused, match="already"):
        erase_person(person=person, by=None, now=NOW)


def test_own_name_erases_nothing_of_anybody_else():
    """Whoever calls themselves what the log is full of takes nothing with them but their own."""
    person, other = UserFactory(name="exam", email="m@example.com"), UserFactory(email="jim@example.com")
    audit.record("exam.changed", by=other, before={"exam": "exam"}, after={"email": "jim@example.com"})

    erased(person)

    event = AuditEvent.objects.get(action="exam.changed")
    assert (event.before, event.after) == ({"exam": "exam"}, {"email": "jim@example.com"})


# --- Retention -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "days", "is_erased"),
    [
        ({"last_login": NOW - 11 * DAY}, 10, True),
        ({"last_login": None, "joined_at": NOW - 11 * DAY}, 10, True),
        ({"last_login": NOW - 9 * DAY}, 10, False),
        ({"last_login": None, "joined_at": NOW - 9 * DAY}, 10, False),
        ({"last_login": NOW - 11 * DAY, "is_staff": True}, 10, False),
        ({"last_login": NOW - 11 * DAY}, 0, False),
    ],
)
def test_inactive_candidates_are_erased_after_the_time_that_is_set(fields, days, is_erased):
    person = UserFactory()
    User.objects.filter(pk=person.pk).update(**fields)

    assert erase_inactive(days=days, now=NOW) == int(is_erased)
    assert (User.objects.get(pk=person.pk).erased_at is not None) is is_erased


def test_daily_task_applies_the_settings(settings):
    settings.AUDIT_RETENTION_DAYS = 10
    AuditEvent(at=timezone.now() - 11 * DAY, action="exam.changed").save()
    audit.record("exam.added", by=None)

    apply_retention()

    assert set(AuditEvent.objects.values_list("action", flat=True)) == {"exam.added", "audit.expired"}
    assert "exams.apply_retention" in {row["task"] for row in settings.CELERY_BEAT_SCHEDULE.values()}


# --- Pages -----------------------------------------------------------------------------------------------------------


def test_people_delete_their_own_account_and_are_logged_out(person):
    client = client_of(person)

    response = client.post(reverse("exams:own-data"), {"action": "delete", "address": EMAIL.upper()}, follow=True)

    assert "Your account is deleted." in response.text
    assert User.objects.get(pk=person.pk).erased_at is not None
    assert client.get(reverse("exams:history")).status_code == 302


@pytest.mark.parametrize("address", ["", "other@example.com"])
def test_account_is_deleted_only_by_its_own_address(person, address):
    client_of(person).post(reverse("exams:own-data"), {"action": "delete", "address": address})

    assert User.objects.get(pk=person.pk).erased_at is None


def test_page_says_why_an_account_cannot_be_deleted_now(person):
    make_attempt(candidate=person)

    page = client_of(person).post(reverse("exams:own-data"), {"action": "delete", "address": EMAIL})

    assert "must be submitted first" in page.text


@pytest.mark.parametrize("fields", [{"action": "delete", "address": EMAIL}, {"action": "download"}])
def test_stolen_session_neither_deletes_nor_downloads(person, fields):
    client = client_of(person)
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=11), tick=False):
        response = client.post(reverse("exams:own-data"), fields)

    assert response.status_code == 302
    assert response.url.startswith((reverse("account_reauthenticate"), reverse("mfa_reauthenticate")))
    assert User.objects.get(pk=person.pk).erased_at is None


def test_superuser_erases_on_request_from_a_page_that_names_what_goes(person):
    client, url = client_of(UserFactory(superuser=True)), reverse("admin:accounts_user_erase", args=[person.pk])

    page = client.get(url)
    response = client.post(url)

    assert all(word in page.text for word in (NAME, EMAIL, str(person.former_memberships.get().cohort), "1 attempt"))
    assert response.status_code == 302
    assert User.objects.get(pk=person.pk).erased_at is not None


def test_privacy_page_names_the_audit_log_and_its_days(client):
    page = client.get(reverse("exams:privacy")).text

    assert re.sub(r"\s+", " ", page).count("Audit log") == 1
    assert f"{settings.AUDIT_RETENTION_DAYS} days" in page
    assert client.get(reverse("account_signup")).text.count(reverse("exams:privacy")) == 2


# --- Nothing is forgotten --------------------------------------------------------------------------------------------

# Every column that leads to a person, and what becomes of it when the person is erased. A new one needs a row, and
# perhaps a line in `erase_person` and in the download.
GONE, NOBODYS = "deleted", "stays, as nobody's"
COLUMNS = {
    "account.EmailAddress.user": GONE,
    "mfa.Authenticator.user": GONE,
    "accounts.ExtraTime.user": GONE,
    "accounts.ExtraTime.granted_by": NOBODYS,
    "accounts.AuditEvent.actor": NOBODYS,
    "admin.LogEntry.user": NOBODYS,
    "accounts.User_groups.user": GONE,
    "accounts.User_user_permissions.user": GONE,
    "accounts.UsedTotpStep.user": GONE,
    "usersessions.UserSession.user": GONE,
    "exams.Attempt.candidate": NOBODYS,
    "exams.Accommodation.candidate": NOBODYS,
    "exams.Cohort_instructors.user": GONE,
    "exams.ExamForm.created_by": NOBODYS,
    "exams.Extension.by": NOBODYS,
    "exams.FormerMember.candidate": NOBODYS,
    "exams.Invitation.invited_by": NOBODYS,
    "exams.JudgedAnswer.candidate": NOBODYS,
    "exams.Membership.candidate": GONE,
    "exams.Memory.candidate": GONE,
    "exams.Note.candidate": GONE,
    "exams.PendingJoin.candidate": GONE,
    "exams.Practice.candidate": NOBODYS,
    "exams.PracticeSet.owner": NOBODYS,  # that of nobody else goes
    "exams.SetAssignment.by": NOBODYS,
    "exams.StudyPlan.candidate": GONE,
    "exams.ProblemReport.candidate": NOBODYS,
    "exams.ProblemReport.resolved_by": NOBODYS,
    "exams.Rescore.by": NOBODYS,
    "questions.ImportDraft.by": GONE,
    "questions.Question.reviewer": GONE,
    "questions.QuestionEvent.by": NOBODYS,
    "questions.Revision.created_by": NOBODYS,
}


def columns_to_people():
    return {
        field
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.concrete_fields
        if field.related_model is User
    }


def test_every_column_that_leads_to_a_person_has_a_row():
    assert {f"{field.model._meta.label}.{field.name}" for field in columns_to_people()} == set(COLUMNS)


def test_no_row_that_is_to_go_leads_to_the_erased_person(person):
    person.groups.add(Group.objects.first())
    cohort = CohortFactory(instructor=person)
    PendingJoin.objects.create(candidate=person, cohort=cohort, token="a", at=NOW)
    ExtraTime.objects.create(user=person, percent=25, until_at=NOW, reason="A broken hand.", granted_at=NOW)

    erased(person)

    left = {
        f"{field.model._meta.label}.{field.name}"
        for field in columns_to_people()
        if field.model._base_manager.filter(**{field.name: person.pk}).exists()
    }
    assert {name for name in left if COLUMNS[name] == GONE} == set()
    assert {"exams.Attempt.candidate", "exams.ProblemReport.candidate"} <= left
