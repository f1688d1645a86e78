import re

from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import User
from exams import workers
from exams.attempts.models import Attempt
from exams.scoring import services
from tests.browser.helpers import (
    choose,
    expect_result,
    expect_saved,
    go_to,
    key_letters,
    open_exam,
    sign_up,
    wrong_letter,
)
from tests.factories import make_attempt, make_exam


def test_candidate_signs_up_takes_an_exam_and_reads_score_report_and_review(page, mailoutbox):
    exam = make_exam(question_count=4, title="Small exam")
    sign_up(page, "new@example.com", mailoutbox)

    page.get_by_role("link", name=exam.certification.code.upper(), exact=True).click()
    page.get_by_role("link", name="Small exam").click()
    expect(page.get_by_text("30 minutes")).to_be_visible()
    page.get_by_role("button", name="Start exam").click()
    expect(page.get_by_role("timer")).to_have_text(re.compile(r"^29:\d\d$|^30:00$"))
    attempt = Attempt.objects.get(candidate=User.objects.get(email="new@example.com"))
    for position in (1, 2, 3):
        choose(page, position, key_letters(attempt, position))
        expect_saved(page, position)
    choose(page, 4, wrong_letter(attempt, 4))
    expect_saved(page, 4)
    page.get_by_role("button", name="Finish exam").click()
    expect(page.get_by_role("dialog", name="Submit exam?")).to_contain_text("All 4 questions are answered.")
    page.get_by_role("button", name="Submit now").click()

    # 100 + 900 × 3/4
    expect_result(page, attempt)
    expect(page.get_by_role("region", name="Estimated score")).to_contain_text("775")
    expect(page.get_by_role("region", name="Estimated score")).to_contain_text("above the pass mark of 750")
    expect(page.get_by_role("region", name="Estimated score")).to_contain_text("3 of 4 scored questions correct")
    weak = attempt.items.get(position=4).task.domain.name
    expect(page.locator(".domain-row").first.get_by_role("heading", level=3)).to_have_text(weak)
    expect(page.get_by_role("region", name=weak)).to_contain_text("1 of 2 (50 %, 9–91 %) · not enough answers yet")

    page.get_by_role("link", name="Review the questions").click()
    page.get_by_role("link", name="All on one page, to print").click()
    expect(page.get_by_role("article")).to_have_count(4)
    for position in (1, 2, 3, 4):
        question = page.get_by_role("article", name=f"Question {position}")
        expect(question.locator("header")).to_contain_text("✓ correct" if position < 4 else "✗ wrong")
        right = question.get_by_role("listitem").filter(has_text="✓ correct answer")
        expect(right.locator(".letter")).to_have_text(key_letters(attempt, position))
        expect(right).to_contain_text("Because 1 of")
        chosen = question.get_by_role("listitem").filter(has_text="your answer")
        expect(chosen.locator(".letter")).to_have_text(
            key_letters(attempt, position) if position < 4 else wrong_letter(attempt, position)
        )
    page.get_by_role("link", name="Wrong 1").click()
    expect(page.get_by_role("article")).to_have_count(1)
    expect(page.get_by_role("article", name="Question 4")).to_be_visible()

    page.get_by_role("link", name="My attempts").click()
    expect(page.get_by_role("row", name="Small exam")).to_contain_text("above the pass mark 775 3 of 4")


def test_hand_in_dialog_names_open_and_flagged_questions_and_leads_to_them(new_context):
    attempt = make_attempt()
    page = open_exam(new_context(), attempt)
    choose(page, 1, "A")
    expect_saved(page, 1)
    page.locator("#q1").get_by_label("Flag for later").check()
    go_to(page, 2)

    page.get_by_role("button", name="Finish exam").click()

    dialog = page.get_by_role("dialog", name="Submit exam?")
    expect(dialog).to_contain_text("No answer (a blank counts as wrong): 2, 3, 4")
    expect(dialog).to_contain_text("Flagged: 1")
    dialog.get_by_role("link", name="3").click()
    expect(dialog).to_be_hidden()
    expect(page.locator("#q3")).to_be_visible()
    attempt.refresh_from_db()
    assert attempt.state == "in_progress"


def test_result_appears_by_itself_once_the_exam_is_scored(new_context, monkeypatch):
    monkeypatch.setattr(workers, "request_scoring", lambda attempt_id: None)
    attempt = make_attempt()
    page = open_exam(new_context(), attempt)
    choose(page, 1, key_letters(attempt, 1))
    expect_saved(page, 1)
    page.get_by_role("button", name="Finish exam").click()
    page.get_by_role("button", name="Submit now").click()
    expect(page.get_by_text("Your exam is submitted. It is being scored.")).to_be_visible()
    with page.expect_response(f"**{reverse('exams:attempt-result', args=[attempt.pk])}"):
        pass  # it asks again by itself, and goes on waiting
    expect(page.get_by_text("Your exam is submitted. It is being scored.")).to_be_visible()

    services.score_attempt(attempt_id=attempt.pk, now=timezone.now())

    expect(page.get_by_role("region", name="Estimated score")).to_contain_text("325")
    expect(page.get_by_text("It is being scored.")).to_be_hidden()
