"""Lists that grow have pages, and what is under way is shown whatever its age."""

import pytest
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains

from exams.attempts.models import Attempt
from exams.problems.models import ProblemReport
from tests.exams.helpers import MINUTE, START, client_of, finish
from tests.factories import UserFactory, make_attempt, make_exam

pytestmark = pytest.mark.django_db


def copies(attempt, count):
    """Store so many attempts like this one, handed in one after the other."""
    fields = Attempt.objects.values().get(pk=attempt.pk)
    fields |= {"state": Attempt.State.SCORED, "submitted_at": START}
    del fields["id"]
    rows = [Attempt(**{**fields, "started_at": attempt.started_at + n * MINUTE}) for n in range(1, count + 1)]
    for row in rows:
        row.deadline_at = row.started_at + MINUTE
    Attempt.objects.bulk_create(rows)


def test_history_has_pages_and_hides_nothing(clock):
    attempt = make_attempt(now=START)
    copies(attempt, 230)
    client, seen = client_of(attempt.candidate), []

    for number in range(1, 6):
        response = client.get(reverse("exams:history"), {"page": number})
        assertContains(response, f"Page {number} of 5 (231 in total)")
        seen += [row.pk for row in response.context["attempts"]]

    assert (len(seen), set(seen)) == (231, set(Attempt.objects.values_list("pk", flat=True)))


@pytest.mark.parametrize("page", ["0", "-1", "99999999999999999999", "x", "²", ""])
def test_page_that_there_is_not_shows_one_that_there_is(clock, page):
    attempt = make_attempt(now=START)

    response = client_of(attempt.candidate).get(reverse("exams:history"), {"page": page})

    assert [row.pk for row in response.context["attempts"]] == [attempt.pk]
    assertNotContains(response, "Page ")


def test_problem_reports_have_pages(clock):
    attempt = make_attempt(now=START)
    finish(attempt)
    item = attempt.items.first()
    fields = {"question": item.question, "revision": item.revision, "item": item, "candidate": attempt.candidate}
    ProblemReport.objects.bulk_create(
        ProblemReport(**fields, kind="typo", text=str(n), created_at=START, resolved_at=START, outcome="fixed")
        for n in range(201)
    )
    client = client_of(attempt.candidate)

    pages = [client.get(reverse("exams:problem-reports"), {"page": number}) for number in range(1, 6)]

    assert [len(page.context["reports"]) for page in pages] == [50, 50, 50, 50, 1]


def test_home_shows_everything_under_way_first_whatever_its_age(clock):
    candidate = UserFactory()
    running = [make_attempt(exam=make_exam(title=f"Running {n}", minutes=300), candidate=candidate) for n in range(12)]
    other = make_attempt(candidate=candidate, exam=make_exam(minutes=300), now=START + MINUTE)
    finish(other)
    copies(other, 11)

    response = client_of(candidate).get(reverse("exams:home"))

    assert {attempt.pk for attempt in response.context["under_way"]} == {attempt.pk for attempt in running}
    assertContains(response, "In progress · ", count=12)
    assert response.text.index("In progress · ") < response.text.index("Certifications")
