import datetime as dt
import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.browser.helpers import (
    OFFLINE,
    choose,
    come_back,
    expect_result,
    expect_saved,
    go_offline,
    kept_in_browser,
    move_deadline,
    open_exam,
    refused,
    stored,
)
from tests.factories import make_attempt

# --- The deadline -----------------------------------------------------------------------------------------------------


def test_unsaved_answer_goes_along_when_the_deadline_hands_in(new_context, problems):
    problems.allow("ERR_FAILED", *OFFLINE)
    attempt = make_attempt()
    page = open_exam(new_context(), attempt)
    choose(page, 1, "A")
    expect_saved(page, 1)
    page.route("**/answers/*/", lambda route: route.abort())
    choose(page, 2, "B")
    expect(page.get_by_role("alert")).to_contain_text("No connection.")

    move_deadline(attempt, seconds=-2)
    come_back(page)

    expect_result(page, attempt)
    expect(page.get_by_text("Closed when the time ran out")).to_be_visible()
    attempt.refresh_from_db()
    assert (attempt.state, attempt.closed_by) == ("scored", "deadline")
    assert (stored(attempt, 1), stored(attempt, 2)) == ("A", "B")


def test_time_that_runs_out_hands_in_at_the_deadline_and_not_before(new_context):
    attempt = make_attempt()
    page = open_exam(new_context(), attempt)
    choose(page, 1, "A")
    expect_saved(page, 1)

    move_deadline(attempt, seconds=1.9)
    come_back(page)

    expect_result(page, attempt)
    attempt.refresh_from_db()
    assert attempt.submitted_at >= attempt.deadline_at
    assert attempt.closed_by == "deadline"


def test_deadline_that_passed_offline_leads_to_the_result_which_names_the_late_answer(new_context, problems):
    problems.allow(refused(410), *OFFLINE)
    attempt, context = make_attempt(), new_context()
    context.clock.install()
    page = open_exam(context, attempt)
    choose(page, 1, "A")
    expect_saved(page, 1)
    go_offline(context)
    choose(page, 1, "B")
    move_deadline(attempt, seconds=-11)
    page.clock.fast_forward("30:01")
    expect(page.get_by_role("alert")).to_contain_text("Time is up, but there is no connection.")

    context.set_offline(False)

    expect_result(page, attempt)
    expect(page.get_by_text("Closed when the time ran out")).to_be_visible()
    attempt.refresh_from_db()
    assert (attempt.state, attempt.closed_by, stored(attempt, 1)) == ("scored", "deadline", "A")
    expect(page.get_by_role("heading", name="1 answer did not arrive in time")).to_be_visible()
    assert len(kept_in_browser(page)) == 1


def test_deadline_that_passed_offline_a_moment_ago_still_takes_the_kept_answer(new_context, problems):
    problems.allow(*OFFLINE)
    attempt, context = make_attempt(), new_context()
    page = open_exam(context, attempt)
    go_offline(context)
    choose(page, 1, "B")
    move_deadline(attempt, seconds=-1)

    context.set_offline(False)

    expect_result(page, attempt)
    attempt.refresh_from_db()
    assert (attempt.state, attempt.closed_by, stored(attempt, 1)) == ("scored", "deadline", "B")


def test_exam_handed_in_in_another_tab_leads_to_the_result_at_the_next_save(new_context, problems):
    problems.allow(refused(410))
    attempt, context = make_attempt(), new_context()
    left_open, other = open_exam(context, attempt), open_exam(context, attempt)
    choose(other, 1, "A")
    expect_saved(other, 1)
    other.get_by_role("button", name="Finish exam").click()
    other.get_by_role("button", name="Submit now").click()
    expect_result(other, attempt)

    choose(left_open, 1, "B")

    expect_result(left_open, attempt)
    assert stored(attempt, 1) == "A"
    expect(left_open.get_by_role("heading", name="1 answer did not arrive in time")).to_be_visible()


# --- The timer --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("days", [-1, 1])
def test_timer_shows_the_servers_time_whatever_the_clients_clock_says(new_context, days):
    attempt, context = make_attempt(), new_context()
    context.clock.install(time=timezone.now() + dt.timedelta(days=days))
    page = open_exam(context, attempt)
    timer = page.get_by_role("timer", name="Time left")
    expect(timer).to_have_text(re.compile(r"^29:\d\d$|^30:00$"))

    # The candidate sets the clock while the exam runs: the page asks the server.
    with page.expect_response("**/clock/"):
        page.clock.set_system_time(timezone.now() - dt.timedelta(days=2 * days))
    expect(timer).to_have_text(re.compile(r"^29:\d\d$|^30:00$"))

    choose(page, 1, "C")
    expect_saved(page, 1)
    assert stored(attempt, 1) == "C"


def test_timer_warns_and_announces_politely_when_five_minutes_are_left(new_context):
    attempt, context = make_attempt(), new_context()
    context.clock.install()
    move_deadline(attempt, seconds=330)
    page = open_exam(context, attempt)
    timer, announcer = page.get_by_role("timer", name="Time left"), page.locator("#announcer")
    expect(timer).to_have_text(re.compile(r"^5:[123]\d$"))
    expect(timer).not_to_contain_class("soon")
    assert announcer.get_attribute("aria-live") == "polite"
    expect(announcer).to_be_empty()

    page.clock.fast_forward(31_000)

    expect(timer).to_have_text(re.compile(r"^4:[45]\d$"))
    expect(timer).to_contain_class("soon")
    expect(announcer).to_have_text("5 minutes left.")
    expect(page.locator("#banner")).to_be_hidden()

    move_deadline(attempt, seconds=55)  # after a minute of silence the page asks the server, whose time did not jump
    page.clock.fast_forward(240_000)

    expect(timer).to_have_text(re.compile(r"^0:[45]\d$"))
    expect(announcer).to_have_text("1 minute left.")


def test_minute_that_passes_while_an_answer_is_saved_is_announced(new_context):
    attempt = make_attempt()
    move_deadline(attempt, seconds=330)
    page = open_exam(new_context(), attempt)
    expect(page.locator("#timer")).to_have_text(re.compile(r"^5:[123]\d$"))

    move_deadline(attempt, seconds=299)
    choose(page, 1, "A")
    expect_saved(page, 1)

    expect(page.locator("#timer")).to_have_text(re.compile(r"^4:[45]\d$"))
    expect(page.locator("#announcer")).to_have_text("5 minutes left.")
