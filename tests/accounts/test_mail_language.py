"""Mails about an account speak the language of the person who owns it, whoever caused them."""

import pytest
from allauth.core import context
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group
from django.core import mail
from django.test import RequestFactory
from django.utils.translation import gettext, gettext_lazy, override

from accounts import audit
from accounts.services import tell_of_change
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def by_administrator():
    """Serve a request of an administrator who reads English."""
    request = RequestFactory().get("/")
    request.user = UserFactory(superuser=True, language="en")
    with context.request_context(request), audit.of_request(request), override("en"):
        yield request


@pytest.mark.parametrize(("language", "said"), [("es", "Iniciar sesión"), ("en", "Log in"), ("", "Log in")])
def test_person_reads_what_an_administrator_changed_in_their_own_language(by_administrator, language, said):
    person = UserFactory(language=language)

    tell_of_change(user=person, change=gettext_lazy("Log in"), email=person.email)

    (sent,) = mail.outbox
    assert (sent.to, said in sent.body) == ([person.email], True)


def test_person_of_another_language_is_not_told_in_that_of_the_administrator(by_administrator):
    person = UserFactory()

    with override("es"):
        tell_of_change(user=person, change=gettext_lazy("Log in"), email=person.email)

    assert "Log in" in mail.outbox[0].body


def remove_password(person):
    person.set_password("another-secret-word-2")
    person.save()


def remove_group(person):
    person.groups.remove(Group.objects.get(name="Readers"))


def remove_address(person):
    person.emailaddress_set.filter(primary=False).get().delete()


def remove_factor(person):
    person.authenticator_set.get().delete()


@pytest.mark.parametrize("change", [remove_password, remove_group, remove_address, remove_factor])
def test_no_change_is_put_into_words_before_the_language_is_known(by_administrator, monkeypatch, change):
    person = UserFactory(language="es")
    person.groups.add(Group.objects.create(name="Readers"))
    person.emailaddress_set.create(email="other@example.com", verified=True)
    Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data={"secret": ""})
    person = type(person).objects.get(pk=person.pk)
    said = []
    monkeypatch.setattr("accounts.signals.tell_of_change", lambda **told: said.append(told["change"]))

    change(person)

    (text,) = said
    assert not isinstance(text, str)
    assert str(text)


def test_browser_that_is_not_known_is_named_in_the_language_of_the_reader(by_administrator, monkeypatch):
    monkeypatch.setattr("accounts.adapters._", lambda text: gettext("Log in"))
    person = UserFactory(language="es")

    tell_of_change(user=person, change=gettext_lazy("Yes"), email=person.email)

    assert "Iniciar sesión" in mail.outbox[0].body
