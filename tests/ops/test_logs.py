import io
import json
import logging
import time
from contextlib import contextmanager

import pytest
from django.core import mail
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse

from accounts.models import User
from config.logs import JsonLines, Lines, clean
from exams.attempts.models import Attempt
from exams.tasks import score_attempt
from tests.exams.helpers import client_of, close, item_of, posted
from tests.factories import UserFactory, make_attempt

pytestmark = pytest.mark.django_db

SANE = "a1b2c3d4-e5f6_7.8"


@contextmanager
def writing(formatter):
    """Format all lines of the block; yields a function that returns those of up to now."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    logging.getLogger().addHandler(handler)
    yield lambda: stream.getvalue().splitlines()
    logging.getLogger().removeHandler(handler)


@pytest.fixture
def written():
    """What production would have written since: a function that returns the lines, each a dictionary."""
    with writing(JsonLines()) as lines:
        yield lambda: [json.loads(line) for line in lines()]


@pytest.fixture
def written_for_people(settings):
    form = settings.LOGGING["formatters"]["lines"]
    with writing(Lines(form["format"], style=form["style"])) as lines:
        yield lines


def access(lines):
    return [line for line in lines if line["logger"] == "access"]


def test_request_is_one_line_that_says_who_what_and_how_long(written):
    attempt = make_attempt()

    response = client_of(attempt.candidate).post(
        reverse("exams:answer-save", args=[attempt.pk, 1]), posted(item_of(attempt), 1), headers={"x-request-id": SANE}
    )

    (line,) = written()
    assert response.headers["X-Request-ID"] == SANE
    assert 0 < line.pop("ms") < 60_000
    assert line.pop("time").endswith("+00:00")
    assert line.pop("message").startswith(f"POST /attempts/{attempt.pk}/answers/1/ 200 ")
    assert line == {
        "level": "INFO",
        "logger": "access",
        "request_id": SANE,
        "user_id": str(attempt.candidate.pk),
        "attempt_id": str(attempt.pk),
        "method": "POST",
        "path": f"/attempts/{attempt.pk}/answers/1/",
        "status": 200,
    }


@pytest.mark.parametrize("given", ["", "short", "a" * 65, "evil\r\nX-Evil: 1", "<script>alert(1)", "ünicode-id"])
def test_insane_request_id_is_replaced(client, given):
    first, second = (client.get("/health/", headers={"x-request-id": given}).headers["X-Request-ID"] for _ in range(2))

    assert len(first) == len(second) == 32
    assert first != second != given


def test_lines_of_a_request_have_its_id_and_those_after_it_have_none(written, monkeypatch):
    attempt = make_attempt()
    monkeypatch.setattr(
        "exams.scoring.services.judge", lambda *args: logging.getLogger("exams").warning("in the middle") or 1 / 0
    )
    close(attempt)
    Attempt.objects.filter(pk=attempt.pk).update(scoring_requested_at=None)

    client_of(attempt.candidate, raise_request_exception=False).get(
        reverse("exams:attempt-result", args=[attempt.pk]), headers={"x-request-id": SANE}
    )
    logging.getLogger("exams").warning("afterwards")

    by_message = {line["message"]: line for line in written()}
    assert (by_message["in the middle"]["request_id"], by_message["in the middle"]["attempt_id"]) == (
        SANE,
        str(attempt.pk),
    )
    assert by_message["in the middle"]["user_id"] == str(attempt.candidate.pk)
    assert {"request_id", "user_id", "attempt_id", "task_id"} & set(by_message["afterwards"]) == set()


def test_lines_of_a_task_have_its_id_and_the_attempt(written):
    """And the request that asked for it, but that takes a worker: tests/services/test_production.py."""
    attempt = make_attempt()

    score_attempt.apply(args=[str(attempt.pk)], task_id="the-task")
    logging.getLogger("exams").warning("afterwards")

    task, after = written()
    assert (task["task_id"], task["attempt_id"]) == ("the-task", str(attempt.pk))
    assert "succeeded" in task["message"]
    assert {"attempt_id", "task_id"} & set(after) == set()


def test_writing_a_line_asks_nothing_of_the_database(written, django_assert_num_queries, client):
    with django_assert_num_queries(0):
        client.get("/health/")

    assert len(written()) == 1


@pytest.mark.urls("tests.security.urls_that_fail")
def test_fault_is_one_object_with_its_traceback(written):
    Client(raise_request_exception=False).get("/boom/?email=person@example.com", headers={"x-request-id": SANE})

    fault, line = written()
    assert (fault["message"], fault["level"], fault["request_id"]) == ("Internal Server Error: /boom/", "ERROR", SANE)
    assert fault["exception"].startswith("Traceback")
    assert fault["exception"].endswith("RuntimeError: boom")
    assert line["status"] == 500
    assert "person" not in json.dumps([fault, line])


# --- What must not be there ---------------------------------------------------------------------------------------


def test_visitors_secrets_are_in_no_line(written):
    UserFactory(email="owner@example.com")
    client = Client(raise_request_exception=False)
    secrets = {"login": "owner@example.com", "password": "secret-word-1"}
    client.post(reverse("account_login"), {**secrets, "password": "wrong-word-1"})
    client.post(reverse("account_login"), secrets)
    client.get("/?q=owner@example.com")
    client.get("/owner@example.com/")
    client.post(reverse("account_logout"))
    client.post(reverse("account_reset_password"), {"email": "owner@example.com"})
    link = mail.outbox[-1].body.split("http://testserver")[1].split()[0]
    client.get(link)
    client.post(link, {"password1": "new-secret-word-2", "password2": "new-secret-word-2"})

    text = json.dumps(written(), ensure_ascii=False)
    assert len(access(written())) == 8
    for secret in ("owner@example.com", "owner%40", "secret-word", "wrong-word", link.strip("/").rpartition("/")[2]):
        assert secret not in text


def test_key_of_a_link_is_in_no_line_of_a_fault_either(written, monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError("no")

    monkeypatch.setattr("allauth.account.views.PasswordResetFromKeyView.dispatch", fail)
    Client(raise_request_exception=False).get("/accounts/password/reset/key/1-a-secret-key/")

    assert len(written()) == 2
    assert "a-secret-key" not in json.dumps(written())


def test_answer_is_in_no_line(written):
    attempt = make_attempt()
    fields = {**posted(item_of(attempt), 1), "q1-page": "page-of-the-browser"}

    client_of(attempt.candidate).post(reverse("exams:answer-save", args=[attempt.pk, 1]), fields)

    assert "page-of-the-browser" not in json.dumps(written())


def test_values_that_the_database_quotes_are_in_no_line(written):
    UserFactory(email="owner@example.com")
    try:
        User.objects.create(email="owner@example.com")
    except IntegrityError:
        logging.getLogger("exams").exception("could not be stored")

    (line,) = written()
    assert "IntegrityError" in line["exception"]
    assert "owner@example.com" not in line["exception"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("refused: {'ann.lee+x@mail.example.org': (550, b'no')}", "refused: {'…@…': (550, b'no')}"),
        ("Key (email)=(ann@example.org) already exists.", "Key (email)=(…@…) already exists."),
        ("ERROR: duplicate key\nDETAIL:  Key (name)=(Ann) already exists.\nmore", "ERROR: duplicate key\nmore"),
        ("celery@worker-1 ready.", "celery@worker-1 ready."),
        ("nothing to hide", "nothing to hide"),
    ],
)
def test_clean(text, expected):
    assert clean(text) == expected


def test_lines_for_people_name_what_they_belong_to(written_for_people):
    attempt = make_attempt()

    client_of(attempt.candidate).get(reverse("exams:attempt", args=[attempt.pk]), headers={"x-request-id": SANE})

    (line,) = written_for_people()
    assert f"INFO access: GET /attempts/{attempt.pk}/ 200 " in line
    assert line.endswith(f" ms request_id={SANE} user_id={attempt.candidate.pk} attempt_id={attempt.pk}")


# --- Secrets of links, and what a line costs -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["/join/{}/", "/join/{}", "/accounts/confirm-email/{}/", "/accounts/password/reset/key/{}/"]
)
@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("state", ["open", "limited", "plain http", "large", "another host"])
def test_secret_of_a_link_is_in_no_line_whoever_answers(written, settings, path, method, state):
    headers = {}
    if state == "limited":
        settings.LIMITS = {**settings.LIMITS, "link": "1/hour"}
        Client().get("/join/other/")
    settings.SECURE_SSL_REDIRECT = state == "plain http"
    if state == "large":
        headers["CONTENT_LENGTH"] = str(settings.MAX_BODY_BYTES + 1)
    if state == "another host":
        headers["HTTP_HOST"] = "other.example.org"

    getattr(Client(raise_request_exception=False), method)(path.format("1-SeCrEt-of-link"), **headers)

    assert len(access(written())) > 0
    assert "SeCrEt" not in json.dumps(written())


@pytest.mark.parametrize(
    "text",
    ["a" * 200_000 + "@", "a" * 200_000, "@" * 200_000, "a@" * 100_000, "a@" + "b." * 100_000, "/join/" * 40_000]
)  # fmt: skip
def test_cleaning_a_line_takes_as_long_as_it_is_long(text):
    began = time.process_time()

    clean(text)

    assert time.process_time() - began < 2  # it took minutes


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("mail to ada@example.com failed", "mail to …@… failed"),
        ("<ada@example.com>,bob@example.org;", "<…@…>,…@…;"),
        ("/owner@example.com/", "…@…/"),
        ("x=ada@example.com", "x=…@…"),
        ("a @ b", "a @ b"),
    ],
)
def test_address_is_taken_out_wherever_a_word_begins(text, cleaned):
    assert clean(text) == cleaned


def test_long_path_is_cut(written, client):
    client.get(f"/{'a' * 3000}@")

    (line,) = access(written())
    assert len(line["path"]) == 500
    assert len(line["message"]) < 600
