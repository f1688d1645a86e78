import pytest
from django.urls import reverse
from playwright.sync_api import expect

from exams import workers
from exams.attempts.models import Attempt
from exams.scoring import services
from tests.browser.helpers import (
    all_stored,
    choose_plainly,
    expect_chosen,
    expect_result,
    log_in,
    refused,
    stored,
)
from tests.factories import UserFactory, make_attempt, make_exam


@pytest.fixture
def plain(new_context):
    return new_context(javascript=False)


def open_plainly(context, attempt):
    if not context.cookies():
        log_in(context, attempt.candidate)
    page = context.new_page()
    page.goto(reverse("exams:attempt", args=[attempt.pk]))
    return page


def test_exam_is_taken_and_handed_in_without_javascript(plain):
    exam, candidate = make_exam(), UserFactory()
    log_in(plain, candidate)
    page = plain.new_page()
    page.goto(reverse("exams:exam-detail", args=[exam.slug]))
    page.get_by_role("button", name="Start exam").click()
    attempt = Attempt.objects.get(candidate=candidate)

    choose_plainly(page, 1, "B")
    choose_plainly(page, 3, "D")
    page.locator("#q3").get_by_label("Strike out A").check()
    page.locator("#q4").get_by_label("Flag for later").check()
    page.get_by_role("button", name="Save all answers").click()
    expect(page.get_by_role("status")).to_contain_text("All answers on this page are saved.")
    assert all_stored(attempt) == ["B", "", "D", ""]
    for position, letters in enumerate(["B", "", "D", ""], start=1):
        expect_chosen(page, position, letters)
    expect(page.locator("#q3").get_by_label("Strike out A")).to_be_checked()

    choose_plainly(page, 2, "A")
    page.get_by_role("button", name="Finish exam").click()
    expect(page.get_by_role("heading", name=f"Submit {exam.title}?")).to_be_visible()
    expect(page.get_by_text("No answer to 1 of 4 (a blank counts as wrong): 4")).to_be_visible()
    expect(page.get_by_text("Flagged: 4")).to_be_visible()
    page.get_by_role("link", name="Back to the exam").click()
    choose_plainly(page, 4, "C")
    page.get_by_role("button", name="Finish exam").click()
    expect(page.get_by_text("All 4 questions are answered.")).to_be_visible()
    page.get_by_role("button", name="Submit now").click()

    expect_result(page, attempt)
    expect(page.get_by_role("region", name="Estimated score")).to_contain_text(str(attempt.scores.get().scaled))
    assert all_stored(attempt) == ["B", "A", "D", "C"]


@pytest.mark.parametrize("button", ["Save all answers", "Finish exam"])
def test_stale_page_without_javascript_is_refused_and_shown_both_answers(plain, problems, button):
    problems.allow(refused(409))
    attempt = make_attempt()
    stale, fresh = open_plainly(plain, attempt), open_plainly(plain, attempt)
    choose_plainly(fresh, 1, "B")
    fresh.get_by_role("button", name="Save all answers").click()
    expect(fresh.get_by_role("status")).to_contain_text("saved")

    stale.bring_to_front()
    choose_plainly(stale, 1, "C")
    choose_plainly(stale, 2, "D")
    stale.get_by_role("button", name=button).click()

    texts = [fresh.locator(f"label[for=q1-o{number}] .prose").inner_text() for number in (1, 2)]
    conflict = stale.locator("section").filter(has=stale.get_by_role("heading", name="Question 1"))
    assert conflict.get_by_role("listitem").all_inner_texts() == texts
    expect(stale.get_by_role("heading", name="Question 2")).to_have_count(0)
    attempt.refresh_from_db()
    assert (attempt.state, stored(attempt, 1), stored(attempt, 2)) == ("in_progress", "B", "D")

    stale.get_by_role("link", name="Go to question 1").click()
    expect_chosen(stale, 1, "B")
    choose_plainly(stale, 1, "C")
    stale.get_by_role("button", name="Finish exam").click()
    stale.get_by_role("button", name="Submit now").click()
    expect_result(stale, attempt)
    assert stored(attempt, 1) == "C"


def test_waiting_page_without_javascript_asks_again_by_itself(plain, monkeypatch):
    monkeypatch.setattr(workers, "request_scoring", lambda attempt_id: None)
    attempt = make_attempt()
    page = open_plainly(plain, attempt)
    page.get_by_role("button", name="Finish exam").click()
    page.get_by_role("button", name="Submit now").click()
    expect(page.get_by_text("It is being scored.")).to_be_visible()

    services.score_attempt(attempt_id=attempt.pk, now=attempt.deadline_at)

    expect(page.get_by_role("region", name="Estimated score")).to_contain_text("100")
