"""Promise 1 while the web server goes down and comes back: the page keeps what was not acknowledged and sends it again.

The server is gunicorn with two processes of four threads; the candidate is a real browser.
"""

import os
import re
import signal

import pytest
from django.db import connection, transaction
from playwright.sync_api import expect

from exams.attempts.models import Attempt
from tests.browser.helpers import (
    LETTERS,
    OFFLINE,
    all_stored,
    choose,
    expect_result,
    expect_saved,
    kept_in_browser,
    open_exam,
)
from tests.factories import make_attempt, make_exam
from tests.services.processes import MARK, Process, wait_until

NO_SERVER = (*OFFLINE, "ERR_CONNECTION_", "ERR_EMPTY_RESPONSE", "ERR_SOCKET_NOT_CONNECTED")
# The page tries again after 2, 4, 8, … seconds: on a slow machine that may be once more than on a fast one.
RETRIED = 40_000
BANNER = "No connection. Continue: your answers are kept here and sent as soon as the connection is back."


@pytest.fixture
def site(web_server):
    return web_server(threads=4, REDIS_URL="")


@pytest.fixture
def opened(site, new_context):
    """Return an exam page of the real server in a browser, its attempt, and the saves it was told of.

    Each entry of the last is (position, option chosen, status).
    """
    attempt, answers = make_attempt(exam=make_exam(per_domain=8, question_count=8)), []
    context = new_context(base_url=local(site.url))

    def note(response):
        if match := re.search(r"/answers/(\d+)/$", response.url):
            chosen = re.search(r"q\d+-choice=(\d)", response.request.post_data or "")
            answers.append((int(match[1]), LETTERS[int(chosen[1])] if chosen else "", response.status))

    context.on("response", note)
    return open_exam(context, attempt), attempt, answers


def local(url):
    """The browser's cookies are those of localhost."""
    return url.replace("127.0.0.1", "localhost")


def port_of(site):
    return int(site.url.rpartition(":")[2])


def last_acknowledged(answers):
    return {position: letter for position, letter, status in answers if status == 200}


def hand_in(page):
    page.get_by_role("button", name="Finish exam").click()
    page.get_by_role("button", name="Submit now").click()


def is_a_save_waiting():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # a transaction would see what it saw the first time
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name = %s AND wait_event_type = 'Lock'",
            [MARK],
        )
        return cursor.fetchone()[0] > 0


@pytest.mark.parametrize("end", [Process.stop, Process.kill], ids=["stopped", "killed"])
def test_answers_given_while_the_server_is_down_are_sent_when_it_is_back(web_server, site, opened, problems, end):
    problems.allow(*NO_SERVER)
    page, attempt, answers = opened
    choose(page, 1, "A")
    expect_saved(page, 1)

    end(site)
    choose(page, 1, "B")
    choose(page, 2, "C")

    expect(page.get_by_role("alert")).to_contain_text(BANNER)
    expect(page.locator("#q1 .saved")).to_be_hidden()
    expect(page.locator("#q2 .saved")).to_have_count(0)
    marked = [link.get_attribute("aria-label") for link in page.locator("#palette a[data-unsaved]").all()]
    assert marked == ["Question 1, answered, not saved yet", "Question 2, answered, not saved yet"]
    assert (all_stored(attempt)[:2], len(kept_in_browser(page))) == (["A", ""], 2)

    web_server(threads=4, REDIS_URL="", port=port_of(site))

    # Nobody touches the page: it finds out by itself.
    expect(page.locator("#palette a[data-unsaved]")).to_have_count(0, timeout=RETRIED)
    expect_saved(page, 1)
    expect_saved(page, 2)
    expect(page.locator("#banner")).to_be_hidden()
    assert all_stored(attempt)[:2] == ["B", "C"]
    assert last_acknowledged(answers) == {1: "B", 2: "C"}
    assert kept_in_browser(page) == []
    hand_in(page)
    expect_result(page, attempt)


def test_save_on_its_way_when_the_server_is_killed_is_not_called_saved_and_sent_again(
    web_server, site, opened, problems
):
    problems.allow(*NO_SERVER)
    page, attempt, answers = opened
    with transaction.atomic():
        Attempt.objects.select_for_update().get(pk=attempt.pk)
        choose(page, 1, "D")
        wait_until(is_a_save_waiting, what="the save waits for the lock")
        site.kill()
        expect(page.get_by_role("alert")).to_contain_text(BANNER)
        expect(page.locator("#q1 .saved")).to_have_count(0)
        assert (answers, len(kept_in_browser(page))) == ([], 1)
    # The database finishes what it was sent. Nobody was told, so the page sends it again.
    wait_until(lambda: not is_a_save_waiting())

    web_server(threads=4, REDIS_URL="", port=port_of(site))

    expect(page.locator("#palette a[data-unsaved]")).to_have_count(0, timeout=RETRIED)
    expect_saved(page, 1)
    assert all_stored(attempt)[0] == "D"
    assert answers == [(1, "D", 200)]


def test_save_on_its_way_when_the_server_is_told_to_stop_is_answered(site, opened):
    page, attempt, answers = opened
    with transaction.atomic():
        Attempt.objects.select_for_update().get(pk=attempt.pk)
        choose(page, 1, "D")
        wait_until(is_a_save_waiting, what="the save waits for the lock")
        site.popen.send_signal(signal.SIGTERM)
        wait_until(lambda: "Handling signal: term" in site.output, what=site)

    expect_saved(page, 1)
    assert (answers, all_stored(attempt)[0]) == ([(1, "D", 200)], "D")
    assert kept_in_browser(page) == []


def test_graceful_restart_while_a_candidate_answers_loses_nothing(site, opened, problems):
    """Both processes are replaced, as after a deployment, while answers come; the port stays open."""
    problems.allow(*NO_SERVER)  # a connection the old process closes just as the browser uses it
    page, attempt, answers = opened
    choose(page, 1, "A")
    expect_saved(page, 1)
    booted = site.output.count("Booting worker")

    os.kill(site.pid, signal.SIGHUP)
    chosen = {}
    for round_number in range(4):
        for position in range(1, 9):
            chosen[position] = LETTERS[(position + round_number) % 4]
            choose(page, position, chosen[position])
    wait_until(lambda: site.output.count("Booting worker") == booted + 2, what=site)
    choose(page, 1, "D")
    chosen[1] = "D"

    expect(page.locator("#palette a[data-unsaved]")).to_have_count(0, timeout=RETRIED)
    assert {status for _, _, status in answers} == {200}
    assert dict(enumerate(all_stored(attempt), start=1)) == chosen == last_acknowledged(answers)
    assert kept_in_browser(page) == []
