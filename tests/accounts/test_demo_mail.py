"""The demo says where its mail is, and a person who tries it can follow the links; nobody else has that page."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.asserts import assertContains

from accounts.models import OutgoingMail, User
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "blue-heron-77"
SIGN_UP, RESET, SENT = (reverse(f"account_{name}") for name in ("signup", "reset_password", "email_verification_sent"))
DEMO_MAIL = reverse("accounts:demo-mail")


@pytest.fixture(autouse=True)
def _outbox(settings):
    settings.EMAIL_BACKEND = "accounts.mail.OutboxBackend"


@pytest.fixture
def _demo(settings):
    settings.DEMO = True


@pytest.mark.usefixtures("_demo")
def test_link_is_found_on_the_page_of_the_demo_and_works(client):
    client.post(SIGN_UP, {"email": "ada@example.com", "password1": PASSWORD, "password2": PASSWORD})
    assertContains(client.get(SENT), DEMO_MAIL)

    link = re.search(r'href="https?://[^/"]+(/accounts/confirm-email/[^"]+)"', client.get(DEMO_MAIL).text)[1]
    client.post(link)

    assert EmailAddress.objects.get().verified


@pytest.mark.usefixtures("_demo")
def test_reset_of_the_demo_says_where_its_mail_is(client):
    client.post(RESET, {"email": UserFactory().email})

    assertContains(client.get(reverse("account_reset_password_done")), DEMO_MAIL)
    assertContains(client.get(DEMO_MAIL), "/password/reset/key/")


def test_nobody_has_that_page_outside_the_demo(client):
    client.post(RESET, {"email": UserFactory().email})
    client.force_login(UserFactory(superuser=True))

    assert client.get(DEMO_MAIL).status_code == 404
    assert OutgoingMail.objects.exclude(content=None).count() == 0


# --- The mail server is down -----------------------------------------------------------------------------------


def test_sign_up_with_a_dead_mail_server_answers_and_says_so(client, settings):
    settings.OUTBOX_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9

    response = client.post(SIGN_UP, {"email": "ada@example.com", "password1": PASSWORD, "password2": PASSWORD})

    assert (response.status_code, response.url) == (302, SENT)
    assert User.objects.filter(email="ada@example.com").count() == 1
    assertContains(client.get(SENT), "The mail server is not responding right now.")
    row = OutgoingMail.objects.get()
    assert (row.tries, row.sent_at, "refused" in row.error) == (1, None, True)


def test_mail_that_waited_lets_its_reader_confirm(client, settings):
    settings.OUTBOX_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    client.post(SIGN_UP, {"email": "ada@example.com", "password1": PASSWORD, "password2": PASSWORD})
    settings.OUTBOX_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    OutgoingMail.objects.update(due_at=timezone.now())

    from accounts.tasks import send_due_mail

    send_due_mail.delay()

    (message,) = mail.outbox
    client.post(re.search(r"https?://[^/]+(\S+/confirm-email/\S+)", message.body)[1])
    assert EmailAddress.objects.get().verified


@pytest.mark.parametrize("url", [SIGN_UP, RESET])
def test_page_says_the_same_for_everybody_while_the_mail_server_is_down(settings, url):
    settings.OUTBOX_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    UserFactory(email="known@example.com")
    pages = set()
    for email in ("known@example.com", "ghost@example.com"):
        client = Client()
        answer = client.post(url, {"email": email, "password1": PASSWORD, "password2": PASSWORD})
        pages.add(re.sub(r'value="\w{64}"', "", client.get(answer.url).text.replace(email, "…")))

    assert len(pages) == 1
