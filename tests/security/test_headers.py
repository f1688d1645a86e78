"""Headers of every page, also of the admin and of errors; cookies and TLS as production has them."""

import importlib
import sys

import pytest
from django.test import Client
from django.urls import reverse

from tests.security.routes import all_routes

pytestmark = pytest.mark.django_db

EXPECTED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# The three at the end do not fall back to default-src.
POLICY = {
    "default-src 'none'",
    "object-src 'none'",
    *(f"{source}-src 'self'" for source in ("script", "style", "img", "font", "connect")),
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
}
PRODUCTION = {
    "SECRET_KEY": "8c1f0a6e2b9d47f3a5e01c7d94b826fe3d70a15c9be248f61d3a7e0c52b4f986",
    "ALLOWED_HOSTS": "testserver",
    "DATABASE_URL": "postgres://db/exams",
    "REDIS_URL": "redis://redis",
    "BEHIND_TLS_PROXY": "on",
}


@pytest.fixture
def production(monkeypatch, settings):
    """The security settings of production, applied to this test."""
    for name, value in PRODUCTION.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delitem(sys.modules, "config.settings.prod", raising=False)
    module = importlib.import_module("config.settings.prod")
    for name in dir(module):
        if name.startswith(("SECURE_", "SESSION_COOKIE_", "CSRF_COOKIE_", "ALLAUTH_", "STAFF_NEED_", "MESSAGE_")):
            setattr(settings, name, getattr(module, name))
    monkeypatch.delitem(sys.modules, "config.settings.prod")
    return module


def problems_of(response):
    """Return what is wrong with the headers of an answer."""
    found = [name for name, value in EXPECTED.items() if response.headers.get(name) != value]
    policy = response.headers.get("Content-Security-Policy", "")
    if {directive.strip() for directive in policy.split(";")} != POLICY:
        found.append(policy or "no CSP")
    if "camera=()" not in response.headers.get("Permissions-Policy", ""):
        found.append("Permissions-Policy")
    return found


def test_every_route_sends_all_headers(world):
    clients = {role: world.client(role) for role in ("candidate", "superuser")} | {"anonymous": Client()}

    answers = {(name, role): client.get(world.url(name)) for role, client in clients.items() for name in all_routes()}

    assert {key: found for key, answer in answers.items() if (found := problems_of(answer))} == {}


@pytest.mark.urls("tests.security.urls_that_fail")
@pytest.mark.parametrize(
    ("url", "host", "status"),
    [
        ("/nothing/", "testserver", 404),
        ("/boom/", "testserver", 500),
        ("/no/", "testserver", 403),
        ("/bad/", "testserver", 400),
        ("/nothing/", "evil.example", 400),
    ],
)
def test_errors_send_all_headers(url, host, status):
    response = Client(raise_request_exception=False).get(url, headers={"host": host})

    assert (response.status_code, problems_of(response)) == (status, [])


def test_form_without_a_token_is_refused_with_all_headers():
    response = Client(enforce_csrf_checks=True).post(reverse("account_login"))

    assert (response.status_code, problems_of(response)) == (403, [])


def test_pages_with_answers_or_persons_are_kept_in_no_cache(world):
    candidate, superuser = world.client("candidate"), world.client("superuser")
    public = {"exams:home", "exams:certification"}
    own = [name for name in all_routes() if name.startswith(("exams:", "accounts:")) and name not in public]
    staff = [name for name in all_routes() if name.startswith("admin") and name != "admin:jsi18n"]
    answers = [(name, candidate.get(world.url(name))) for name in own]
    answers += [(name, superuser.get(world.url(name))) for name in staff]

    kept = [
        name
        for name, answer in answers
        if answer.status_code == 200 and "no-store" not in answer.headers.get("Cache-Control", "")
    ]
    assert kept == []


@pytest.mark.parametrize("role", ["anonymous", "candidate", "superuser"])
def test_no_account_page_is_kept_in_a_cache(world, role):
    client = Client() if role == "anonymous" else world.client(role)
    urls = {name: world.url(name) for name in all_routes()}

    answers = {name: client.get(url) for name, url in urls.items() if url.startswith("/accounts/")}

    assert len(answers) > 25
    assert [name for name, answer in answers.items() if "no-store" not in answer.headers.get("Cache-Control", "")] == []


def test_page_that_says_nothing_of_caches_is_kept_in_none_for_a_person(world):
    # Also one that nobody has written yet: here the page of an address that leads nowhere.
    answers = [client.get("/nothing/").headers.get("Cache-Control", "") for client in (world.client("other"), Client())]

    assert ["no-store" in answer for answer in answers] == [True, False]


def test_home_of_a_person_is_kept_in_no_cache(client, world):
    assert "no-store" in world.client("candidate").get("/").headers.get("Cache-Control", "")


def test_cookies_in_production(production, client, world):
    response = client.post(
        reverse("account_login"), {"login": world.candidate.email, "password": "secret-word-1"}, secure=True
    )
    page = client.get(reverse("accounts:preferences"), secure=True)
    cookies = {**page.cookies, **response.cookies}

    # What a page says once, such as "signed in as", travels in a signed cookie of its own.
    assert set(cookies) == {"__Host-sessionid", "__Host-csrftoken", "__Host-messages", "__Host-device"}
    for cookie in cookies.values():
        assert (cookie["secure"], cookie["httponly"], cookie["path"], cookie["domain"]) == (True, True, "/", "")
        assert cookie["samesite"] == "Lax"


def test_message_in_production_is_shown_once(production, client, world):
    fields = {"login": world.candidate.email, "password": "secret-word-1"}

    first = client.post(reverse("account_login"), fields, secure=True, follow=True)
    second = client.get("/", secure=True)

    assert ("Successfully signed in" in first.text, "Successfully signed in" in second.text) == (True, False)


@pytest.mark.parametrize(("path", "status"), [("/health/", 200), ("/ready/", 200), ("/metrics/", 404)])
def test_what_the_inside_asks_needs_no_tls(production, client, path, status):
    assert client.get(path).status_code == status


def test_production_wants_tls_for_a_year(production, client):
    plain, secure = client.get("/"), client.get("/", secure=True)

    assert (plain.status_code, plain.url) == (301, "https://testserver/")
    assert secure.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"


def test_wrong_host_in_production_gets_all_headers(production):
    response = Client().get("/", headers={"host": "evil.example"}, secure=True)

    assert (response.status_code, problems_of(response)) == (400, [])


def test_no_own_page_has_inline_script_or_style(world):
    client = world.client("superuser")

    for name in all_routes():
        answer = client.get(world.url(name))
        text = answer.text if answer.headers.get("Content-Type", "").startswith("text/html") else ""
        assert (name, "<style" in text, " style=" in text, " onclick=" in text) == (name, False, False, False)
        assert "<script>" not in text, name


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [("get", "/?x=%00", {}, 400), ("post", "/", {"content-length": "99999999"}, 413), ("get", "/join/abc/", {}, 429)],
)
def test_what_is_refused_at_once_has_all_headers(production, settings, method, path, headers, status):
    settings.LIMITS = {**settings.LIMITS, "link": "1/minute"}
    Client().get("/join/abc/", secure=True)

    response = getattr(Client(), method)(path, headers=headers, secure=True)

    assert (response.status_code, problems_of(response)) == (status, [])
    assert "max-age=31536000" in response.headers["Strict-Transport-Security"]


def test_wrong_host_over_plain_http_gets_the_headers_that_need_no_tls(production):
    response = Client().get("/", headers={"host": "evil.example"})

    assert (response.status_code, problems_of(response)) == (400, [])
