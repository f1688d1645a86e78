"""The table of CSV and XLSX: its header, its cells, and no live formula in any of them."""

import datetime as dt

import pytest

from questions.formats.base import Defaults
from questions.formats.columns import HEADER
from questions.formats.registry import FORMATS

DEFAULTS = Defaults(valid_as_of=dt.date(2026, 1, 1))


def read(text):
    return FORMATS["csv"].read(text.encode(), DEFAULTS)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_separator_is_found_and_columns_may_stand_in_any_order(separator):
    (question,) = read(separator.join(["Option 2", "key", "stem", "OPTION_1"]) + "\n" + separator.join("yBWx"))

    assert question.entry.stem == "W"
    assert [(option.text, option.key) for option in question.entry.options] == [("x", False), ("y", True)]


@pytest.mark.parametrize("key", ["A,C", "a c", "AC", "1;3", "C, A"])
def test_key_names_options_by_letter_or_number(key):
    (question,) = read(f'stem,option_1,option_2,option_3,key\nWhich?,x,y,z,"{key}"\n')

    assert (question.entry.kind, question.entry.key) == ("multiple", [0, 2])


def test_references_and_tasks_have_their_own_small_grammar():
    (question,) = read(
        'stem,option_1,option_2,tasks,references\nWhich?,x,y,c:1.1; d:2.1,"A \\| B | One\nGuide | Two\\nlines"\n'
    )

    assert question.entry.tasks == {"c": "1.1", "d": "2.1"}
    assert [(other.title, other.section) for other in question.entry.references] == [
        ("A | B", "One"),
        ("Guide", "Two\nlines"),
    ]


def test_rows_are_named_as_a_spreadsheet_counts_them():
    questions = read('stem,option_1,option_2\n\n"two\nlines",x,y\n,x,y\n')

    assert [question.place for question in questions] == ["row 3", "row 5"]
    assert [str(problem) for problem in questions[1].problems] == ["stem: is missing; fill it in."]


def test_header_is_the_documented_one():
    assert len(HEADER) == len(set(HEADER))
    assert {"id", "kind", "tasks", "case", "option_8", "match_8", "rationale_8", "decoy_8", "source_title"} <= set(
        HEADER
    )
