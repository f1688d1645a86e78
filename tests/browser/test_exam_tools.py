"""What helps with an exam and is never needed to answer: sure or unsure, the clock, the size of the text, the bar."""

import gzip

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse
from playwright.sync_api import expect

from tests.browser.helpers import (
    OFFLINE,
    choose,
    come_back,
    expect_saved,
    go_offline,
    go_to,
    log_in,
    move_deadline,
    open_exam,
    refused,
)
from tests.exams.helpers import make_mls_exam
from tests.factories import make_attempt


def sure(attempt, position=1):
    return attempt.items.get(position=position).is_sure


# --- Sure or unsure ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "expected"),
    [("s", True), ("u", False), ("su", False), ("us", True), ("ss", None), ("uu", None), ("sus", True)],
)
def test_one_key_says_sure_or_unsure_and_takes_it_back(new_context, keys, expected):
    attempt = make_attempt()
    page = open_exam(new_context(), attempt)

    for key in keys:
        page.keyboard.press(key)
        expect_saved(page, 1)

    assert sure(attempt) is expected
    page.reload()
    expect(page.get_by_role("checkbox", name="Sure", exact=True)).to_be_checked(checked=expected is True)
    expect(page.get_by_role("checkbox", name="Unsure")).to_be_checked(checked=expected is False)


def test_sure_is_no_answer(new_context):
    attempt = make_attempt()
    page = open_exam(new_context(), attempt)

    page.keyboard.press("s")

    expect_saved(page, 1)
    expect(page.locator("#palette a").first).to_have_attribute("aria-label", "Question 1, seen")
    expect(page.locator("#progress")).to_have_text("0 of 4 answered")


def test_sure_said_offline_is_kept_and_sent(new_context, problems):
    problems.allow(*OFFLINE)
    attempt, context = make_attempt(), new_context()
    page = open_exam(context, attempt)
    go_offline(context)
    choose(page, 2, "C")
    page.keyboard.press("u")
    page.close()
    context.set_offline(False)

    page = open_exam(context, attempt)

    expect_saved(page, 2)
    assert sure(attempt, 2) is False


@pytest.mark.parametrize("there", [True, False, None])
def test_what_another_tab_said_of_the_answer_is_kept_with_it(new_context, problems, there):
    problems.allow(refused(409))
    attempt = make_attempt()
    page = open_exam(new_context(), attempt)
    attempt.items.filter(position=1).update(sequence=5, is_flagged=True, is_sure=there)
    page.keyboard.press("s")
    expect(page.locator("#q1 .conflict")).to_be_visible()

    page.get_by_role("button", name="Keep what is saved").click()

    expect(page.get_by_role("checkbox", name="Sure", exact=True)).to_be_checked(checked=there is True)
    expect(page.get_by_role("checkbox", name="Unsure")).to_be_checked(checked=there is False)
    assert sure(attempt) is there


def test_sure_is_saved_without_javascript(new_context):
    attempt, context = make_attempt(), new_context(javascript=False)
    log_in(context, attempt.candidate)
    page = context.new_page()
    page.goto(reverse("exams:attempt", args=[attempt.pk]))
    page.locator("#q1").get_by_label("Sure", exact=True).check()
    page.locator("#q2").get_by_label("Unsure").check()

    page.get_by_role("button", name="Save all answers").click()

    expect(page.locator("#q1").get_by_label("Sure", exact=True)).to_be_checked()
    assert [sure(attempt, position) for position in (1, 2, 3)] == [True, False, None]


# --- Display ----------------------------------------------------------------------------------------------------------


def test_clock_is_hidden_by_a_key_remembered_and_back_for_the_last_minutes(new_context):
    attempt = make_attempt()
    page = open_exam(new_context(), attempt)
    timer = page.locator(".timer")
    expect(timer).to_be_visible()

    page.keyboard.press("t")
    expect(timer).to_be_hidden()
    expect(page.locator("#announcer")).to_have_text("Clock hidden.")
    page.reload()
    expect(page.locator("#exam-foot")).to_be_visible()
    expect(timer).to_be_hidden()

    move_deadline(attempt, seconds=290)
    come_back(page)
    expect(timer).to_be_visible()
    expect(timer).to_contain_class("soon")


def test_clock_is_hidden_and_shown_in_the_display_dialog(new_context):
    page = open_exam(new_context(), make_attempt())
    page.get_by_role("button", name="Display").click()
    dialog = page.get_by_role("dialog", name="Display")

    dialog.get_by_label("Hide the clock").check()
    expect(page.locator(".timer")).to_be_hidden()
    dialog.get_by_label("Hide the clock").uncheck()
    expect(page.locator(".timer")).to_be_visible()


def size_of(page):
    return page.locator("#q1 .letter").first.bounding_box()["height"]


