"""Answers that are typed: saved after a pause, kept while offline, named when they are no number."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests.browser.helpers import (
    OFFLINE,
    choose,
    expect_result,
    expect_saved,
    go_offline,
    go_to,
    kept_in_browser,
    log_in,
    open_exam,
    refused,
)
from tests.browser.test_every_page import violations
from tests.exams.helpers import make_exam_of
from tests.factories import UserFactory, make_attempt, make_content


@pytest.fixture
def attempt():
    return make_attempt(
        exam=make_exam_of(make_content("a", "numeric"), make_content("b", "short_text"), make_content("c")), seed=1
    )


def position_of(attempt, kind):
    return attempt.items.get(revision__kind=kind).position


def response_to(attempt, kind):
    return attempt.items.get(revision__kind=kind).response


def field(page, position):
    return page.locator(f"#q{position}-t")


def test_text_is_saved_after_a_pause_without_leaving_the_field(new_context, attempt):
    position = position_of(attempt, "short_text")
    page = open_exam(new_context(), attempt)
    go_to(page, position)

    field(page, position).press_sequentially("Amazon S3")

    expect_saved(page, position)
    assert response_to(attempt, "short_text") == "Amazon S3"
    expect(field(page, position)).to_be_focused()
    assert kept_in_browser(page) == []


def test_leaving_the_field_saves_at_once_and_no_second_time(new_context, attempt):
    position = position_of(attempt, "short_text")
    page = open_exam(new_context(), attempt)
    go_to(page, position)

    field(page, position).press_sequentially("S3")
    field(page, position).blur()

    expect_saved(page, position)
    page.locator("#next, #previous").locator("visible=true").first.focus()
    assert attempt.items.get(position=position).sequence == 1


def test_what_is_no_number_is_named_by_page_and_server_alike(new_context, attempt):
    position = position_of(attempt, "numeric")
    page = open_exam(new_context(), attempt)
    go_to(page, position)
    note, link = page.locator(f"#q{position} .answer-note"), page.locator("#palette a").nth(position - 1)

    for text, state in [
        *(("1,000", "incomplete"), ("2,5", "answered"), ("3 ms", "incomplete"), ("−1e3", "answered")),
        *((" .5 ", "answered"), ("1 000", "incomplete"), ("0,125", "answered"), ("12,345", "incomplete")),
    ]:
        field(page, position).fill(text)
        expect(link).to_have_attribute("data-state", state)
        expect(note).to_contain_text("this is not a number" if state == "incomplete" else "")
    field(page, position).blur()
    expect_saved(page, position)
    said = note.text_content()
    page.reload()
    expect(note).to_have_text(said)
    expect(link).to_have_attribute("data-state", "incomplete")


def test_keys_are_typed_and_enter_hands_nothing_in(new_context, attempt):
    position = position_of(attempt, "short_text")
    page = open_exam(new_context(), attempt)
    go_to(page, position)

    page.keyboard.press("1")
    expect(field(page, position)).to_be_focused()
    page.keyboard.type("nap 1?")
    page.keyboard.press("Enter")

    expect(field(page, position)).to_have_value("nap 1?")
    expect(page.locator(f"#q{position}")).to_be_visible()
    expect(page.locator("dialog[open]")).to_have_count(0)
    page.get_by_role("button", name="Clear the answer").locator("visible=true").click()
    expect(field(page, position)).to_have_value("")
    expect_saved(page, position)
    assert response_to(attempt, "short_text") is None


def test_text_typed_offline_survives_a_reload_and_is_sent(new_context, attempt, problems):
    problems.allow(*OFFLINE)
    context, position = new_context(), position_of(attempt, "numeric")
    page = open_exam(context, attempt)
    go_to(page, position)
    go_offline(context)

    field(page, position).press_sequentially("2,5")
    expect(page.get_by_role("alert")).to_contain_text("your answers are kept here")
    context.set_offline(False)
    page.reload()

    expect(field(page, position)).to_have_value("2,5")
    # It may have been sent before the page was left: then the new page has nothing to say about it.
    expect(page.locator(f"#q{position}.is-unsaved")).to_have_count(0)
    expect(page.locator("#palette a").nth(position - 1)).not_to_have_attribute("data-unsaved", "")
    assert response_to(attempt, "numeric") == "2,5"


def test_conflict_shows_both_texts_and_takes_the_chosen_one(new_context, attempt, problems):
    problems.allow(refused(409))
    context, position = new_context(), position_of(attempt, "short_text")
    first, second = open_exam(context, attempt), open_exam(context, attempt)
    for page, text in ((first, "there"), (second, "here")):
        go_to(page, position)
        field(page, position).fill(text)
        field(page, position).blur()
        if page is first:
            expect_saved(page, position)

    conflict = second.locator(".conflict")
    expect(conflict).to_contain_text("Saved there: there")
    expect(conflict).to_contain_text("Chosen here: here")
    second.get_by_role("button", name="Keep what is saved").click()

    expect(field(second, position)).to_have_value("there")
    assert response_to(attempt, "short_text") == "there"


def test_typed_answers_are_handed_in_without_javascript(new_context, attempt):
    context = new_context(javascript=False)
    log_in(context, attempt.candidate)
    page = context.new_page()
    page.goto(reverse("exams:attempt", args=[attempt.pk]))

    field(page, position_of(attempt, "numeric")).fill("1,000")
    field(page, position_of(attempt, "short_text")).fill("S3")
    page.get_by_role("button", name="Save all answers").click()
    expect(page.get_by_role("status").first).to_contain_text("All answers on this page are saved.")
    assert (response_to(attempt, "numeric"), response_to(attempt, "short_text")) == ("1,000", "S3")
    page.get_by_role("button", name="Finish exam").click()

    expect(page.get_by_text("incomplete")).to_be_visible()


def test_review_says_what_was_typed_and_what_is_right(new_context, attempt, axe):
    context = new_context()
    page = open_exam(context, attempt)
    for kind, text in (("numeric", "2,9"), ("short_text", "S4")):
        position = position_of(attempt, kind)
        go_to(page, position)
        field(page, position).fill(text)
        field(page, position).blur()
        expect_saved(page, position)
    assert violations(page, axe) == []
    choose(page, position_of(attempt, "single"), "A")
    page.get_by_role("button", name="Finish exam").click()
    page.get_by_role("button", name="Submit now").click()
    expect_result(page, attempt)
    page.goto(reverse("exams:review-all", args=[attempt.pk]))

    number, text = (page.locator(f"#q{position_of(attempt, name)}") for name in ("numeric", "short_text"))
    expect(number.locator(".typed")).to_contain_text("Correct: 2.5 ± 0.5 ms")
    expect(number.locator(".typed")).to_contain_text("✓ correct Your answer: 2,9")
    expect(text.locator(".typed")).to_contain_text("✗ wrong Your answer: S4")
    assert violations(page, axe) == []


def test_form_shows_what_the_kind_needs_and_hides_nothing_that_is_filled(new_context):
    log_in(context := new_context(), UserFactory(instructor=True))
    page = context.new_page()
    page.goto(reverse("admin:questions_question_add"))
    option, number, text = (
        page.locator(f"#id_{name}") for name in ("option_1_text", "numeric_value", "short_text_accepted")
    )
    expect(option).to_be_visible()
    expect(number).to_be_hidden()

    page.get_by_label("Kind:").select_option("numeric")
    expect(option).to_be_hidden()
    expect(text).to_be_hidden()
    number.fill("2,5")
    page.get_by_label("Unit:").fill("ms")
    page.get_by_label("Stem:").fill("How long?")
    review = page.locator("#live").get_by_role("region", name="In the review")
    expect(review.locator(".typed")).to_contain_text("Correct: 2.5 ms")
    expect(page.locator("#live").get_by_role("region", name="In the exam").locator(".unit")).to_have_text("ms")

    page.get_by_label("Kind:").select_option("single")
    expect(option).to_be_visible()
    expect(number).to_be_visible()
