"""No file keeps a worker busy: the time grows as the file does, and what takes too much ends, with a reason."""

import datetime as dt
import itertools
import os
import resource
import subprocess
import threading
import time
from contextlib import suppress

import pytest

from questions.content import MAX_TAGS, MAX_TEXT, MAX_TOGETHER
from questions.diffing import diff_words
from questions.formats import child
from questions.formats.base import MAX_QUESTIONS, Defaults, Unreadable
from questions.formats.child import SMALL, read_file
from questions.formats.columns import MAX_COLUMNS
from questions.formats.registry import FORMATS, format_of
from tests.questions.formats.hostile_files import PIECES, files, repeated
from tests.questions.formats.xml_samples import bank

DEFAULTS = Defaults(valid_as_of=dt.date(2026, 1, 1))
# Eight times the size takes eight times as long, give or take the noise; a square would take 64 times as long.
SMALLER, LARGER, MOST = 5_000, 40_000, 20
NOTICEABLE = 0.5  # seconds of CPU
IS_FULL = os.environ.get("FAULTS") == "full"


def seconds(act):
    """Return the CPU time, of this process alone, that an act takes; a refusal is an answer."""
    began = time.process_time()
    with suppress(Unreadable):
        act()
    return time.process_time() - began


def growth(small, large):
    """Say how many times as long the second act takes, 0 if it is quick. Where noise could be the reason, ask again."""
    if seconds(large) < NOTICEABLE:
        return 0
    return min(seconds(large) for _ in range(2)) / max(min(seconds(small) for _ in range(3)), 0.001)


@pytest.mark.parametrize("name", ["yaml", "csv", "xlsx", "gift", "aiken", "plain", "moodle", "qti21"])
def test_no_file_takes_longer_than_in_proportion_to_its_size(name):
    def reading(data):
        return lambda: FORMATS[name].read(data, DEFAULTS)

    pairs = zip(files(name, SMALLER), files(name, LARGER), strict=True)
    # A third of them at each run; `make faults` tries all.
    chosen = itertools.islice(pairs, 0, None, 1 if IS_FULL else 3)

    times = {what: growth(reading(small), reading(data)) for (what, small), (_, data) in chosen}

    assert {what: factor for what, factor in times.items() if factor > MOST} == {}


@pytest.mark.parametrize("piece", PIECES)
def test_format_of_a_file_is_found_in_proportion_to_its_size(piece):
    def finding(size):
        return lambda: format_of("a.txt", repeated(piece, size).encode())

    assert growth(finding(20_000), finding(160_000)) <= MOST


# --- The budget -------------------------------------------------------------------------------------------------------


def attacks():
    return {
        "gift, tags in tags": ("gift", b"// " + b"[tag:" * 60_000 + b"\n::t::Which?{=a~b}\n"),
        "gift, hashes": ("gift", b"::t::Which?{=a~b" + b"#" * 4_000_000 + b"}\n"),
        "csv, commas": ("csv", b"stem,option_1,option_2" + b"," * 2_000_000 + b"\n" + b"a,b,c\n" * 10_000),
        "plain, blanks": ("plain", b"1. " + b" " * 300_000 + b"x\nA. a\nB. b\n"),
    }


@pytest.mark.parametrize("name", attacks())
def test_file_that_once_killed_a_worker_is_answered_within_the_budget(name):
    format_name, data = attacks()[name]

    began = resource.getrusage(resource.RUSAGE_CHILDREN)
    own = seconds(lambda: read_file(FORMATS[format_name], data, DEFAULTS))
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)

    assert own < 2
    assert ended.ru_utime + ended.ru_stime - began.ru_utime - began.ru_stime < child.CPU_SECONDS + 1


@pytest.mark.parametrize("name", ["yaml", "csv", "gift", "aiken", "plain", "moodle"] if IS_FULL else ["aiken"])
def test_any_piece_up_to_the_limit_of_an_upload_ends_within_the_budget(name):
    """Every piece in every frame; `make faults` does it for all formats and at 10 MB."""
    for what, data in itertools.islice(
        files(name, 10_000_000 if IS_FULL else 1_000_000), 0, None, 1 if IS_FULL else 50
    ):
        began = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds(lambda data=data: read_file(FORMATS[name], data, DEFAULTS))
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert (what, ended.ru_utime - began.ru_utime < child.CPU_SECONDS + 1) == (what, True)