def test_text_grows_and_shrinks_by_key_and_button_and_is_remembered(new_context):
    page = open_exam(new_context(), make_attempt())
    normal = size_of(page)

    page.keyboard.press("+")
    larger = size_of(page)
    page.get_by_role("button", name="Display").click()
    page.get_by_role("button", name="Larger").click()
    largest = size_of(page)
    page.keyboard.press("Escape")

    assert normal < larger < largest
    page.reload()
    expect(page.locator("#exam-foot")).to_be_visible()
    assert size_of(page) == largest
    for _ in range(6):
        page.keyboard.press("-")
    expect(page.locator("#text-size")).to_have_text("90%")
    assert size_of(page) < normal


@pytest.mark.parametrize("width", [320, 390, 1366])
def test_largest_text_scrolls_nothing_sideways(new_context, width):
    page = open_exam(new_context(width=width, height=700), make_attempt())

    for _ in range(5):
        page.keyboard.press("+")

    expect(page.locator("#text-size")).to_have_text("150%")
    assert page.evaluate("document.documentElement.scrollWidth") == width


# --- The way through --------------------------------------------------------------------------------------------------


def test_next_is_the_primary_button_and_reviews_the_answers_at_the_end(new_context):
    page = open_exam(new_context(), make_attempt())
    primary = page.locator(".primary:visible")
    assert primary.all_inner_texts() == ["Next →"]

    go_to(page, 4)
    assert primary.all_inner_texts() == ["Review answers"]
    page.keyboard.press("n")  # goes no further, and hands nothing in
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("button", name="Review answers").click()

    expect(page.get_by_role("dialog", name="Submit exam?")).to_contain_text("No answer")
    page.get_by_role("link", name="2", exact=True).click()
    expect(page.locator("#q2")).to_be_visible()
    expect(page.get_by_role("button", name="Next")).to_be_visible()


def test_strike_out_says_what_it_does(new_context):
    attempt = make_attempt()
    page = open_exam(new_context(), attempt)
    expect(page.locator("#q1 .strike").first).to_have_text("Strike out")

    page.locator("#q1 .strike").first.click()

    expect(page.get_by_role("checkbox", name="Strike out A")).to_be_checked()
    expect_saved(page, 1)
    assert attempt.items.get(position=1).struck == [0]


def test_help_names_every_key(new_context):
    page = open_exam(new_context(), make_attempt())

    page.keyboard.press("?")

    dialog = page.get_by_role("dialog", name="Keyboard")
    for words in ("sure or unsure of the answer", "hide or show the clock", "larger or smaller text", "strike an"):
        expect(dialog).to_contain_text(words)


# --- The bar that stays in sight --------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [390, 1280])
def test_bar_says_offline_wherever_the_page_is_scrolled(new_context, problems, width):
    problems.allow(*OFFLINE)
    attempt, context = make_attempt(), new_context(width=width, height=500)
    page = open_exam(context, attempt)
    status = page.locator("#save-status")
    expect(status).to_be_empty()
    page.keyboard.press("a")
    expect(status).to_have_text("✓ Saved")

    go_offline(context)
    page.keyboard.press("b")
    expect(status).to_have_text("Offline · not saved yet: 1")
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    expect(status).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") == width

    context.set_offline(False)
    expect_saved(page, 1)
    expect(status).to_have_text("✓ Saved")
    expect(page.locator("#banner")).to_be_hidden()


def test_bar_names_what_is_not_saved_for_another_reason(new_context, problems):
    problems.allow(refused(401))
    page = open_exam(new_context(), make_attempt())
    Session.objects.all().delete()

    choose(page, 1, "A")
    choose(page, 2, "B")

    expect(page.locator("#save-status")).to_have_text("Not saved yet: 2")


def test_submitting_offline_says_so_where_it_was_pressed(new_context, problems):
    problems.allow(*OFFLINE)
    attempt, context = make_attempt(), new_context()
    page = open_exam(context, attempt)
    go_offline(context)
    page.get_by_role("button", name="Finish exam").click()
    dialog = page.get_by_role("dialog", name="Submit exam?")

    dialog.get_by_role("button", name="Submit now").click()

    expect(dialog.get_by_role("alert")).to_contain_text("your exam is not submitted yet")
    expect(dialog.get_by_role("button", name="Submit now")).to_be_focused()
    attempt.refresh_from_db()
    assert attempt.state == "in_progress"
    context.set_offline(False)
    expect(dialog.get_by_role("alert")).to_be_empty()
    dialog.get_by_role("button", name="Submit now").click()
    page.wait_for_url(f"**{reverse('exams:attempt-result', args=[attempt.pk])}")


# --- What an empty cache asks for -------------------------------------------------------------------------------------


def test_exam_page_asks_for_six_files_at_most(new_context):
    attempt, context = make_attempt(exam=make_mls_exam()), new_context()
    answers = []
    context.on("response", lambda answer: answers.append(answer))

    page = open_exam(context, attempt)
    page.wait_for_load_state("networkidle")

    # The icon comes last, and any earlier page of the site has brought it.
    asked = [answer for answer in answers if not answer.url.endswith("icon.svg")]
    kinds = sorted(answer.request.resource_type for answer in asked)
    assert kinds == ["document", *["script"] * 3, *["stylesheet"] * 2]
    assert sum(len(gzip.compress(answer.body(), 4)) for answer in asked) <= 130_000
