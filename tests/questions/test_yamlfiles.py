"""Files of YAML that would take the process with them: refused with a line, ours as much as uploaded ones."""

import datetime as dt

import pytest

from questions.bankfiles import read_bank
from questions.formats.base import Defaults, Unreadable
from questions.formats.yaml_ import YamlFormat
from tests.questions.bank_texts import QUESTIONS, changed, write_files

DEEP = "questions: " + "[" * 300_000
LONG = f"schema: {'1' * 5000}\n"
BAD = [
    (DEEP, "is nested too deeply or has too many parts"),
    (DEEP.replace("[", "{a: "), "is nested too deeply or has too many parts"),
    (LONG, "a number of that length"),
    ("schema: 1\nschema: 1\n", "appears twice"),
]


@pytest.mark.parametrize(("text", "message"), BAD, ids=["lists", "maps", "number", "key"])
def test_file_without_bounds_is_refused_with_its_line(tmp_path, text, message):
    (problem,) = read_bank(write_files(tmp_path, a=text)).problems
    with pytest.raises(Unreadable, match=message):
        YamlFormat().read(text.encode(), Defaults(valid_as_of=dt.date(2026, 1, 1)))

    assert message in problem.message
    assert problem.line == (2 if "twice" in message else 1)


def test_alias_is_taken_from_a_file_of_ones_own_only(tmp_path):
    text = changed(QUESTIONS, ("tags: [storage, cost]", "tags: &tags [storage, cost]"))
    text = changed(text, ("  kind: multiple\n", "  kind: multiple\n  tags: *tags\n"))

    bank = read_bank(write_files(tmp_path, a=text), {"cert-a": {"1.1", "2.1"}})

    assert [question.tags for question in bank.questions] == [("storage", "cost")] * 2
    with pytest.raises(Unreadable, match=r"Line 25: \*tags: repeats another part of the file; write it out\."):
        YamlFormat().read(text.encode(), Defaults(valid_as_of=dt.date(2026, 1, 1)))
