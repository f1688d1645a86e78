"""The preview while one writes: whatever is in the form, it is answered at once."""

import re
import time
from pathlib import Path

import pytest
from django.urls import reverse

from questions.content import MAX_TEXT
from questions.rendering import render_inline, render_markdown, render_plain
from tests.exams.helpers import client_of
from tests.factories import UserFactory
from tests.questions.formats.hostile_files import PIECES, repeated

pytestmark = pytest.mark.django_db

NESTED = [
    "> ",
    "- ",
    "1. ",
    "[",
    "![",
    "*a **b ",
    "((",
    "`` ` ",
    "[a](<b",
    "| a ",
    "> - ",
    "[a]: b\n",
    "&lt;",
    "<a@b> ",
]


def form(text, **fields):
    options = {f"option_{n}_{part}": text for n in range(1, 9) for part in ("text", "match", "rationale")}
    texts = dict.fromkeys(("case", "stem", "explanation", "service_note", "decoys", "references"), text)
    return {"kind": "matching", "difficulty": "easy", "valid_as_of": "2026-01-01", **options, **texts, **fields}


def preview(client, fields):
    """Return the answer and the CPU time it took."""
    began = time.process_time()
    response = client.post(reverse("admin:questions_question_live_preview"), fields)
    return response, time.process_time() - began


@pytest.fixture
def instructor(db):
    return client_of(UserFactory(instructor=True))


@pytest.mark.parametrize("piece", NESTED)
def test_preview_of_all_that_a_request_may_hold_is_quick(instructor, piece):
    response, seconds = preview(instructor, form(repeated(piece, 80_000)))
    largest, in_all = preview(instructor, form(repeated(piece, MAX_TEXT)))

    assert (response.status_code, largest.status_code) == (200, 200)
    assert max(seconds, in_all) < 3


def test_preview_of_too_much_says_so_and_renders_none_of_it(instructor):
    response, _ = preview(instructor, form("**much** " * 1000, references=""))

    assert "all other texts together have" in response.text
    assert "<strong>much</strong>" not in response.text


def test_preview_of_the_largest_question_is_answered_within_seconds(instructor):
    fields = dict.fromkeys(form(""), "x")
    response, seconds = preview(instructor, {**form("x"), **fields, "kind": "single", "difficulty": "easy",
                                             "valid_as_of": "2026-01-01", "stem": "[a\n" * 6000,
                                             "explanation": "[a](" * 4900, "case": "- a\n" * 4900,
                                             "option_1_text": "![[[[" * 3900})  # fmt: skip

    assert response.status_code == 200
    assert seconds < 10


@pytest.mark.parametrize(
    ("render", "pieces"), [(render_markdown, [*PIECES, *NESTED]), (render_inline, NESTED), (render_plain, NESTED)]
)
def test_rendering_takes_time_in_proportion_to_the_length(render, pieces):
    def seconds(text):
        began = time.process_time()
        render.__wrapped__(text)
        return time.process_time() - began

    slow = {}
    for piece in pieces:
        large = min(seconds(repeated(piece, MAX_TEXT)) for _ in range(2))
        if large > 0.5 and large / max(min(seconds(repeated(piece, MAX_TEXT // 8)) for _ in range(3)), 0.001) > 20:
            slow[piece] = large

    assert slow == {}


@pytest.mark.parametrize(("decoys", "references"), [("a\nb\nc\n" * 3000, ""), ("", "a | b\n" * 3000)])
def test_many_short_lines_are_no_long_page(instructor, decoys, references):
    lines = "\n".join(f"{line}{n}" for n, line in enumerate(decoys.splitlines()))

    response, seconds = preview(instructor, form("x", decoys=lines, references=references))

    assert len(response.content) < 100_000
    assert seconds < 5


def kilobytes(name):
    return int(re.search(rf"{name}:\s+(\d+)", Path("/proc/self/status").read_text())[1])


@pytest.mark.parametrize("piece", NESTED)
def test_preview_of_all_that_a_request_may_hold_needs_little_memory(instructor, piece):
    preview(instructor, form("x"))
    before = kilobytes("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the highest of what this process had begins with what it has

    response, _ = preview(instructor, form(repeated(piece, MAX_TEXT)))

    assert response.status_code == 200
    assert kilobytes("VmHWM") - before < 128 * 1024
