"""No line of any log holds a secret: of a link, a query, a header, a form, a session, whoever writes the line."""

import logging
import time
import uuid

import pytest
from django.test import Client
from django.urls import reverse

from config.logs import clean
from tests.ops.test_logs import written  # noqa: F401  (a fixture)
from tests.security.routes import all_routes

pytestmark = pytest.mark.django_db

# As long and as mixed as the keys of links and sessions are; nothing else in a line looks like it.
SECRETS = [
    "Zq3vXk9-Lw7_Tt5yRb2Nc8Mh4Jd6Gf1S",
    "zq3vxk9lw7tt5yrb2nc8mh4jd6gf1s0a",
    "7-zq3vxk-9f8e7d6c5b4a39281706f5e4d3c2b1a0",
]
PATTERNS = {
    "<str:token>": "{s}", "(?P<key>[-:\\w]+)": "{s}", "(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)": "1-{s}",
    "<slug:code>": "{s}", "<slug:slug>": "{s}", "<path:object_id>": "{s}", "(?P<url>.*)": "{s}",
    "<str:format_name>": "{s}", "<str:file_format>": "{s}",
    "<uuid:attempt_id>": str(uuid.UUID(int=7)), "<int:number>": "7", "<int:position>": "7",
    "<int:pk>": "7", "<id>": "{s}", "<int:content_type_id>": "7",
}  # fmt: skip


def paths(secret):
    """Yield a path of every route, with a secret wherever it takes anything, and beside and behind each."""
    for pattern in all_routes().values():
        path = "/" + pattern.replace("^", "").replace("$", "")
        for part, value in PATTERNS.items():
            path = path.replace(part, value.format(s=secret))
        for name in (
            "cohort_id",
            "candidate_id",
            "assignment_id",
            "draft_id",
            "question_id",
            "object_id",
            "invitation_id",
        ):
            path = path.replace(f"<int:{name}>", "7")
        yield path.replace("\\Z", "")
    yield from (
        f"/{secret}",
        f"/{secret}/",
        f"/join/xxxx/{secret}/",
        f"/JOIN/{secret}",
        f"/joins/{secret}",
        f"/old/{secret}/x/",
    )
    yield f"/accounts/confirm-email/{secret}/more/{secret}"


def all_that_is_sent(secret):
    return {
        "query_params": {"token": secret, "key": secret, "q": secret, "next": f"/join/{secret}/"},
        "headers": {
            "referer": f"http://testserver/join/{secret}/",
            "x-csrftoken": secret,
            "authorization": f"Bearer {secret}",
        },
    }


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("method", ["get", "post"])
def test_no_secret_of_a_request_is_in_any_line(written, secret, method):  # noqa: F811
    client = Client(raise_request_exception=False)
    client.cookies["sessionid"] = secret

    for path in paths(secret):
        getattr(client, method)(path, **all_that_is_sent(secret))
        client.cookies["sessionid"] = secret

    lines = written()
    assert len(lines) > len(all_routes())
    assert [line for line in lines if secret in str(line)] == []


@pytest.mark.urls("tests.security.urls_that_fail")
@pytest.mark.parametrize("secret", SECRETS)
def test_no_secret_of_a_request_is_in_the_lines_of_a_fault(written, secret):  # noqa: F811
    client = Client(raise_request_exception=False, enforce_csrf_checks=True)
    client.cookies["sessionid"] = secret

    for path in ("/boom/", "/no/", "/bad/", "/accounts/login/"):
        client.get(path, **all_that_is_sent(secret))
        client.post(path, {"password": secret, "code": secret}, **all_that_is_sent(secret))

    assert [line for line in written() if secret in str(line)] == []


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize(
    "message",
    [
        "Error handling request /join/{s}/?next=/a&token={s}", "Error handling request /x?{s}", "Not Found: /old/{s}",
        "Forbidden (CSRF token missing.): /accounts/password/reset/key/{s}/", "Bad Header: 'Cookie: sessionid={s}'",
        "Task t[1] received {{'token': '{s}'}}", "kwargs: {{'password': '{s}', 'key_token': '{s}'}}", "session_key={s}",
        "Referer: http://x.example/{s}", "Authorization: Bearer {s}", "otp={s}",
        "GET http://x.example/a/{s}/b HTTP/1.1",        "Bad Request: /accounts/confirm-email/{s}",
        "secret = \"{s}\"", "csrftoken: {s}",
    ],
)  # fmt: skip
@pytest.mark.parametrize("logger", ["django.request", "celery.worker"])
def test_no_message_of_another_program_brings_a_secret(written, logger, message, secret):  # noqa: F811
    log = logging.getLogger(logger)
    try:
        raise RuntimeError(message.format(s=secret))
    except RuntimeError:
        log.error(message.format(s=secret), exc_info=True)

    assert secret not in str(written())


@pytest.mark.parametrize(
    "text",
    [
        f"GET /attempts/{uuid.UUID(int=2**127)}/ 200 3.1 ms", "GET /certifications/aws-certified-machine-learning/ 200",
        "GET /static/exams/exam.0a1b2c3d4e5f.js 200",
        'File "/usr/lib/python3.11/concurrent/futures/thread.py", line 58',
        "GET /admin/questions/question/import/template/xlsx/ 200", "Is it? Yes.",
        "Task exams.sweep[0a1b] succeeded in 0.1s",
    ],
)  # fmt: skip
def test_what_is_no_secret_stays(text):
    assert clean(text) == text


@pytest.mark.parametrize(
    "piece", ["/", "?", "?a", "token", "token=", "code=", "/a1", "a1", "Ab1-", "/join/", "session-"]
)
def test_cleaning_takes_as_long_as_the_line_is_long(piece):
    began = time.process_time()

    clean(piece * (200_000 // len(piece)))

    assert time.process_time() - began < 2


def test_routes_that_take_a_secret_are_known():
    """A route with another secret in it needs its form in `config.logs.SECRET`."""
    found = {
        name for name, pattern in all_routes().items() if any(word in pattern for word in ("key>", "token>", "secret>"))
    }

    assert found == {"exams:join", "account_confirm_email", "account_reset_password_from_key"}
    assert clean(reverse("exams:join", args=["abc"])) == "/join/…/"
