"""An answer that came too late or never is named, and stays in the browser until its candidate has seen that."""

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse
from playwright.sync_api import expect

from tests.browser.helpers import (
    OFFLINE,
    choose,
    choose_plainly,
    expect_chosen,
    expect_result,
    expect_saved,
    fill_log_in,
    go_offline,
    kept_in_browser,
    log_in,
    move_deadline,
    open_exam,
    refused,
    stored,
)
from tests.factories import UserFactory, make_attempt

TITLE = "1 answer did not arrive in time"


def answer_offline(context, attempt):
    """Save A, go offline, choose B of question 1, and let the exam end meanwhile."""
    page = open_exam(context, attempt)
    choose(page, 1, "A")
    expect_saved(page, 1)
    go_offline(context)
    choose(page, 1, "B")
    expect(page.get_by_role("alert")).to_contain_text("your answers are kept here")
    move_deadline(attempt, seconds=-11)
    return page


def test_answer_kept_offline_past_the_end_is_named_until_it_was_seen(new_context, problems):
    problems.allow(refused(410), *OFFLINE)
    attempt, context = make_attempt(), new_context()
    page = answer_offline(context, attempt)

    context.set_offline(False)

    expect_result(page, attempt)
    section = page.get_by_role("region", name=TITLE)
    expect(section.get_by_role("link", name="Question 1")).to_be_visible()
    expect(section.locator(".facts > div").first).to_contain_text("Not saved")
    expect(section.locator(".facts > div").first.locator("b")).to_have_text("B")
    expect(section.locator(".facts > div").last.locator("b")).to_have_text("A")
    assert stored(attempt, 1) == "A"
    for name in ("exams:home", "exams:history"):
        page.goto(reverse(name))
        expect(page.get_by_role("region", name=TITLE)).to_contain_text(attempt.exam.title)
    page.goto(reverse("exams:attempt-review", args=[attempt.pk]))
    page.get_by_role("button", name="I have seen this").click()

    expect_result(page, attempt)
    expect(page.locator(".unsaved")).to_have_count(0)
    assert kept_in_browser(page) == []
    page.goto(reverse("exams:home"))
    expect(page.locator("main.home")).to_be_visible()
    expect(page.locator(".unsaved")).to_have_count(0)


def test_page_closed_offline_leaves_the_answer_for_the_next_visit(new_context, problems):
    problems.allow(*OFFLINE)
    attempt, context = make_attempt(), new_context()
    answer_offline(context, attempt).close()
    context.set_offline(False)

    page = context.new_page()
    page.goto(reverse("exams:attempt-result", args=[attempt.pk]))

    expect(page.get_by_role("region", name=TITLE)).to_be_visible()


def test_another_person_on_the_same_browser_is_shown_nothing_and_takes_nothing_away(new_context, problems):
    problems.allow(refused(410), refused(404), *OFFLINE)
    attempt, context = make_attempt(), new_context()
    page = answer_offline(context, attempt)
    context.set_offline(False)
    expect_result(page, attempt)
    context.clear_cookies()
    other = UserFactory()
    log_in(context, other)

    requests = []
    page.on("request", lambda request: requests.append(request.url))
    for name, arguments in (("exams:home", []), ("exams:history", []), ("exams:attempt-result", [attempt.pk])):
        page.goto(reverse(name, args=arguments))
        expect(page.locator(".unsaved")).to_have_count(0)

    assert not [url for url in requests if url.endswith("/unsaved/")]
    assert len(kept_in_browser(page)) == 1
    context.clear_cookies()
    log_in(context, attempt.candidate)
    page.goto(reverse("exams:home"))
    expect(page.get_by_role("region", name=TITLE)).to_be_visible()


def test_answer_that_went_along_with_the_hand_in_is_not_named(new_context, problems):
    problems.allow("ERR_FAILED", *OFFLINE)
    attempt = make_attempt()
    page = open_exam(new_context(), attempt)
    page.route("**/answers/*/", lambda route: route.abort())
    choose(page, 1, "B")
    page.get_by_role("button", name="Finish exam").click()
    page.get_by_role("button", name="Submit now").click()

    expect_result(page, attempt)

    page.evaluate(
        "async () => { while (Object.keys(localStorage).some((key) => key.startsWith('exam:'))) "
        "await new Promise(requestAnimationFrame) }"
    )
    expect(page.locator(".unsaved")).to_have_count(0)
    assert stored(attempt, 1) == "B"


