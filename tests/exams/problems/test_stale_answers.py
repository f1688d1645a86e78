"""An answer to reports is given to the reports that its page showed, or refused with what was typed."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent
from exams.problems.services import resolve_reports
from tests.exams.helpers import client_of
from tests.exams.pages import fields_of
from tests.exams.problems.test_problem_reports import report_of, scored_attempt
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
MINE = "I typed this for ten minutes."


@pytest.fixture
def attempt():
    return scored_attempt()


@pytest.fixture
def report(attempt):
    return report_of(attempt)


class Page:
    """The page of a question's reports, open in one instructor's browser."""

    def __init__(self, question):
        self.client = client_of(UserFactory(instructor=True))
        self.url = reverse("admin:exams_problemreport_question", args=[question.pk])
        self.fields = fields_of(self.client.get(self.url), "answer_form")

    def send(self, **changes):
        sent = {"outcome": "kept", "answer": MINE, **changes}
        response = self.client.post(self.url, {**self.fields, **sent})
        if response.status_code == 200:
            self.fields = fields_of(response, "answer_form")
        return response


def another_report_of(report):
    other = scored_attempt(exam=report.item.attempt.exam)
    return report_of(other, other.items.get(question=report.question).position)


def answer(report):
    by = UserFactory(instructor=True)
    resolve_reports(
        question=report.question, report_ids=[report.pk], outcome="corrected", answer="Theirs.", by=by,
        now=timezone.now(),
    )  # fmt: skip


def marks(response):
    return re.findall(r"<strong>(\w+ while your page was open)</strong>", response.text)


@pytest.mark.parametrize("others_left", [False, True])
def test_answer_to_a_report_that_was_answered_meanwhile_is_refused_with_both_texts(report, others_left):
    if others_left:
        another_report_of(report)
    page = Page(report.question)
    answer(report)

    response = page.send()

    assert response.status_code == 200
    assert "changed while your page was open" in response.text
    assert MINE in response.text
    assert "Theirs." in response.text
    assert marks(response) == ["answered while your page was open"]
    assert list(report.question.problem_reports.values_list("answer", flat=True).order_by("pk")) == (
        ["Theirs.", ""] if others_left else ["Theirs."]
    )
    assert AuditEvent.objects.filter(action="problem.answered").count() == 1


def test_report_that_came_meanwhile_is_shown_before_the_answer_is_sent(report):
    page = Page(report.question)
    newer = another_report_of(report)

    response = page.send()

    assert response.status_code == 200
    assert marks(response) == ["arrived while your page was open"]
    assert page.fields["reports"] == [str(report.pk)]  # the answer was not written to the newer one
    assert page.fields["answer"] == [MINE]
    assert page.send().status_code == 302
    report.refresh_from_db()
    newer.refresh_from_db()
    assert (report.answer, newer.answer) == (MINE, "")


def test_third_change_between_two_sends_is_seen_too(report):
    page = Page(report.question)
    another_report_of(report)
    page.send()
    answer(report)

    assert page.send().status_code == 200

    report.refresh_from_db()
    assert report.answer == "Theirs."


@pytest.mark.parametrize("seen", ["", "nonsense", "1,2", "9" * 40])
def test_answer_of_a_page_that_does_not_say_what_it_showed_is_refused(report, seen):
    response = Page(report.question).send(seen=seen)

    assert response.status_code == 200
    assert MINE in response.text
    report.refresh_from_db()
    assert report.resolved_at is None
