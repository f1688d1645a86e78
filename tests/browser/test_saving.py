from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from tests.browser.helpers import (
    OFFLINE,
    all_stored,
    choose,
    come_back,
    expect_chosen,
    expect_result,
    expect_saved,
    fill_log_in,
    go_offline,
    go_to,
    kept_in_browser,
    move_deadline,
    open_exam,
    refused,
    rule_out,
    stored,
)
from tests.factories import make_attempt

ANSWERS = "**/answers/{}/"


def hold_saves(page, position, *, number=1):
    """Keep the next saves of this question from the server; the list will hold their routes."""
    held = []
    page.route(ANSWERS.format(position), lambda route: held.append(route), times=number)
    return held


def test_reload_keeps_answers_flags_strikes_and_place(new_context):
    attempt = make_attempt()
    page = open_exam(new_context(), attempt)
    choose(page, 1, "B")
    choose(page, 3, "D")
    rule_out(page, 3, "A")
    page.locator("#q3").get_by_label("Flag for later").check()
    expect_saved(page, 1)
    expect_saved(page, 3)

    page.reload()

    expect(page.locator("#q3")).to_be_visible()
    expect(page.locator("#q1")).to_be_hidden()
    expect_chosen(page, 1, "B")
    expect_chosen(page, 3, "D")
    expect(page.locator("#q3-s0")).to_be_checked()
    expect(page.locator("#q3-s1")).not_to_be_checked()
    expect(page.locator("#q3").get_by_label("Flag for later")).to_be_checked()
    assert [link.get_attribute("aria-label") for link in page.locator("#palette a").all()] == [
        "Question 1, answered",
        "Question 2, not seen",
        "Question 3, answered, flagged",
        "Question 4, not seen",
    ]
    assert all_stored(attempt) == ["B", "", "D", ""]


def test_saved_is_shown_only_after_the_answer_of_the_server(new_context):
    attempt = make_attempt()
    page = open_exam(new_context(), attempt)
    choose(page, 1, "A")
    expect_saved(page, 1)
    held = hold_saves(page, 1, number=2)

    with page.expect_request(ANSWERS.format(1)):
        choose(page, 1, "B")
    expect(page.locator("#q1 .saved")).to_be_hidden()
    assert stored(attempt, 1) == "A"
    choose(page, 1, "C")
    with page.expect_request(ANSWERS.format(1)):  # the further change waited for the one on its way
        held[0].continue_()
    expect(page.locator("#q1 .saved")).to_be_hidden()
    assert (stored(attempt, 1), len(kept_in_browser(page))) == ("B", 1)
    held[1].continue_()

    expect_saved(page, 1)
    expect(page.locator("#q1 .saved")).to_be_visible()
    assert (stored(attempt, 1), attempt.items.get(position=1).sequence) == ("C", 3)


# --- Two tabs -------------------------------------------------------------------------------------------------------


def conflict_of(new_context, problems, letters="BC"):
    """Return attempt and stale tab: another tab saved `letters[0]` for question 1, here `letters[1]` was chosen."""
    problems.allow(refused(409))
    attempt, context = make_attempt(), new_context()
    stale, fresh = open_exam(context, attempt), open_exam(context, attempt)
    choose(fresh, 1, letters[0])
    rule_out(fresh, 1, "A")
    expect_saved(fresh, 1)
    choose(stale, 1, letters[1])
    expect(stale.locator("#q1 .conflict")).to_be_visible()
    return attempt, stale


def test_stale_tab_is_refused_and_shown_both_answers(new_context, problems):
    attempt, stale = conflict_of(new_context, problems)

    expect(stale.locator("#q1 .conflict")).to_contain_text("Saved there: B Chosen here: C")
    expect(stale.locator("#q1 .saved")).to_have_count(0)
    expect(stale.locator("#palette a").first).to_have_attribute("aria-label", "Question 1, answered, not saved yet")
    assert stored(attempt, 1) == "B"


def test_stale_tab_saves_what_was_chosen_here(new_context, problems):
    attempt, stale = conflict_of(new_context, problems)

    stale.get_by_role("button", name="Save what I chose here").click()

    expect_saved(stale, 1)
    expect(stale.locator(".conflict")).to_have_count(0)
    assert stored(attempt, 1) == "C"


def test_stale_tab_takes_what_is_saved_and_goes_on_from_there(new_context, problems):
    attempt, stale = conflict_of(new_context, problems)

    stale.get_by_role("button", name="Keep what is saved").click()

    expect_chosen(stale, 1, "B")
    expect(stale.locator("#q1-s0")).to_be_checked()
    expect(stale.locator(".conflict")).to_have_count(0)
    expect(stale.locator("#q1.is-unsaved")).to_have_count(0)
    assert (stored(attempt, 1), kept_in_browser(stale)) == ("B", [])

    choose(stale, 1, "D")
    expect_saved(stale, 1)
    assert stored(attempt, 1) == "D"


