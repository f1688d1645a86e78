"""The download of all that is stored about a person: complete, without keys that are withheld, without other people."""

import datetime as dt
import json

import pytest
from allauth.usersessions.models import UserSession
from django.urls import reverse
from django.utils import timezone

from accounts import audit
from accounts.models import AuditEvent
from exams.blueprints.models import Exam
from exams.problems.models import ProblemReport
from exams.problems.services import report_problem
from tests.exams.helpers import answer_all, client_of, finish, make_exam_of
from tests.factories import AssignmentFactory, CohortFactory, UserFactory, make_attempt, make_content, make_exam

pytestmark = pytest.mark.django_db
NOW = timezone.now()
DAY = dt.timedelta(days=1)
NEVER, LATER = Exam.Release.NEVER, Exam.Release.AFTER_WINDOW


def downloaded(person, by=None):
    client = client_of(by or person)
    if by:
        response = client.get(reverse("admin:accounts_user_data", args=[person.pk]))
    else:
        response = client.post(reverse("exams:own-data"), {"action": "download"})
    assert response.headers["Content-Type"] == "application/json; charset=utf-8"
    assert response.headers["Content-Disposition"].startswith("attachment")
    return json.loads(response.content)


@pytest.fixture
def person():
    return UserFactory(email="zoe@example.com", name="Zoë")


def test_download_holds_account_cohorts_attempts_reports_and_log(person, rf):
    teacher = UserFactory(instructor=True, email="teacher@example.com", name="Tess Teacher")
    cohort = CohortFactory(name="Monday", instructor=teacher, members=[person, UserFactory(name="Other Member")])
    exam = AssignmentFactory(cohort=cohort, exam=make_exam(title="Mock")).exam
    attempt = make_attempt(exam=exam, candidate=person, now=NOW - DAY)
    finish(attempt, right=3)
    report_problem(candidate=person, attempt_id=attempt.pk, position=1, kind="typo", text="A comma.", now=NOW)
    with audit.of_request(rf.get("/", REMOTE_ADDR="192.0.2.1")):
        audit.record("user.changed", by=teacher, target=person, before={"name": "Z"}, after={"name": "Zoë"})
    with audit.of_request(rf.get("/", REMOTE_ADDR="192.0.2.2")):
        audit.record("login.succeeded", by=person)
    UserSession.objects.create(user=person, ip="192.0.2.2", user_agent="A browser", session_key="a")

    data = downloaded(person)

    assert (data["account"]["email"], data["account"]["name"]) == ("zoe@example.com", "Zoë")
    assert [row["cohort__name"] for row in data["cohorts"]["member_of"]] == ["Monday"]
    (row,) = data["attempts"]
    assert (row["exam"], len(row["answers"]), row["scores"][0]["right"]) == ("Mock", 4, 3)
    assert row["scores"][0]["by_question"] == {"1": 1, "2": 1, "3": 1, "4": 0}
    assert data["problem_reports"][0]["text"] == "A comma."
    changed, login, exported = data["log"]
    assert (changed["by"], changed["after"], "address" in changed) == ("somebody else", {"name": "Zoë"}, False)
    assert (login["by"], login["address"]) == ("you", "192.0.2.2")
    assert exported["act"] == "person.exported"
    assert [row["user_agent"] for row in data["sessions"]] == ["A browser"]
    text = json.dumps(data, ensure_ascii=False)
    assert [word for word in ("Tess", "teacher@", "Other Member", "192.0.2.1") if word in text] == []


def test_answers_are_told_by_the_letters_that_were_shown(person):
    contents = [make_content("a"), make_content("b", "ordering"), make_content("c", "matching")]
    attempt = make_attempt(exam=make_exam_of(*contents, show_key=NEVER, show_explanations=NEVER), candidate=person)
    answer_all(attempt, right=3)

    (row,) = downloaded(person)["attempts"]

    by_length = sorted(len(answer["answer"]) for answer in row["answers"])
    assert by_length == [1, 4, 4]


# What an answer may say: neither our own numbering, by which options to be ordered were written in their right order,
# nor what was right.
SAID = {"position", "question", "answer", "ruled_out", "flagged", "sure", "seconds"}


@pytest.mark.parametrize("kind", ["single", "multiple", "ordering", "matching"])
@pytest.mark.parametrize(
    ("fields", "is_open", "scores"),
    [
        ({}, True, []),
        ({"show_score": LATER, "show_key": LATER, "show_explanations": LATER}, False, "withheld for now"),
        ({"show_score": NEVER, "show_key": NEVER, "show_explanations": NEVER}, False, "not shown for this exam"),
        ({"show_key": LATER, "show_explanations": LATER}, False, {}),
    ],
)
def test_file_holds_no_key_that_is_withheld(person, kind, fields, is_open, scores):
    exam = make_exam_of(make_content("marked", kind), **fields)
    attempt = make_attempt(exam=exam, candidate=person, now=NOW if is_open else NOW - DAY)
    answer_all(attempt, right=0) if is_open else finish(attempt)

    (row,) = downloaded(person)["attempts"]

    assert set(row["answers"][0]) == SAID
    assert (row["scores"][0]["by_question"] if scores == {} else row["scores"]) == scores
    text = json.dumps(row)
    assert [word for word in ("Because", "The point of", "option_order", "rationale") if word in text] == []


def test_open_attempt_hides_the_judgement_of_a_question_that_it_asks(person):
    exam = make_exam(per_domain=2)
    first = make_attempt(exam=exam, candidate=person, now=NOW - DAY)
    finish(first, right=2)
    Exam.objects.filter(pk=exam.pk).update(prefers_unseen=False)
    make_attempt(exam=exam, candidate=person)

    scores = [row["scores"] for row in downloaded(person)["attempts"]]

    assert all(isinstance(score, str) or score == [] or score[0]["by_question"] == {} for score in scores)


def test_answer_to_a_report_waits_with_the_key(person):
    exam = make_exam()
    attempt = make_attempt(exam=exam, candidate=person, now=NOW - DAY)
    finish(attempt)
    report_problem(candidate=person, attempt_id=attempt.pk, position=1, kind="typo", text="A comma.", now=NOW)
    ProblemReport.objects.update(
        outcome="kept", answer="B is right.", resolved_by=UserFactory(instructor=True), resolved_at=NOW
    )
    Exam.objects.update(show_key=LATER, show_explanations=LATER)

    (report,) = downloaded(person)["problem_reports"]

    assert (report["answer"], report["outcome"]) == ("withheld for now", "")


def test_superuser_downloads_for_a_person_and_it_is_recorded(person):
    superuser = UserFactory(superuser=True)

    data = downloaded(person, by=superuser)

    assert data["account"]["email"] == person.email
    assert AuditEvent.objects.get(action="person.exported").actor == superuser


def test_instructor_downloads_nobody(person):
    teacher = UserFactory(instructor=True)
    CohortFactory(instructor=teacher, members=[person])
    client = client_of(teacher)

    assert client.get(reverse("admin:accounts_user_data", args=[person.pk])).status_code == 403
    assert client.get(reverse("admin:accounts_user_erase", args=[person.pk])).status_code == 403
