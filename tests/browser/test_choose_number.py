"""“Choose two”: the page says how many are chosen and refuses one more; so does the server."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from questions.content import Option
from tests.browser.helpers import (
    choose_plainly,
    expect_chosen,
    expect_result,
    expect_saved,
    log_in,
    open_exam,
    refused,
    stored,
)
from tests.exams.helpers import make_exam_of
from tests.factories import make_attempt, make_content


def several(stem="Which apply here?", keys=2, options=5):
    """A question of `keys` right options whose stem need not say how many."""
    texts = [Option(text=f"Choice {n}", key=n < keys, rationale="Because.") for n in range(options)]
    return make_content("several", kind="multiple", stem=stem, options=texts)


def open_several(context, **fields):
    attempt = make_attempt(exam=make_exam_of(several(**fields)))
    return open_exam(context, attempt), attempt


def palette(page):
    return page.locator("#palette a").first


def test_page_counts_what_is_chosen_and_refuses_one_too_many_in_place(new_context):
    page, attempt = open_several(new_context())
    count = page.locator("#q1").get_by_role("status")
    expect(page.locator("#q1")).to_contain_text("Choose 2.")
    expect(count).to_have_text("0 of 2 chosen.")

    choose_plainly(page, 1, "A")
    expect(count).to_have_text("1 of 2 chosen.")
    expect_saved(page, 1)
    expect(palette(page)).to_have_attribute("data-state", "incomplete")
    expect(page.locator("#progress")).to_have_text("0 of 1 answered")
    page.get_by_role("button", name="Finish exam").click()
    expect(page.get_by_role("dialog", name="Submit exam?")).to_contain_text("Incomplete (counts as wrong): 1")
    page.get_by_role("button", name="Back to the exam").click()
    choose_plainly(page, 1, "C")
    expect(count).to_have_text("2 of 2 chosen.")
    expect_saved(page, 1)

    choose_plainly(page, 1, "D")
    page.keyboard.press("e")

    expect(count).to_have_text("2 of 2 chosen. Clear one of them before you choose another.")
    expect_chosen(page, 1, "AC")
    expect(palette(page)).to_have_attribute("data-state", "answered")
    item = attempt.items.get()
    assert (stored(attempt, 1), item.sequence) == ("AC", 2)

    choose_plainly(page, 1, "A")
    choose_plainly(page, 1, "D")
    expect_saved(page, 1)
    expect(count).to_have_text("2 of 2 chosen.")
    assert stored(attempt, 1) == "CD"


def test_reload_and_server_say_the_same_as_the_script(new_context):
    page, _ = open_several(new_context(), keys=3)
    choose_plainly(page, 1, "AB")
    expect_saved(page, 1)

    page.reload()

    expect(page.locator("#q1").get_by_role("status")).to_have_text("2 of 3 chosen.")
    assert "2 of 3 chosen." in page.request.get(page.url).text()
    expect(palette(page)).to_have_accessible_name("Question 1, incomplete")


@pytest.mark.parametrize(
    "stem", ["Which hold? (Choose all that apply.)", "Select all that apply:", "Pick one or more."]
)
def test_number_is_not_told_where_the_stem_asks_for_all_that_apply(new_context, stem):
    page, attempt = open_several(new_context(), stem=stem)

    choose_plainly(page, 1, "ABCD")

    expect_saved(page, 1)
    expect(page.locator("#q1")).not_to_contain_text("Choose 2")
    expect(palette(page)).to_have_attribute("data-state", "answered")
    assert stored(attempt, 1) == "ABCD"


@pytest.mark.parametrize(
    ("button", "heading"), [("Save all answers", "Some answers are not saved"), ("Finish exam", "")]
)
def test_without_javascript_one_too_many_is_named_and_all_else_is_saved(new_context, problems, button, heading):
    problems.allow(refused(400))
    attempt = make_attempt(exam=make_exam_of(several(), several("And which of these?")))
    context = new_context(javascript=False)
    log_in(context, attempt.candidate)
    page = context.new_page()
    page.goto(reverse("exams:attempt", args=[attempt.pk]))
    expect(page.locator("#q1")).to_contain_text("Choose 2. 0 of 2 chosen.")
    choose_plainly(page, 1, "ABC")
    choose_plainly(page, 2, "DE")

    page.get_by_role("button", name=button).click()

    expect(page.get_by_role("heading", name=heading or "Some answers are not saved", level=1)).to_be_visible()
    section = page.locator("section").filter(has=page.get_by_role("heading", name="Question 1"))
    expect(section).to_contain_text("Choose 2. You chose 3, so this answer is not saved.")
    assert section.get_by_role("listitem").count() == 4  # the three that were chosen; before, no answer
    assert (stored(attempt, 1), stored(attempt, 2)) == ("", "DE")
    page.get_by_role("link", name="Go to question 1").click()
    choose_plainly(page, 1, "AB")
    page.get_by_role("button", name="Finish exam").click()
    expect(page.get_by_text("All 2 questions are answered.")).to_be_visible()
    page.get_by_role("button", name="Submit now").click()
    expect_result(page, attempt)
    assert (stored(attempt, 1), stored(attempt, 2)) == ("AB", "DE")


def test_summary_without_javascript_names_the_incomplete(new_context):
    attempt = make_attempt(exam=make_exam_of(several()))
    context = new_context(javascript=False)
    log_in(context, attempt.candidate)
    page = context.new_page()
    page.goto(reverse("exams:attempt", args=[attempt.pk]))
    choose_plainly(page, 1, "A")

    page.get_by_role("button", name="Finish exam").click()

    expect(page.get_by_text("Incomplete (counts as wrong): 1")).to_be_visible()