def test_stale_tab_is_refused_again_when_its_answer_changes_before_the_choice(new_context, problems):
    attempt, stale = conflict_of(new_context, problems)

    choose(stale, 1, "D")

    expect(stale.locator("#q1.htmx-request")).to_have_count(0)
    expect(stale.locator("#q1 .conflict")).to_be_visible()
    assert stored(attempt, 1) == "B"


def test_second_change_that_waited_for_a_refused_one_is_refused_too(new_context, problems):
    problems.allow(refused(409))
    attempt, context = make_attempt(), new_context()
    stale, fresh = open_exam(context, attempt), open_exam(context, attempt)
    choose(fresh, 1, "B")
    expect_saved(fresh, 1)
    held = hold_saves(stale, 1)

    with stale.expect_request(ANSWERS.format(1)):
        choose(stale, 1, "C")
    choose(stale, 1, "D")
    held[0].continue_()

    expect(stale.locator("#q1 .conflict")).to_be_visible()
    expect(stale.locator("#q1.htmx-request")).to_have_count(0)
    expect(stale.locator("#q1 .conflict")).to_be_visible()
    assert stored(attempt, 1) == "B"


def test_conflict_of_a_question_left_behind_is_announced(new_context, problems):
    problems.allow(refused(409))
    attempt, context = make_attempt(), new_context()
    stale, fresh = open_exam(context, attempt), open_exam(context, attempt)
    choose(fresh, 1, "B")
    expect_saved(fresh, 1)
    held = hold_saves(stale, 1)

    with stale.expect_request(ANSWERS.format(1)):
        choose(stale, 1, "C")
    go_to(stale, 2)
    held[0].continue_()

    expect(stale.get_by_role("alert").filter(has_text="uestion 1")).to_be_visible()


def test_handing_in_an_open_conflict_shows_both_answers_first(new_context, problems):
    attempt, stale = conflict_of(new_context, problems)

    stale.get_by_role("button", name="Finish exam").click()
    stale.get_by_role("button", name="Submit now").click()

    expect(stale.get_by_role("heading", name="Not submitted yet")).to_be_visible()
    attempt.refresh_from_db()
    assert (attempt.state, stored(attempt, 1)) == ("in_progress", "B")


def test_tab_that_merely_stayed_open_hands_in_what_the_other_saved(new_context):
    attempt, context = make_attempt(), new_context()
    left_open, other = open_exam(context, attempt), open_exam(context, attempt)
    choose(left_open, 1, "B")
    expect_saved(left_open, 1)
    other.reload()
    choose(other, 1, "C")
    choose(other, 2, "D")
    expect_saved(other, 1)
    expect_saved(other, 2)

    left_open.bring_to_front()
    left_open.get_by_role("button", name="Finish exam").click()
    left_open.get_by_role("button", name="Submit now").click()

    expect_result(left_open, attempt)
    assert all_stored(attempt) == ["C", "D", "", ""]


def test_newer_answer_stands_when_the_deadline_meets_an_open_conflict(new_context, problems):
    attempt, stale = conflict_of(new_context, problems)

    move_deadline(attempt, seconds=-1)
    come_back(stale)

    expect_result(stale, attempt)
    attempt.refresh_from_db()
    assert (attempt.closed_by, stored(attempt, 1)) == ("deadline", "B")


# --- Network and log-in lost ----------------------------------------------------------------------------------------


def test_changes_made_offline_are_shown_as_unsaved_and_saved_when_the_network_is_back(new_context, problems):
    problems.allow(*OFFLINE)
    attempt, context = make_attempt(), new_context()
    page = open_exam(context, attempt)
    choose(page, 1, "A")
    expect_saved(page, 1)

    go_offline(context)
    choose(page, 1, "B")
    choose(page, 2, "C")
    choose(page, 1, "D")
    page.locator("#q1").get_by_label("Flag for later").check()

    expect(page.get_by_role("alert")).to_contain_text("No connection.")
    expect(page.locator("#q1 .saved")).to_be_hidden()
    shown = page.locator("#q1 .save-state").evaluate("element => getComputedStyle(element, '::after').content")
    assert shown == '"Not saved yet"'
    assert [link.get_attribute("aria-label") for link in page.locator("#palette a").all()] == [
        "Question 1, answered, flagged, not saved yet",
        "Question 2, answered, not saved yet",
        "Question 3, not seen",
        "Question 4, not seen",
    ]
    assert all_stored(attempt) == ["A", "", "", ""]

    context.set_offline(False)

    expect_saved(page, 1)
    expect_saved(page, 2)
    expect(page.locator("#banner")).to_be_hidden()
    assert all_stored(attempt) == ["D", "C", "", ""]
    assert attempt.items.get(position=1).is_flagged is True
    assert kept_in_browser(page) == []


def test_changes_made_offline_outlive_the_closed_page(new_context, problems):
    problems.allow(*OFFLINE)
    attempt, context = make_attempt(), new_context()
    page = open_exam(context, attempt)
    go_offline(context)
    choose(page, 2, "C")
    rule_out(page, 2, "A")
    choose(page, 3, "A")
    page.close()
    context.set_offline(False)
    assert all_stored(attempt) == ["", "", "", ""]

    page = open_exam(context, attempt)

    expect_chosen(page, 2, "C")
    expect_saved(page, 2)
    expect_saved(page, 3)
    assert all_stored(attempt) == ["", "C", "A", ""]
    assert attempt.items.get(position=2).struck == [0]
    assert kept_in_browser(page) == []


