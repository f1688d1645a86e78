"""The review in a real browser: keys, notes and reports without losing the place, and paper."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from exams.problems.models import ProblemReport
from exams.statistics.models import QuestionStatistics
from exams.study.models import Note
from tests.browser.helpers import log_in
from tests.exams.helpers import finish, items_of
from tests.factories import make_attempt, make_exam

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def attempt():
    attempt = make_attempt(exam=make_exam(question_count=8))
    finish(attempt, right=4)
    attempt.items.filter(position__in=(2, 7)).update(is_flagged=True)
    QuestionStatistics.objects.create(revision=items_of(attempt)[5].revision, first=[214, 88, 79, 19, 28])
    return attempt


def url_of(attempt, position, query=""):
    return reverse("exams:review-question", args=[attempt.pk, position]) + query


def open_review(context, attempt, position, query=""):
    log_in(context, attempt.candidate)
    page = context.new_page()
    page.goto(url_of(attempt, position, query))
    return page


def expect_question(page, position):
    expect(page.get_by_role("heading", level=2, name=f"Question {position}")).to_be_visible()


def test_arrow_keys_go_through_the_questions_of_the_filter(new_context, attempt):
    page = open_review(new_context(), attempt, 5, "?show=wrong")
    expect_question(page, 5)

    page.keyboard.press("ArrowRight")
    expect_question(page, 6)
    page.keyboard.press("ArrowRight")
    expect_question(page, 7)
    page.keyboard.press("ArrowLeft")
    expect_question(page, 6)

    expect(page).to_have_url(re.compile(r"/review/6/\?show=wrong$"))


def test_arrow_keys_in_a_text_move_the_caret(new_context, attempt):
    page = open_review(new_context(), attempt, 5)
    page.get_by_text("Report a problem").click()
    page.get_by_label("Tell us more").fill("AC")

    page.keyboard.press("ArrowLeft")
    page.keyboard.type("B")

    expect(page.get_by_label("Tell us more")).to_have_value("ABC")
    expect(page).to_have_url(re.compile("/review/5/$"))


def test_note_and_report_come_back_to_the_question(new_context, attempt):
    page = open_review(new_context(), attempt, 6, "?show=wrong")
    page.get_by_text("+ Note").click()
    page.get_by_label("Your note").last.fill("Quotas!")
    page.get_by_role("button", name="Save note").click()
    expect(page.get_by_text("Your note is saved")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/review/6/\?show=wrong$"))

    page.get_by_text("Report a problem").click()
    page.get_by_label("Tell us more").fill("A comma.")
    page.get_by_role("button", name="Send report").click()

    expect(page.get_by_text("Your report of question 6 was sent")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/review/6/\?show=wrong$"))
    assert (Note.objects.get().text, ProblemReport.objects.get().item.position) == ("Quotas!", 6)


def test_misses_are_retried_by_keyboard_and_without_javascript(new_context, attempt):
    page = open_review(new_context(javascript=False), attempt, 5)

    page.get_by_role("button", name="Retry your 4 misses").press("Enter")

    expect(page).to_have_url(re.compile("/practice/"))
    assert attempt.candidate.practices.get().items.count() == 4


def test_palette_and_chips_have_names_that_say_what_became_of_a_question(new_context, attempt):
    page = open_review(new_context(), attempt, 7)

    palette = page.get_by_role("navigation", name="Questions")
    expect(palette.get_by_role("link")).to_have_count(8)
    expect(palette.get_by_role("link", name="7 wrong", exact=True)).to_have_attribute("aria-current", "page")
    expect(palette.get_by_role("link", name="1 correct", exact=True)).to_be_visible()
    expect(page.get_by_role("navigation", name="Filter").get_by_role("link", name="Flagged 2")).to_be_visible()


def test_paper_has_the_name_and_every_question_and_nothing_to_press(new_context, attempt):
    page = open_review(new_context(), attempt, 1)
    page.get_by_role("link", name="All on one page, to print").click()
    expect(page.get_by_role("button", name="Print")).to_be_visible()

    page.emulate_media(media="print")

    expect(page.get_by_text(attempt.candidate.name)).to_be_visible()
    assert page.locator("article.reviewed:visible").count() == 8
    assert page.locator("main :is(button, select, .chip):visible").count() == 0
    assert page.locator(":is(.site-header, .site-footer):visible").count() == 0
