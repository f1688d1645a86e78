"""What is written is read again as it was, but for the losses that each format names."""

import datetime as dt

import pytest
from hypothesis import HealthCheck, given, settings

from questions.formats.base import Defaults, unwritable
from questions.formats.lines import plain_line
from questions.formats.registry import FORMATS, format_of
from questions.kinds import kind_of
from tests.factories.questions import make_content
from tests.questions.formats.strategies import entry_lists
from tests.questions.formats.xml_samples import bank

DEFAULTS = Defaults(valid_as_of=dt.date(2026, 1, 1))
FULL = ["yaml", "csv", "xlsx", "gift"]
bounded = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def draft(entry, name):
    return entry if name == "yaml" else entry.model_copy(update={"status": "draft"})


def joined(text):
    return " ".join(text.split())


def said(entry, name="plain"):
    """What the formats of plain lines carry: wrapped lines are joined; Aiken has no formatting."""
    text = plain_line if name == "aiken" else joined
    return text(entry.stem), [(text(option.text), option.key) for option in entry.options]


def read_back(name, entries):
    """Write the entries and return those that were written, with those read; nothing may be refused."""
    written = [entry for entry in entries if not FORMATS[name].left_out(entry)]
    read = FORMATS[name].read(FORMATS[name].write(entries), DEFAULTS) if written else []
    assert [question.problems for question in read] == [()] * len(written)
    return written, [question.entry for question in read]


@pytest.mark.parametrize("name", FULL)
def test_bank_comes_back_identical_but_for_the_status(name):
    entries = [entry for entry in bank() if name != "gift" or kind_of(entry.kind).gift]

    written, read = read_back(name, list(bank()))

    assert written == entries
    assert read == [draft(entry, name) for entry in entries]


@pytest.mark.parametrize(("name", "at_least"), [("aiken", 100), ("plain", 100)])
def test_questions_of_plain_lines_keep_stem_options_and_key(name, at_least):
    written, read = read_back(name, list(bank()))

    assert len(written) >= at_least
    assert [said(entry, name) for entry in read] == [said(entry, name) for entry in written]


@pytest.mark.parametrize("name", FULL)
def test_any_question_comes_back(name):
    @bounded
    @given(entry_lists())
    def check(entries):
        written, read = read_back(name, entries)
        assert read == [draft(entry, name) for entry in written]

    check()


@pytest.mark.parametrize("name", ["aiken", "plain"])
def test_any_question_of_plain_lines_keeps_stem_options_and_key(name):
    @bounded
    @given(entry_lists(kinds=("single", "multiple")))
    def check(entries):
        written, read = read_back(name, entries)
        if name == "plain":  # which says of a question with fewer than two keys that all may be chosen
            added = " (Choose all that apply.)"
            read = [entry.model_copy(update={"stem": entry.stem.removesuffix(added)}) for entry in read]
        assert [said(entry, name) for entry in read] == [said(entry, name) for entry in written]

    check()


@pytest.mark.parametrize("name", ["yaml", "csv", "gift", "aiken", "plain"])
def test_same_entries_make_the_same_file_whose_format_is_recognised(name):
    data = FORMATS[name].write(bank())

    assert FORMATS[name].write(bank()) == data
    assert format_of(f"questions{FORMATS[name].suffixes[0]}", data).name == name


def test_only_yaml_claims_to_lose_nothing():
    assert [name for name in FULL if not FORMATS[name].losses] == ["yaml"]


def test_text_stored_before_texts_were_checked_is_named_not_written():
    entry = bank()[0].model_copy(update={"explanation": "a\u202eb"})

    assert unwritable(entry).startswith("explanation: holds U+202E")
    assert unwritable(bank()[0]) == ""


def test_formats_say_which_kinds_they_leave_out():
    entry = bank()[0]
    ordering = entry.model_copy(update={**make_content().model_dump(include={"stem"}), "kind": "ordering"})

    assert {name: bool(FORMATS[name].left_out(ordering)) for name in [*FULL, "aiken", "plain"]} == {
        "yaml": False, "csv": False, "xlsx": False, "gift": True, "aiken": True, "plain": True,
    }  # fmt: skip
