"""Every page and mail in a language in which all that is translated is in brackets: nothing is said outside of them."""

from zoneinfo import available_timezones

import pytest
from django.conf import settings as site
from django.contrib.auth.forms import AdminUserCreationForm
from django.core import mail
from django.test import Client
from django.urls import reverse

from questions.models import Certification
from tests.browser.test_every_page import ROLES, make_pages
from tests.exams.helpers import client_of
from tests.factories import UserFactory
from tests.languages.pseudo import NAME, add_language, stored_texts, untranslated
from tests.security.routes import World, all_routes

pytestmark = pytest.mark.django_db

# The same in every language.
NAMES = {
    site.SITE_NAME,
    "Pseudo",
    "Aa",  # a sign for the size of letters
    *(name for _, name in site.LANGUAGES),  # each in its own name
    *(zone.replace("_", " ") for zone in available_timezones()),  # as the database of time zones has them
    *("Aiken", "GIFT", "Moodle", "XML", "CSV", "QTI", "YAML", "Markdown", "XLSX"),  # of formats
    *("options", "key", "stem"),  # of the fields of a file
    # Django's own, which it does not translate: its icons, and a text that it looks up as it is imported.
    *("Search", "True", "False", "None"),
    str(AdminUserCreationForm.usable_password_help_text),
    "If disabled, the current password for this user will be lost.",
}


ADDRESSES = {"nobody@example.com", "another@example.com"}


def names() -> set[str]:
    """Return what need not be translated now: data, and what is the same in every language."""
    codes = {code.upper() for code in Certification.objects.values_list("code", flat=True)}
    return stored_texts() | codes | NAMES


@pytest.fixture(autouse=True)
def _language(monkeypatch, settings, tmp_path):
    add_language(monkeypatch, settings, tmp_path)


@pytest.mark.parametrize("role", ["anonymous", "candidate", "instructor", "superuser"])
def test_no_route_says_anything_untranslated(role, django_user_model):
    world, found = World.make(), {}
    django_user_model.objects.update(language=NAME)
    known, headers = names(), {"Accept-Language": NAME}
    client = Client(headers=headers) if role == "anonymous" else world.client(role, headers=headers)
    for name in all_routes():
        response = client.get(world.url(name))
        is_page = not response.streaming and response.headers.get("Content-Type", "").startswith("text/html")
        if is_page and (left := untranslated(response.text, known)):
            found[name] = left

    assert found == {}


@pytest.mark.django_db(transaction=True)  # attempts are scored after the commit
@pytest.mark.parametrize("role", ROLES)
def test_no_page_says_anything_untranslated(role, django_user_model):
    user, pages = make_pages(role)
    django_user_model.objects.update(language=NAME)
    if user:
        user.refresh_from_db()
    client = client_of(user) if user else Client(headers={"Accept-Language": NAME})

    known = names()
    found = {name: left for name, address in pages.items() if (left := untranslated(client.get(address).text, known))}

    assert found == {}


def test_no_mail_says_anything_untranslated(settings, django_user_model):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    person = UserFactory(language=NAME)
    visitor, own = Client(headers={"Accept-Language": NAME}), client_of(person)

    visitor.post(reverse("account_reset_password"), {"email": person.email})
    visitor.post(reverse("account_reset_password"), {"email": "nobody@example.com"})
    own.post(reverse("account_email"), {"action_add": "", "email": "another@example.com"})

    said = [text for sent in mail.outbox for text in (sent.subject, sent.body)]
    assert len(said) >= 4
    assert [left for text in said if (left := untranslated(text, names() | ADDRESSES))] == []
