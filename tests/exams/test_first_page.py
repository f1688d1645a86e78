"""What the exam page does to be quick when a whole room opens it: compression, and the list of all questions."""

import gzip
from dataclasses import replace

import pytest
from django.urls import reverse

from exams.attempts.queries.taking import shown_items
from exams.attempts.views import compressing
from exams.templatetags.exam_questions import exam_palette, palette_entry
from tests.exams.helpers import START, client_of, close, make_exam_of
from tests.factories import make_attempt, make_content

pytestmark = pytest.mark.django_db


@pytest.fixture
def attempt(clock):
    return make_attempt(exam=make_exam_of(make_content(kind="multiple"), make_content("100 %s")), now=START)


def get_page(attempt, **headers):
    return client_of(attempt.candidate).get(reverse("exams:attempt", args=[attempt.pk]), headers=headers)


@pytest.mark.parametrize("accepted", ["gzip", "br, gzip;q=0.5", "deflate, gzip, br"])
def test_page_is_compressed_for_who_takes_it(attempt, accepted):
    response = get_page(attempt, accept_encoding=accepted)

    assert response.headers["Content-Encoding"] == "gzip"
    assert int(response.headers["Content-Length"]) == len(response.content)
    assert b'id="q2"' in gzip.decompress(response.content)


@pytest.mark.parametrize("headers", [{}, {"accept_encoding": "br"}, {"accept_encoding": "xgzip"}])
def test_page_is_plain_for_who_does_not(attempt, headers):
    response = get_page(attempt, **headers)

    assert "Content-Encoding" not in response.headers
    assert b'id="q2"' in response.content


@pytest.mark.parametrize("headers", [{}, {"accept_encoding": "gzip"}])
def test_caches_are_told_that_the_encoding_matters(attempt, headers):
    assert "Accept-Encoding" in get_page(attempt, **headers).headers["Vary"]


def test_redirect_is_not_compressed(attempt):
    response = get_page(close(attempt, now=START), accept_encoding="gzip")

    assert (response.status_code, "Content-Encoding" in response.headers) == (302, False)


@pytest.mark.parametrize("padding", [0, 1, 100])
def test_padding_is_no_content(monkeypatch, padding):
    monkeypatch.setattr(compressing.secrets, "randbelow", lambda _: padding)

    packed = compressing._compressed(b"words " * 1000)

    assert gzip.decompress(packed) == b"words " * 1000
    assert (b"a" * padding in packed[:120]) is True


def test_length_of_the_same_page_varies():
    assert len({len(compressing._compressed(b"words " * 1000)) for _ in range(200)}) > 20


@pytest.mark.parametrize(
    ("changes", "state", "is_flagged"),
    [
        ({}, "unseen", False),
        ({"sequence": 1}, "unseen", False),
        ({"seconds_spent": 1}, "seen", False),
        ({"is_flagged": True}, "seen", True),
        ({"response": [0]}, "incomplete", False),
        ({"response": [0, 1], "is_flagged": True}, "answered", True),
    ],
)
def test_list_of_questions_says_what_was_done(attempt, changes, state, is_flagged):
    attempt.items.filter(revision__kind="multiple").update(**changes)
    items = shown_items(attempt)
    number = attempt.items.get(revision__kind="multiple").position

    entries = exam_palette(items).split("</li>")

    flag = " data-flagged" if is_flagged else ""
    expected = f'<a href="#q{number}" data-position="{number}" data-state="{state}"{flag}>{number}</a>'
    assert entries[number - 1].removeprefix("<ol>").strip() == f"<li>{expected}"
    assert len(entries) == 3


def test_state_follows_the_answer_that_a_page_kept(attempt):
    item = shown_items(attempt)[attempt.items.get(revision__kind="multiple").position - 1]
    assert (item.is_untouched, item.state) == (True, "unseen")

    flagged = replace(item, is_flagged=True)

    assert (flagged.is_untouched, flagged.state) == (False, "seen")


def test_what_is_kept_of_the_list_is_bounded():
    assert palette_entry.cache_info().maxsize == 128
