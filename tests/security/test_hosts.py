"""What a request says of its host is in no mail, no link, no session and no start."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.contrib.sessions.models import Session
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.urls import reverse

from accounts.links import absolute
from config.settings.hosts import allowed_hosts, site_url
from tests.exams.helpers import client_of
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

RESET, SIGN_UP, LOG_IN = (reverse(f"account_{name}") for name in ("reset_password", "signup", "login"))
WORDS = {"password1": "blue-heron-77", "password2": "blue-heron-77"}


@pytest.fixture(autouse=True)
def _site(settings):
    settings.SITE_URL = "https://exams.example.org"
    settings.SITE_NAME = "Our exams"
    settings.ALLOWED_HOSTS = ["exams.example.org", ".example.net"]


def ask_for_reset(client):
    UserFactory(email="ada@example.com")
    client.post(RESET, {"email": "ada@example.com"})


def ask_for_reset_of_nobody(client):
    client.post(RESET, {"email": "nobody@example.com"})


def sign_up(client):
    client.post(SIGN_UP, {"email": "new@example.com", **WORDS})


def sign_up_with_a_known_address(client):
    UserFactory(email="ada@example.com")
    client.post(SIGN_UP, {"email": "ada@example.com", **WORDS})


def log_in_unconfirmed(client):
    user = UserFactory(email="ada@example.com")
    EmailAddress.objects.filter(user=user).update(verified=False)
    client.post(LOG_IN, {"login": "ada@example.com", "password": "secret-word-1"})


@pytest.mark.parametrize("host", ["exams.example.org:6666", "evil.example.net", "EXAMS.example.org", "[::1]"])
@pytest.mark.parametrize(
    "act", [ask_for_reset, ask_for_reset_of_nobody, sign_up, sign_up_with_a_known_address, log_in_unconfirmed]
)
def test_mail_has_the_configured_address_and_name(settings, mailoutbox, act, host):
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "[::1]"]

    act(Client(headers={"host": host, "x-forwarded-host": "evil.example.net"}))

    (mail,) = mailoutbox
    assert mail.body.rstrip().endswith("Our exams")
    links = re.findall(r"https?://[^/\s]+", mail.body)
    assert set(links) <= {"https://exams.example.org"}
    for word in ("evil", "6666", "EXAMS.", "::1", "example.net"):
        assert word not in mail.body + mail.subject


def test_link_of_a_cohort_has_the_configured_address(world, settings):
    settings.ALLOWED_HOSTS = ["*"]
    page = world.client("instructor", headers={"host": "evil.example.net:99"}).get(
        reverse("admin:exams_cohort_people", args=[world.cohort.pk])
    )

    assert f"https://exams.example.org/join/{world.cohort.invite_token}/" in page.text
    assert "evil.example.net" not in page.text


@pytest.mark.parametrize(
    ("given", "whole"),
    [
        ("/join/a/?x=1", "https://exams.example.org/join/a/?x=1"),
        ("http://evil.example.net:99/join/a/", "https://exams.example.org/join/a/"),
        ("//evil.example.net/a", "https://exams.example.org/a"),
    ],
)
def test_absolute_address_is_ours(given, whole):
    assert absolute(given) == whole


# --- The start --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        "*", ".", "", " ", ",", "a.example.org,", ",a.example.org", "a.example.org,,b.example.org", "a.example.org,*",
        "a.example.org, b.example.org", " a.example.org", "a.example.org\n", "*.example.org", "exams.*", ".org",
        "..org",
        ".example.org.", "a.example.org:8000", "https://a.example.org", "a.example.org/x", "user@a.example.org",
        "münchen.example", "a_b.example.org", "-a.example.org", "a b", "[::1", "a;b",
    ],
)  # fmt: skip
def test_host_that_anybody_may_choose_or_that_never_matches_stops_the_start(value):
    with pytest.raises(ImproperlyConfigured, match="ALLOWED_HOSTS has"):
        allowed_hosts(value)


@pytest.mark.parametrize(
    "value", ["a.example.org", "a.example.org,b.example.org", ".example.org", "localhost", "web", "10.0.0.1", "[::1]",
              "xn--mnchen-3ya.example", "Exams.Example.org"]
)  # fmt: skip
def test_names_of_a_site_are_fine(value):
    assert allowed_hosts(value) == value.split(",")


@pytest.mark.parametrize(
    ("value", "hosts", "url"),
    [
        ("", ["a.example.org"], "https://a.example.org"),
        ("", [".example.org", "b.example.org"], "https://example.org"),
        ("https://b.example.org", ["a.example.org", "b.example.org"], "https://b.example.org"),
        ("https://x.example.org:8443/", [".example.org"], "https://x.example.org:8443"),
        ("https://[::1]", ["[::1]"], "https://[::1]"),
    ],
)
def test_address_of_the_site(value, hosts, url):
    assert site_url(value, hosts) == url


@pytest.mark.parametrize(
    "value",
    ["http://a.example.org", "a.example.org", "https://b.example.org", "https://a.example.org/x", "https://",
     "https://u@a.example.org", "https://a.example.org:x", "https://a.example.org?x", "https://a.example.org.evil.com"],
)  # fmt: skip
def test_address_that_is_not_ours_stops_the_start(value):
    with pytest.raises(ImproperlyConfigured, match="SITE_URL is"):
        site_url(value, ["a.example.org"])


def all_sessions():
    return list(Session.objects.values_list("pk", flat=True))


# --- Visitors ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    ["/", "/join/abc/", f"/join/{'a' * 3900}/", f"/join/{'a' * 65}/", LOG_IN, SIGN_UP, RESET, "/attempts/", "/admin/",
     "/accounts/confirm-email/x/", "/accounts/password/reset/key/1-abc-def/", f"/{'a' * 3000}@",
     "/accounts/mfa/authenticate/"],
)  # fmt: skip
@pytest.mark.parametrize("method", ["get", "post"])
def test_visitor_gets_no_stored_session(settings, method, path):
    settings.ALLOWED_HOSTS = ["testserver"]
    before = all_sessions()

    answer = getattr(Client(), method)(path)

    assert answer.status_code < 500
    assert Session.objects.exclude(pk__in=before).count() == 0
    assert settings.SESSION_COOKIE_NAME not in answer.cookies


def test_failed_log_in_gets_no_stored_session(settings):
    settings.ALLOWED_HOSTS = ["testserver"]
    before = all_sessions()
    client = Client()
    client.post(LOG_IN, {"login": "nobody@example.com", "password": "wrong-word-1"})
    ask_for_reset(client)

    assert Session.objects.exclude(pk__in=before).count() == 0


@pytest.mark.parametrize("length", [65, 3900])
def test_token_that_is_too_long_leads_nowhere_at_once(settings, django_assert_num_queries, length):
    settings.ALLOWED_HOSTS = ["testserver"]
    with django_assert_num_queries(0):
        answer = Client().get(f"/join/{'a' * length}/")

    assert (answer.status_code, list(answer.cookies)) == (404, [])


def test_way_back_to_a_link_is_a_signed_cookie_that_is_forgotten(settings, world):
    settings.ALLOWED_HOSTS = ["testserver"]
    client, link = Client(), reverse("exams:join", args=["wrong"])
    cookie = client.get(link).cookies["joining"]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 3 * 24 * 3600)

    candidate = client_of(world.candidate)
    candidate.cookies["joining"] = cookie.value

    assert candidate.get("/").headers["Location"] == link
    assert candidate.get("/").status_code == 200
    candidate.cookies["joining"] = "forged:x:y"
    assert candidate.get("/").status_code == 200


@pytest.mark.parametrize("path", [LOG_IN, SIGN_UP, "/", "/attempts/", "/nothing/"])
@pytest.mark.parametrize("cookie", ["", "sessionid=anything"])
def test_large_body_of_a_visitor_is_refused_unread(settings, path, cookie):
    settings.ALLOWED_HOSTS = ["testserver"]

    class Unread:
        def read(self, *size):
            raise AssertionError("was read")

        readline = read

    client = Client(enforce_csrf_checks=True, headers={"cookie": cookie})
    answer = client.generic("POST", path, b"", content_type="application/x-www-form-urlencoded", **{
        "CONTENT_LENGTH": str(64 * 1024 + 1), "wsgi.input": Unread(),
    })  # fmt: skip

    assert answer.status_code == 413


def test_body_of_that_size_is_taken_from_whom_is_signed_in(world):
    client = world.client("instructor", headers={"host": "exams.example.org"})

    answer = client.post(reverse("accounts:preferences"), {"name": "x" * 70_000, "time_zone": "UTC"})

    assert answer.status_code == 200
