"""What several browser tests do: log in, open an exam, answer, and look into the database."""

import datetime as dt
import re

from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from exams.attempts.models import Attempt

LETTERS = "ABCDEFGH"
# What the browser's console says of a request that fails, for `problems.allow`.
OFFLINE = ("ERR_INTERNET_DISCONNECTED", "htmx:sendError", "htmx:afterRequest")

expect.set_options(timeout=30_000)


def refused(status):
    """Return what the console says of this status, for `problems.allow`."""
    return rf"(status of|Status Error Code) {status}\b"


def log_in(context, user):
    """Give the browser a session of this user, as the log-in page would."""
    client = Client()
    client.force_login(user)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "domain": "localhost", "path": "/"}])


def fill_log_in(page, user):
    page.get_by_label("Email").fill(user.email)
    page.get_by_label("Password", exact=True).fill("secret-word-1")
    page.get_by_role("button", name="Sign In").click()


def open_exam(context, attempt):
    """Open the exam page in a new tab, logged in as its candidate, and wait until its script runs."""
    if not context.cookies():
        log_in(context, attempt.candidate)
    page = context.new_page()
    page.goto(reverse("exams:attempt", args=[attempt.pk]))
    expect(page.locator("#exam-foot")).to_be_visible()
    return page


def go_offline(context):
    """Cut this browser's network, and wait until it is: Chromium's network process hears of it a little later."""
    context.set_offline(True)
    for page in context.pages:
        page.evaluate("async () => { for (;;) { try { await fetch('/health/') } catch { return } } }")


def go_to(page, position):
    page.locator("#palette a").nth(position - 1).click()
    expect(page.locator(f"#q{position}")).to_be_visible()


def choose(page, position, letters):
    """Click options of a question, going there first."""
    go_to(page, position)
    choose_plainly(page, position, letters)


def choose_plainly(page, position, letters):
    """Click options of a question that is in sight: the one shown or, without JavaScript, any."""
    for letter in letters:
        page.locator(f"label[for=q{position}-o{LETTERS.index(letter)}]").click()


def rule_out(page, position, letter):
    page.locator(f"#q{position}").get_by_label(f"Strike out {letter}").check()


def expect_saved(page, position):
    """What the candidate may rely on: the word in the page, and no mark in the palette."""
    expect(page.locator(f"#q{position} .saved")).to_be_attached()
    expect(page.locator(f"#q{position}.is-unsaved")).to_have_count(0)
    expect(page.locator("#palette a").nth(position - 1)).not_to_have_attribute("data-unsaved", "")


def expect_chosen(page, position, letters):
    for number, option in enumerate(page.locator(f"[name=q{position}-choice]").all()):
        expect(option).to_be_checked(checked=LETTERS[number] in letters)


def stored(attempt, position):
    """Return the letters of the answer that would be scored, as this attempt shows them."""
    item = attempt.items.get(position=position)
    return "".join(LETTERS[shown] for shown, own in enumerate(item.option_order) if own in (item.response or []))


def all_stored(attempt):
    return [stored(attempt, position) for position in range(1, attempt.items.count() + 1)]


def key_letters(attempt, position):
    item = attempt.items.select_related("revision").get(position=position)
    return "".join(LETTERS[shown] for shown, own in enumerate(item.option_order) if own in item.revision.key)


def wrong_letter(attempt, position):
    return next(letter for letter in "ABCD" if letter not in key_letters(attempt, position))


def kept_in_browser(page):
    return page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('exam:'))")


def move_deadline(attempt, *, seconds):
    """Make the attempt end so many seconds from now; it began an hour ago."""
    now = timezone.now()
    Attempt.objects.filter(pk=attempt.pk).update(
        started_at=now - dt.timedelta(hours=1), deadline_at=now + dt.timedelta(seconds=seconds)
    )


def come_back(page):
    """Return to this tab; the page is told what a browser with a window tells it."""
    page.bring_to_front()
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def expect_result(page, attempt):
    page.wait_for_url(f"**{reverse('exams:attempt-result', args=[attempt.pk])}")


def sign_up(page, email, mailoutbox):
    """Make an account as a visitor does, confirm its address by the link in the e-mail, and log in."""
    page.goto("/accounts/signup/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password", exact=True).fill("a-long-enough-word")
    page.get_by_label("Password (again)").fill("a-long-enough-word")
    page.get_by_role("button", name="Sign Up").click()
    expect(page.get_by_role("heading", name="Confirm your email address")).to_be_visible()
    page.goto(re.search(r"http://[^/]+(/\S+)", mailoutbox[0].body)[1])
    page.get_by_role("button", name="Confirm").click()
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password", exact=True).fill("a-long-enough-word")
    page.get_by_role("button", name="Sign In").click()
    expect(page.locator("main.home")).to_be_visible()
