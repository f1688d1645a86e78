"""What costs a visitor nothing to send costs the site next to nothing to refuse."""

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts import limits
from config.settings import base
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
LOG_IN = reverse("account_login")
OTHER = "10.0.0.2"


@pytest.fixture(autouse=True)
def clock(settings):
    settings.LIMITS = {**base.LIMITS, "dead ends": "2/minute", "failures of an address": "2/minute"}
    with time_machine.travel("2026-11-21T09:00:00Z", tick=False) as clock:
        yield clock


def without_token(client):
    client.handler.enforce_csrf_checks = True
    return client.post(LOG_IN)


def no_such_object(client):
    return client.get("/certifications/nothing/")


DEAD_ENDS = {
    "no such page": (lambda client: client.get("/nothing/"), 404),
    "long path": (lambda client: client.get(f"/{'a' * 3900}@"), 404),
    "no such object": (no_such_object, 404),
    "no such attempt page": (lambda client: client.get("/attempts/nothing/"), 404),
    "NUL": (lambda client: client.get("/?x=%00"), 400),
    "wrong host": (lambda client: client.get("/", headers={"host": "evil.example"}), 400),
    "no token": (without_token, 403),
    "too many fields": (
        lambda client: client.post(LOG_IN, b"a=1&" * 4000, content_type="application/x-www-form-urlencoded"),
        413,
    ),
}


@pytest.mark.parametrize(("ask", "status"), DEAD_ENDS.values(), ids=DEAD_ENDS)
def test_address_that_asks_for_errors_gets_short_pages_after_a_while(ask, status, django_assert_num_queries):
    answers = [ask(Client()) for _ in range(3)]
    with django_assert_num_queries(1 if ask is no_such_object else 0):
        answers.append(ask(Client()))

    assert [answer.status_code for answer in answers] == [status] * 4
    assert [len(answer.content) > 1000 for answer in answers] == [True, True, False, False]
    assert len(ask(Client(REMOTE_ADDR=OTHER)).content) > 1000


def test_short_page_names_no_template_of_the_site_and_has_a_way_on():
    page = [Client().get("/nothing/").text for _ in range(4)][-1]

    assert len(page) < 1000
    assert "The page does not exist, or your account does not have access to it." in page
    assert '<a href="/">' in page


def test_forged_session_makes_an_address_that_leads_nowhere_cost_no_query(django_assert_num_queries):
    client = Client(headers={"cookie": "sessionid=anything"})
    for _ in range(2):
        client.get("/nothing/")

    with django_assert_num_queries(0):
        assert client.get("/nothing/").status_code == 404


def test_address_without_its_last_slash_is_no_dead_end():
    answers = [Client().get("/accounts/login") for _ in range(4)]

    assert [(answer.status_code, answer.headers["Location"]) for answer in answers] == [(301, LOG_IN)] * 4


def test_dead_ends_of_a_school_keep_nobody_from_its_pages():
    for _ in range(4):
        Client().get("/nothing/")

    assert [Client().get(path).status_code for path in ("/", LOG_IN)] == [200, 200]


@pytest.mark.parametrize("path", [LOG_IN, "/attempts/", "/nothing/"])
def test_large_body_of_a_visitor_gets_a_short_page_at_once(path):
    answer = Client().generic("POST", path, b"", CONTENT_LENGTH=str(64 * 1024 + 1))

    assert (answer.status_code, len(answer.content) < 1000) == (413, True)
    assert "Nothing was stored" in answer.text


def test_failed_log_ins_of_an_address_end_before_anything_is_done_for_them(clock, django_assert_num_queries):
    user = UserFactory()
    fields = {"login": user.email, "password": "wrong-word-1"}
    for _ in range(2):
        Client().post(LOG_IN, fields)
    flooding = Client(headers={"cookie": "sessionid=anything"})

    with django_assert_num_queries(0):
        answer = flooding.post(LOG_IN, fields)

    assert answer.status_code == 429
    assert "Too many failed login attempts from your network. Try again in a minute." in " ".join(answer.text.split())
    clock.shift(61)
    assert flooding.post(LOG_IN, fields).status_code == 200


def test_guesses_that_are_refused_for_their_account_count_for_their_address(settings):
    settings.LIMITS = {**base.LIMITS, "failures of an address": "7/minute"}
    user = UserFactory()

    statuses = [
        Client().post(LOG_IN, {"login": user.email, "password": f"wrong-word-{n}"}).status_code for n in range(9)
    ]

    assert statuses == [200] * 7 + [429] * 2


def test_who_is_refused_for_a_minute_is_not_looked_up_each_time(settings, monkeypatch):
    settings.LIMITS = {**base.LIMITS, "log-in": "1/minute"}
    client, asked = Client(), []
    hit = limits.hit
    monkeypatch.setattr("accounts.limits.hit", lambda *args: asked.append(args) or hit(*args))

    statuses = [client.post(LOG_IN).status_code for _ in range(5)]

    assert statuses == [200, 429, 429, 429, 429]
    assert sum(name == "log-in" for name, _ in asked) == 2