def test_changes_made_offline_in_two_tabs_are_all_kept(new_context, problems):
    problems.allow(*OFFLINE)
    attempt, context = make_attempt(), new_context()
    pages = [open_exam(context, attempt), open_exam(context, attempt)]
    go_offline(context)
    for position, page in enumerate(pages, start=1):
        choose(page, position, "C")
    for page in pages:
        page.close()
    context.set_offline(False)

    page = open_exam(context, attempt)

    expect_saved(page, 1)
    expect_saved(page, 2)
    assert all_stored(attempt) == ["C", "C", "", ""]


def test_kept_answer_that_became_stale_is_refused_after_a_reload(new_context, problems):
    problems.allow(*OFFLINE, refused(409))
    attempt = make_attempt()
    here, elsewhere = new_context(), new_context()
    page = open_exam(here, attempt)
    go_offline(here)
    choose(page, 1, "C")
    page.close()
    other = open_exam(elsewhere, attempt)
    choose(other, 1, "B")
    expect_saved(other, 1)
    here.set_offline(False)

    page = open_exam(here, attempt)

    expect(page.locator("#q1 .conflict")).to_contain_text("Saved there: B Chosen here: C")
    assert stored(attempt, 1) == "B"


def test_kept_answer_that_a_second_tab_sent_gives_the_first_tab_no_right_to_overwrite(new_context, problems):
    problems.allow("ERR_FAILED", *OFFLINE, refused(409))
    attempt, context = make_attempt(), new_context()
    first = open_exam(context, attempt)
    first.route(ANSWERS.format(1), lambda route: route.abort())
    choose(first, 1, "A")
    expect(first.get_by_role("alert")).to_contain_text("No connection.")
    second = open_exam(context, attempt)
    expect_saved(second, 1)
    choose(second, 1, "B")
    expect_saved(second, 1)
    first.unroute(ANSWERS.format(1))
    come_back(first)
    expect(first.locator("#q1 .conflict")).to_be_visible()

    for letter in "CDC":
        choose(first, 1, letter)
        expect(first.locator("#q1.htmx-request")).to_have_count(0)

    expect(first.locator("#q1 .conflict")).to_contain_text("Saved there: B Chosen here: C")
    assert stored(attempt, 1) == "B"


def lose_the_next_response(page, position):
    """Let the server handle the next save of this question, and the network fail before its answer arrives."""

    def handle(route):
        route.fetch()
        route.abort()

    page.route(ANSWERS.format(position), handle, times=1)


def test_change_after_a_save_whose_response_was_lost_is_no_conflict(new_context, problems):
    problems.allow("ERR_FAILED", *OFFLINE)
    attempt = make_attempt()
    page = open_exam(new_context(), attempt)
    lose_the_next_response(page, 1)
    choose(page, 1, "B")
    expect(page.get_by_role("alert")).to_contain_text("No connection.")
    assert stored(attempt, 1) == "B"

    choose(page, 1, "C")

    expect_saved(page, 1)
    assert (stored(attempt, 1), attempt.items.get(position=1).sequence) == ("C", 2)


def test_repeat_of_a_save_whose_response_was_lost_changes_nothing(new_context, problems):
    problems.allow("ERR_FAILED", *OFFLINE)
    attempt = make_attempt()
    page = open_exam(new_context(), attempt)
    lose_the_next_response(page, 1)
    choose(page, 1, "B")
    expect(page.get_by_role("alert")).to_contain_text("No connection.")

    come_back(page)

    expect_saved(page, 1)
    assert (stored(attempt, 1), attempt.items.get(position=1).sequence) == ("B", 1)


def test_answers_given_after_the_log_in_expired_are_saved_after_a_new_one(new_context, problems):
    problems.allow(refused(401))
    attempt, context = make_attempt(), new_context()
    page = open_exam(context, attempt)
    page.evaluate("window.wasNotReloaded = true")
    Session.objects.all().delete()
    choose(page, 1, "B")
    expect(page.get_by_role("alert")).to_contain_text("You are logged out. Your answers are kept here.")
    choose(page, 2, "C")
    assert all_stored(attempt) == ["", "", "", ""]

    with context.expect_page() as opened:
        page.get_by_role("link", name="Log in in a new tab").click()
    fill_log_in(opened.value, attempt.candidate)
    expect(opened.value.locator("main.home")).to_be_visible()
    come_back(page)

    expect_saved(page, 1)
    expect_saved(page, 2)
    expect(page.locator("#banner")).to_be_hidden()
    choose(page, 3, "D")
    expect_saved(page, 3)
    assert all_stored(attempt) == ["B", "C", "D", ""]
    assert page.evaluate("window.wasNotReloaded") is True

    # The form that hands in got the new token too.
    page.get_by_role("button", name="Finish exam").click()
    page.get_by_role("button", name="Submit now").click()
    expect_result(page, attempt)