def large(count=400):
    return FORMATS["yaml"].write([entry.model_copy(update={"id": f"q-{n}-{m}"}) for m in range(count // 40 + 1)
                                  for n, entry in enumerate(bank()[:40])])  # fmt: skip


def test_what_takes_too_long_is_refused(monkeypatch):
    monkeypatch.setattr(child, "CPU_SECONDS", 1)

    with pytest.raises(Unreadable, match="too long to read"):
        read_file(FORMATS["yaml"], large(6000), DEFAULTS)


def test_what_hangs_without_working_is_refused(monkeypatch):
    monkeypatch.setattr(child, "WALL_SECONDS", 0.05)

    with pytest.raises(Unreadable, match="too long to read"):
        read_file(FORMATS["yaml"], large(), DEFAULTS)


def test_what_takes_too_much_memory_is_refused(monkeypatch):
    monkeypatch.setattr(child, "MEMORY", 10_000_000)

    with pytest.raises(Unreadable, match="too much memory"):
        read_file(FORMATS["yaml"], large(4000), DEFAULTS)


def test_only_so_many_files_are_read_at_once(monkeypatch):
    monkeypatch.setattr(child, "WALL_SECONDS", 0.05)
    monkeypatch.setattr(child, "_places", threading.BoundedSemaphore(1))

    with child._places, pytest.raises(Unreadable, match="Other files"):
        read_file(FORMATS["yaml"], large(), DEFAULTS)


def test_no_secret_goes_along(monkeypatch):
    seen = {}

    def run(*args, env, **options):
        seen.update(env)
        return subprocess.CompletedProcess(args, 0, b'{"questions": []}')

    monkeypatch.setenv("SECRET_KEY", "of the site")
    monkeypatch.setenv("DATABASE_URL", "postgres://")
    monkeypatch.setattr(subprocess, "run", run)

    assert read_file(FORMATS["yaml"], large(), DEFAULTS) == []
    assert not {"SECRET_KEY", "DATABASE_URL"} & set(seen)


@pytest.mark.parametrize("name", FORMATS)
def test_reading_in_a_process_of_its_own_changes_nothing(monkeypatch, name):
    monkeypatch.setattr(child, "SMALL", 0)
    data = FORMATS[name].write(list(bank())[:60])

    assert read_file(FORMATS[name], data, DEFAULTS) == FORMATS[name].read(data, DEFAULTS)


def test_refusal_of_a_format_comes_through():
    data = b"stem," * SMALL

    with pytest.raises(Unreadable, match=r"columns; the limit is"):
        read_file(FORMATS["csv"], data, DEFAULTS)


# --- What a question can be -------------------------------------------------------------------------------------------

TAGS = " ".join(f"t{n}" for n in range(60))
OPTIONS = ", ".join(f"{{text: o{n}}}" for n in range(101))


@pytest.mark.parametrize(
    ("name", "data", "where", "what"),
    [
        ("csv", f"stem,option_1,option_2\n{'x' * (MAX_TEXT + 1)},a,b\n", "row 2", "stem: has 20,001 characters"),
        ("csv", f"stem,option_1,option_2,tags\nx,a,b,{TAGS}\n", "row 2", "tags: has 60 tags"),
        ("csv", "stem,option_1,option_2\nx,a,b" + "," * MAX_COLUMNS + "\n", "row 2", "cells; the limit is"),
        ("gift", "Which?{=a" + "~b" * 101 + "}", "line 1", "options: 102 options"),
        ("gift", "".join(f"// [tag:t{n}]\n" for n in range(60)) + "Which?{=a~b}", "line 61", "tags: has 51 tags"),
        ("yaml", f"schema: 1\nquestions:\n - id: a\n   options: [{OPTIONS}]\n", "line 3", "options: has 101 parts"),
        ("yaml", "schema: 1\nquestions:\n - {id: a, stem: x, kind: single, valid_as_of: 9999-01-01, difficulty: easy, "
                 "tasks: {}, options: [{text: a}, {text: "
                 "b}]}\n", "line 3", "valid_as_of: 9999-01-01 is not in the years"),
    ],
)  # fmt: skip
def test_question_larger_than_any_is_refused_by_its_place_field_and_limit(name, data, where, what):
    (question,) = FORMATS[name].read(data.encode(), DEFAULTS)

    assert (question.place, question.entry) == (where, None)
    assert what in str(question.problems[0])


def test_texts_of_a_question_are_limited_together():
    header = ",".join(["stem", *(f"option_{n},rationale_{n}" for n in range(1, 9))])
    cells = [f"{n}" + "x" * (MAX_TOGETHER // 16) for n in range(17)]

    (question,) = FORMATS["csv"].read(f"{header}\n{','.join(cells)}\n".encode(), DEFAULTS)

    assert "all other texts together have 106,274 characters; the limit is 100,000" in str(question.problems[0])


def test_notes_of_a_question_are_counted_not_listed():
    data = "1. Which?\n\nA. a\nB. b\n\n" + "Review Questions 7\n" * 1000

    (question,) = FORMATS["plain"].read(data.encode(), DEFAULTS)

    assert len(question.notes) == 21
    assert question.notes[-1] == "and 980 more of the kind."


def test_limits_leave_room_for_every_question_of_the_bank():
    assert max(len(entry.model_dump_json()) for entry in bank()) < MAX_TOGETHER / 4
    assert max(len(entry.tags) for entry in bank()) < MAX_TAGS
    assert MAX_QUESTIONS == 5_000


@pytest.mark.parametrize(
    ("old", "new"), [("ab ", "b a "), (",;", ";,"), ("a ", "a b "), ("a", "b"), ("a.b.", "b.a."), ("\n", " \n")]
)
def test_comparing_two_texts_takes_a_second_at_most(old, new):
    assert min(seconds(lambda: diff_words(old * 20_000, new * 20_000)) for _ in range(2)) < 1
    for size in (90, 140, 190, 290):
        assert min(seconds(lambda size=size: diff_words(old * size, new * size)) for _ in range(2)) < 1
