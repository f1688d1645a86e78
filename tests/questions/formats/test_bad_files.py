"""Bad files are refused, quickly, with a message, and never by another exception."""

import datetime as dt
import random
import subprocess
import sys

import pytest

from questions.formats.base import Defaults, Unreadable
from questions.formats.registry import FORMATS
from tests.questions.formats.bad_files import GOOD, SIMPLE, corpus, workbook

DEFAULTS = Defaults(valid_as_of=dt.date(2026, 1, 1))
CORPUS = corpus()
CASES = [(name, case) for name, cases in CORPUS.items() for case in cases]


def refusals(name, data):
    """Return why a file is refused: one message for the file, or those of its questions."""
    try:
        return [str(problem) for question in FORMATS[name].read(data, DEFAULTS) for problem in question.problems]
    except Unreadable as error:
        return [str(error)]


def test_corpus_has_more_than_two_hundred_different_files():
    assert len({(name, data) for name, cases in CORPUS.items() for data in cases.values()}) > 200


@pytest.mark.parametrize(("name", "case"), CASES, ids=lambda value: value)
def test_bad_file_is_refused_with_a_message(name, case):
    messages = refusals(name, CORPUS[name][case])

    assert messages
    assert all(10 < len(message) < 400 for message in messages)


@pytest.mark.parametrize("name", GOOD)
def test_good_file_is_taken(name):
    assert refusals(name, GOOD[name].encode()) == []
    assert refusals(name, GOOD[name].encode("utf-8-sig")) == []
    assert refusals(name, GOOD[name].replace("\n", "\r\n").encode("utf-16")) == []


@pytest.mark.parametrize("name", [*GOOD, "xlsx"])
def test_broken_good_file_raises_nothing_but_unreadable(name):
    dice = random.Random(5)
    good = workbook(SIMPLE) if name == "xlsx" else GOOD[name].encode()
    for _ in range(300):
        data = bytearray(good)
        for _ in range(dice.randint(1, 4)):
            at = dice.randrange(len(data))
            match dice.randrange(4):
                case 0:
                    data[at] = dice.randrange(256)
                case 1:
                    del data[at : at + dice.randint(1, 20)]
                case 2:
                    data[at:at] = data[at : at + dice.randint(1, 20)]
                case _:
                    data[at:at] = dice.choice(
                        [b"{", b"}", b"~", b"=", b"#", b"\\", b'"', b",", b"\n", b"A. ", b": ", b"- "]
                    )
            if not data:
                break
        refusals(name, bytes(data))


WORST = [
    ("yaml", "many"),
    ("yaml", "bomb"),
    ("yaml", "deep-flow"),
    ("yaml", "many-questions"),
    ("csv", "only-commas"),
    ("csv", "only-lines"),
    ("csv", "many-rows"),
    ("xlsx", "bomb"),
    ("xlsx", "empty-rows"),
    ("xlsx", "row-beyond"),
    ("xlsx", "strings"),
    ("gift", "backslashes"),
    ("aiken", "many"),
    ("plain", "spaces"),
    ("plain", "stars"),
    ("gift", "large"),
]
MEASURE = """
import re, sys, datetime as dt
from questions.formats.base import Defaults, Unreadable
from questions.formats.child import use_language
from questions.formats.registry import FORMATS
use_language("en", [])
name, data = sys.argv[1], open(sys.argv[2], "rb").read()
def peak():
    # Not getrusage: its maximum begins with that of the process which started this one.
    return int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])
before = peak()
try:
    FORMATS[name].read(data, Defaults(valid_as_of=dt.date(2026, 1, 1)))
except Unreadable:
    pass
print(peak() - before)
"""


@pytest.mark.parametrize(("name", "case"), WORST, ids=lambda value: value)
def test_worst_files_need_little_time_and_memory(name, case, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(CORPUS[name][case])

    process = subprocess.run(
        [sys.executable, "-c", MEASURE, name, path], capture_output=True, text=True, timeout=10, check=True
    )

    assert int(process.stdout) < 256 * 1024  # KB, beyond what the program has without a file
