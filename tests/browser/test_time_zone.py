"""The browser's time zone is told at sign-up, and offered where it is another one."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from accounts.models import User
from tests.browser.helpers import log_in
from tests.factories import UserFactory


def test_sign_up_takes_the_zone_of_the_browser(live_server, new_context):
    page = new_context(timezone_id="Asia/Tokyo").new_page()
    page.goto(reverse("account_signup"))
    page.locator("input[type=email]").fill("new@example.com")
    for field in page.locator("input[type=password]").all():
        field.fill("blue-heron-77-lake")
    page.get_by_role("button", name="Sign Up").click()
    page.wait_for_url(lambda url: "signup" not in url)

    assert User.objects.get().time_zone == "Asia/Tokyo"


@pytest.mark.parametrize(("answer", "stored"), [("Use Asia/Tokyo", "Asia/Tokyo"), ("Not now", "Europe/Berlin")])
def test_another_zone_is_offered_once(live_server, new_context, answer, stored):
    user = UserFactory(time_zone="Europe/Berlin")
    context = new_context(timezone_id="Asia/Tokyo")
    log_in(context, user)
    page = context.new_page()
    page.goto(reverse("exams:history"))
    expect(page.get_by_text("You seem to be in Asia/Tokyo. Times are shown in Europe/Berlin.")).to_be_visible()

    page.get_by_role("button", name=answer).click()

    expect(page.get_by_text(f"Dates and times are in {stored}.")).to_be_visible()
    expect(page.get_by_text("You seem to be in")).to_be_hidden()
    assert page.url.endswith(reverse("exams:history"))
    user.refresh_from_db()
    assert user.time_zone == stored


@pytest.mark.parametrize("stored", ["Asia/Kolkata", "Asia/Calcutta"])
def test_zone_under_its_other_name_is_not_offered(live_server, new_context, stored):
    context = new_context(timezone_id="Asia/Kolkata")
    log_in(context, UserFactory(time_zone=stored))
    page = context.new_page()

    page.goto(reverse("exams:history"))

    expect(page.get_by_text(f"Dates and times are in {stored}.")).to_be_visible()
    expect(page.get_by_text("You seem to be in")).to_be_hidden()
