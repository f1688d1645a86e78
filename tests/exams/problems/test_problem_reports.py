"""A candidate reports a problem with a reviewed question; an instructor answers; the candidate reads the answer."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from exams.attempts.models import Attempt, AttemptItem
from exams.blueprints.models import Exam
from exams.exceptions import ReportRefused
from exams.problems import services
from exams.problems.models import ProblemReport
from exams.problems.queries import problem_queue, reported_questions
from tests.exams.helpers import client_of, finish
from tests.factories import UserFactory, make_attempt, make_exam
from tests.queries import count_queries

pytestmark = pytest.mark.django_db
TEXT = "Option B is right too since the <b>limit</b> was raised."


def scored_attempt(**fields):
    attempt = make_attempt(**fields)
    finish(attempt, right=1)
    return attempt


def report_url(attempt, position=1):
    return reverse("exams:problem-report", args=[attempt.pk, position])


def review_of(client, attempt):
    return client.get(reverse("exams:review-question", args=[attempt.pk, 1]))


def report_of(attempt, position=1, **fields):
    item = attempt.items.get(position=position)
    return ProblemReport.objects.create(
        **{
            "question": item.question,
            "revision": item.revision,
            "item": item,
            "candidate": attempt.candidate,
            "kind": "unclear",
            "text": TEXT,
            "created_at": timezone.now(),
            **fields,
        }
    )


def test_a_report_is_stored_with_the_revision_that_was_asked_and_shown_in_the_review():
    attempt = scored_attempt()
    client = client_of(attempt.candidate)
    assert "Report a problem" in review_of(client, attempt).text

    answer = client.post(report_url(attempt), {"kind": "wrong_key", "text": TEXT})

    assert answer.url == reverse("exams:review-question", args=[attempt.pk, 1])
    report = ProblemReport.objects.get()
    item = attempt.items.get(position=1)
    assert (report.question, report.revision, report.item, report.candidate) == (
        item.question,
        item.revision,
        item,
        attempt.candidate,
    )
    assert (report.kind, report.text, report.resolved_at) == ("wrong_key", TEXT, None)
    page = review_of(client, attempt).text
    assert "the key is wrong" in page
    assert "since the &lt;b&gt;limit&lt;/b&gt; was raised" in page


def test_a_second_report_while_the_first_is_open_is_refused_and_one_after_the_answer_is_taken():
    attempt = scored_attempt()
    client, sent = client_of(attempt.candidate), {"kind": "typo", "text": "A comma."}
    client.post(report_url(attempt), sent)

    assert "already reported this question" in client.post(report_url(attempt), sent, follow=True).text
    assert ProblemReport.objects.count() == 1

    ProblemReport.objects.update(outcome="kept", answer="It is right.", resolved_at=timezone.now())
    client.post(report_url(attempt), sent)
    assert ProblemReport.objects.filter(resolved_at=None).count() == 1


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"kind": "nonsense", "text": TEXT},
        {"kind": "typo", "text": ""},
        {"kind": "typo", "text": "   "},
        {"kind": "typo", "text": "x" * 2001},
        {"kind": "typo", "text": "a\0b"},
    ],
)
def test_what_is_no_report_is_said_and_not_stored(sent):
    attempt = scored_attempt()

    answer = client_of(attempt.candidate).post(report_url(attempt), sent, follow=True)

    assert answer.status_code == 200
    assert "the report was not sent" in answer.text
    assert not ProblemReport.objects.exists()


def test_what_the_review_does_not_show_cannot_be_reported():
    attempt, under_way, stranger = scored_attempt(), make_attempt(), UserFactory()
    sent = {"kind": "typo", "text": "A comma."}
    foreign = client_of(stranger).post(report_url(attempt), sent)

    assert foreign.status_code == 404
    assert client_of(attempt.candidate).post(report_url(attempt, 99), sent).status_code == 404
    assert client_of(under_way.candidate).post(report_url(under_way), sent).status_code == 302
    Exam.objects.filter(pk=attempt.exam_id).update(show_key=Exam.Release.NEVER)
    assert client_of(attempt.candidate).post(report_url(attempt), sent).status_code == 404
    assert not ProblemReport.objects.exists()


def test_a_question_asked_again_right_now_cannot_be_reported():
    exam, candidate = make_exam(per_domain=2), UserFactory()
    attempt = scored_attempt(exam=exam, candidate=candidate)
    make_attempt(exam=exam, candidate=candidate)  # the bank has these four questions and no other

    answer = client_of(candidate).post(report_url(attempt), {"kind": "typo", "text": "A comma."})

    assert answer.status_code == 404
    assert not ProblemReport.objects.exists()


def test_a_question_without_a_score_cannot_be_reported_past_the_page():
    attempt, now = make_attempt(), timezone.now()
    Attempt.objects.update(state="submitted", submitted_at=now, scoring_requested_at=now)

    with pytest.raises(AttemptItem.DoesNotExist):
        services.report_problem(
            candidate=attempt.candidate, attempt_id=attempt.pk, position=1, kind="typo", text="x", now=now
        )


def test_reports_of_a_day_are_limited():
    attempt, now = scored_attempt(), timezone.now()
    item = attempt.items.get(position=1)
    ProblemReport.objects.bulk_create(
        ProblemReport(
            question=item.question, revision=item.revision, item=item, candidate=attempt.candidate, kind="typo",
            text="x", created_at=now, outcome="kept", resolved_at=now,
        )
        for _ in range(services.DAILY_REPORTS)
    )  # fmt: skip
    sent = {"candidate": attempt.candidate, "attempt_id": attempt.pk, "position": 2, "kind": "typo", "text": "x"}

    with pytest.raises(ReportRefused, match="in a day"):
        services.report_problem(**sent, now=now)
    assert services.report_problem(**sent, now=now + dt.timedelta(days=1, seconds=1))


def test_the_queue_groups_open_reports_by_question_in_a_constant_number_of_queries():
    attempt = scored_attempt()
    other = scored_attempt(exam=attempt.exam)
    first = attempt.items.get(position=1).question
    report_of(attempt, 1, kind="typo")
    report_of(other, other.items.get(question=first).position, kind="wrong_key")
    report_of(attempt, 2, kind="typo")
    report_of(attempt, 3, outcome="kept", resolved_at=timezone.now())

    with count_queries() as counted:
        rows = problem_queue(reported_questions())

    assert counted.number == 3
    assert [(row.question, row.open_reports) for row in rows] == [
        (first, 2),
        (attempt.items.get(position=2).question, 1),
    ]
    assert sorted(rows[0].kinds) == [("the key is wrong", 1), ("typing error", 1)]


def test_an_instructor_answers_the_chosen_reports_and_their_candidates_read_it():
    attempt = scored_attempt()
    other = scored_attempt(exam=attempt.exam)
    question = attempt.items.get(position=1).question
    chosen, left = report_of(attempt), report_of(other, other.items.get(question=question).position)
    instructor = UserFactory(instructor=True)
    client = client_of(instructor)
    url = reverse("admin:exams_problemreport_question", args=[question.pk])
    assert str(question) in client.get(reverse("admin:exams_problemreport_queue")).text
    assert "&lt;b&gt;limit&lt;/b&gt;" in client.get(url).text

    said = {"outcome": "corrected", "answer": "Thank you, B is right.", "seen": f"{left.pk} {chosen.pk}"}
    answer = client.post(url, {"reports": [chosen.pk], **said})

    assert answer.url == reverse("admin:exams_problemreport_queue")
    chosen.refresh_from_db()
    left.refresh_from_db()
    assert (chosen.outcome, chosen.answer, chosen.resolved_by) == ("corrected", "Thank you, B is right.", instructor)
    assert left.resolved_at is None
    mine = client_of(attempt.candidate)
    assert "Thank you, B is right." in review_of(mine, attempt).text
    assert "Thank you, B is right." in mine.get(reverse("exams:problem-reports")).text
    assert "Thank you, B is right." not in client_of(other.candidate).get(reverse("exams:problem-reports")).text


def test_an_answer_is_not_overwritten_by_a_later_one():
    attempt, instructor, now = scored_attempt(), UserFactory(instructor=True), timezone.now()
    report = report_of(attempt)
    resolve = {"question": report.question, "report_ids": [report.pk], "outcome": "kept", "by": instructor, "now": now}

    assert services.resolve_reports(**resolve, answer="First.") == 1
    assert services.resolve_reports(**resolve, answer="Second.") == 0
    report.refresh_from_db()
    assert report.answer == "First."


@pytest.mark.parametrize("sent", [{}, {"outcome": "kept", "answer": "x"}, {"reports": ["1"], "outcome": "kept"}])
def test_an_incomplete_answer_is_shown_again_and_changes_nothing(sent):
    report = report_of(scored_attempt())
    url = reverse("admin:exams_problemreport_question", args=[report.question_id])

    answer = client_of(UserFactory(instructor=True)).post(url, sent)

    assert answer.status_code == 200
    assert "errorlist" in answer.text
    report.refresh_from_db()
    assert report.resolved_at is None


def test_the_queue_is_for_those_who_may():
    report = report_of(scored_attempt())
    client = client_of(UserFactory(is_staff=True))

    assert client.get(reverse("admin:exams_problemreport_queue")).status_code == 403
    assert client.get(reverse("admin:exams_problemreport_question", args=[report.question_id])).status_code == 403
