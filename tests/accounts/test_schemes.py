"""Light or dark by choice: a cookie of the browser, in the first tag of every page."""

import pytest
from django.test import Client

from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

SCHEME = "/accounts/scheme/"


def look_of(response):
    """Return the first tag of a page, and what it tells the browser before any style is there."""
    text = response.text
    told = text[text.index('<meta name="color-scheme"') :].split(">")[0]
    return "data-scheme=" in text[text.index("<html") :].split(">")[0], told.split('content="')[1].rstrip('"')


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_choice_holds_on_every_page_until_it_is_taken_back(client, scheme):
    before = look_of(client.get("/"))

    response = client.post(SCHEME, {"scheme": scheme}, headers={"Referer": "http://testserver/privacy/"})

    assert (response.status_code, response.url) == (302, "http://testserver/privacy/")
    assert [look_of(client.get(url)) for url in ("/", "/privacy/", "/nothing/")] == [(True, scheme)] * 3
    client.post(SCHEME, {"scheme": ""})
    assert (look_of(client.get("/")), before) == ((False, "light dark"),) * 2


def test_choice_belongs_to_the_browser_and_outlasts_the_log_in(client):
    client.post(SCHEME, {"scheme": "dark"})
    person = UserFactory()

    client.force_login(person)

    other = Client()
    other.force_login(person)
    assert (look_of(client.get("/")), look_of(other.get("/"))) == ((True, "dark"), (False, "light dark"))


@pytest.mark.parametrize("scheme", ["sepia", '"><script>', "x" * 500])
def test_scheme_that_the_site_does_not_have_changes_nothing(client, scheme):
    response = client.post(SCHEME, {"scheme": scheme})

    assert (response.status_code, "scheme" in client.cookies) == (302, False)
    client.cookies["scheme"] = scheme[:60]
    assert look_of(client.get("/")) == (False, "light dark")


@pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example", "javascript:alert(1)", ""])
def test_choice_leads_to_no_other_site(client, address):
    response = client.post(SCHEME, {"scheme": "dark"}, headers={"Referer": address})

    assert response.url == "/"


def test_pressed_button_says_which_is_chosen(client):
    client.post(SCHEME, {"scheme": "dark"})

    form = client.get("/").text.split(SCHEME)[1].split("</form>")[0]
    assert [part.split('"')[0] for part in form.split('aria-pressed="')[1:]] == ["false", "false", "true"]
