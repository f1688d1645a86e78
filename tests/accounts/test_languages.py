"""The language of the pages: what the browser asks for, what a visitor chose, what a person chose."""

import pytest
from django.conf import settings
from django.test import Client
from django.utils import formats, translation

from accounts.models import User
from tests.exams.pages import opened
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

PREFERENCES = "/accounts/preferences/"
LANGUAGE = "/accounts/language/"


def head_of(response):
    """Return the first tag of a page."""
    return response.text[response.text.index("<html") :].split(">")[0]


@pytest.fixture
def person(client):
    person = UserFactory()
    client.force_login(person)
    return person


@pytest.mark.parametrize(("asked", "spoken"), [("es", "es"), ("es-MX,en;q=0.5", "es"), ("tlh", "en"), ("", "en")])
def test_page_speaks_what_the_browser_asks_for(asked, spoken):
    response = Client().get("/", headers={"Accept-Language": asked})

    assert head_of(response) == f'<html lang="{spoken}" dir="ltr"'
    assert response.headers["Content-Language"] == spoken


def test_choice_of_a_visitor_is_kept_in_a_cookie():
    visitor = Client(headers={"Accept-Language": "en"})

    response = visitor.post(LANGUAGE, {"language": "es"}, headers={"Referer": "http://testserver/privacy/"})

    assert (response.status_code, response.url) == (302, "http://testserver/privacy/")
    assert 'lang="es"' in head_of(visitor.get("/"))


@pytest.mark.parametrize("language", ["tlh", "", "x" * 500])
def test_language_that_the_site_does_not_speak_changes_nothing(client, person, language):
    response = client.post(LANGUAGE, {"language": language})

    assert response.status_code == 302
    assert settings.LANGUAGE_COOKIE_NAME not in client.cookies
    assert User.objects.get(pk=person.pk).language == ""


def test_switch_leads_to_no_other_site(client):
    response = client.post(LANGUAGE, {"language": "es", "next": "https://evil.example/"})

    assert response.url == "/"


def test_choice_of_a_person_holds_in_another_browser(client, person):
    client.post(LANGUAGE, {"language": "es"})

    other = Client(headers={"Accept-Language": "en"})
    other.force_login(person)
    assert 'lang="es"' in head_of(other.get(PREFERENCES))


def test_preferences_change_the_language_and_take_it_back(client, person):
    for language in ("es", ""):
        client.post(PREFERENCES, {**opened(client, PREFERENCES), "name": "", "time_zone": "UTC", "language": language})

        assert User.objects.get(pk=person.pk).language == language


def test_language_that_the_site_gave_up_counts_as_none(client, person):
    User.objects.filter(pk=person.pk).update(language="tlh")

    assert 'lang="en"' in head_of(client.get(PREFERENCES))


def test_page_of_a_language_written_from_right_to_left_says_so(settings):
    settings.LANGUAGES = [*settings.LANGUAGES, ("ar", "العربية")]

    assert head_of(Client().get("/", headers={"Accept-Language": "ar"})) == '<html lang="ar" dir="rtl"'


def test_thread_keeps_no_language_of_its_last_request():
    Client().get("/", headers={"Accept-Language": "es"})

    assert translation.get_language() == "en"


@pytest.mark.parametrize("language", dict(settings.LANGUAGES))
def test_every_language_names_the_zone_of_a_moment(language):
    with translation.override(language):
        assert formats.get_format("DATETIME_FORMAT").endswith("T")