def test_answer_under_way_is_not_called_lost_on_other_pages(new_context, problems):
    problems.allow(*OFFLINE)
    attempt, context = make_attempt(), new_context()
    page = open_exam(context, attempt)
    go_offline(context)
    choose(page, 1, "B")
    page.close()
    context.set_offline(False)

    page = context.new_page()
    with page.expect_response("**/unsaved/") as answer:
        page.goto(reverse("exams:home"))

    assert answer.value.status == 202
    expect(page.locator(".unsaved")).to_have_count(0)
    assert len(kept_in_browser(page)) == 1


# --- Without JavaScript ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("button", ["Save all answers", "Finish exam"])
def test_log_in_that_ends_without_javascript_gives_back_what_was_filled_in(new_context, button):
    attempt, context = make_attempt(), new_context(javascript=False)
    log_in(context, attempt.candidate)
    page = context.new_page()
    page.goto(reverse("exams:attempt", args=[attempt.pk]))
    choose_plainly(page, 1, "B")
    choose_plainly(page, 3, "D")
    page.locator("#q3").get_by_label("Strike out A").check()
    page.locator("#q4").get_by_label("Flag for later").check()
    Session.objects.all().delete()

    page.get_by_role("button", name=button).click()
    fill_log_in(page, attempt.candidate)

    page.wait_for_url(f"**{reverse('exams:attempt', args=[attempt.pk])}")
    expect(page.get_by_text("Restored from before you were logged out: 1 3 4")).to_be_visible()
    for position, letters in enumerate(["B", "", "D", ""], start=1):
        expect_chosen(page, position, letters)
    expect(page.locator("#q3").get_by_label("Strike out A")).to_be_checked()
    expect(page.locator("#q4").get_by_label("Flag for later")).to_be_checked()
    assert stored(attempt, 1) == ""

    page.get_by_role("button", name="Save all answers").click()

    expect(page.get_by_text("All answers on this page are saved.")).to_be_visible()
    assert [stored(attempt, position) for position in (1, 2, 3, 4)] == ["B", "", "D", ""]
    expect(page.get_by_text("Restored from before")).to_have_count(0)


def test_log_in_after_the_end_without_javascript_names_what_was_not_saved(new_context):
    attempt, context = make_attempt(), new_context(javascript=False)
    log_in(context, attempt.candidate)
    page = context.new_page()
    page.goto(reverse("exams:attempt", args=[attempt.pk]))
    choose_plainly(page, 2, "C")
    Session.objects.all().delete()
    page.get_by_role("button", name="Save all answers").click()
    move_deadline(attempt, seconds=-11)

    fill_log_in(page, attempt.candidate)

    expect_result(page, attempt)
    section = page.get_by_role("region", name=TITLE)
    expect(section.locator(".facts > div").first.locator("b")).to_have_text("C")
    expect(section.locator(".facts > div").last).to_contain_text("no answer")
    section.get_by_role("button", name="I have seen this").click()
    expect(page.locator(".unsaved")).to_have_count(0)


def test_answers_kept_through_a_log_in_are_saved_by_the_script_where_there_is_one(new_context):
    attempt, context = make_attempt(), new_context(javascript=False)
    log_in(context, attempt.candidate)
    plain = context.new_page()
    plain.goto(reverse("exams:attempt", args=[attempt.pk]))
    choose_plainly(plain, 1, "B")
    Session.objects.all().delete()
    plain.get_by_role("button", name="Save all answers").click()
    with_script = new_context()
    with_script.add_cookies(context.cookies())
    log_in(with_script, attempt.candidate)

    page = open_exam(with_script, attempt)

    expect_saved(page, 1)
    expect_chosen(page, 1, "B")
    assert stored(attempt, 1) == "B"
