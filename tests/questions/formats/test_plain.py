"""Numbered text with every trap that notes and study guides hold."""

import datetime as dt

import pytest

from questions.formats.base import Defaults
from questions.formats.registry import FORMATS, format_of

DEFAULTS = Defaults(valid_as_of=dt.date(2026, 1, 1))
NOTES = """\
Some notes on gardens

1. Water in the morning
2. Weed in the evening

A. is the best letter, said nobody. 42

1

1. A gardener has clay soil and wants
carrots. What helps?␠

A. Sand, dug in
deep.␠
B. More clay.␠
C. Nothing at all.␠
D. A smaller spade.␠
␠
2. Which of these climb?

(Choose all that apply.)
A. Peas
B. Beans
C. Leeks
D. Hops


=========================================================================
***** 2
=========================================================================

*** 1. What does this call lack?

garden.water(
 bed=3,
Review Questions 239
 hours=2,
)

A. A bucket.
B. A hose.
C. A can that
is full.
D. Rai

- and here the notes go on
https://example.org/page
7
1. more of them
""".replace("␠", " ")  # blanks at the ends of lines


def read(text):
    return FORMATS["plain"].read(text.encode(), DEFAULTS)


def test_notes_with_every_trap_give_their_questions():
    first, second, third = read(NOTES)

    assert [question.entry.id for question in (first, second, third)] == ["ch01-q01", "ch01-q02", "ch02-q01"]
    assert [question.place for question in (first, second, third)] == ["line 10", "line 19", "line 32"]
    assert [question.entry.kind for question in (first, second, third)] == ["single", "multiple", "single"]
    assert [len(question.entry.options) for question in (first, second, third)] == [4, 4, 4]
    assert first.entry.stem == "A gardener has clay soil and wants\ncarrots. What helps?"
    assert [option.text for option in first.entry.options][:2] == ["Sand, dug in deep.", "More clay."]
    assert second.entry.stem == "Which of these climb?\n\n(Choose all that apply.)"
    assert third.entry.stem == "What does this call lack?\n\n```\ngarden.water(\n bed=3,\n hours=2,\n)\n```"
    assert [option.text for option in third.entry.options] == ["A bucket.", "A hose.", "A can that is full.", "Rai"]
    assert not any(option.key for question in (first, second, third) for option in question.entry.options)


def test_what_is_left_out_and_what_looks_cut_off_is_named():
    first, second, third = read(NOTES)

    assert first.notes == ("4 lines (1–6) before it belong to no question and are not taken over.",)
    assert second.notes == ()
    assert "line 36, “Review Questions 239”, was taken for a page's head and left out." in third.notes
    assert "option D looks cut off: “…Rai”. Complete it." in third.notes
    assert any("after it belong to no question" in note for note in third.notes)


def test_format_of_such_notes_is_recognised():
    assert format_of("notes.txt", NOTES.encode()).name == "plain"


@pytest.mark.parametrize(
    "options",
    ["A. x\nB. y\nC. z", "A) x\nB) y\nC) z", "a. x\nb. y\nc. z", "(a) x\n(b) y\n(c) z", "  A. x\n\n  B. y\n\n  C. z"],
)
def test_options_may_be_lettered_in_any_usual_way(options):
    (question,) = read(f"1. Which?\n\n{options}\n")

    assert [option.text for option in question.entry.options] == ["x", "y", "z"]


@pytest.mark.parametrize(
    ("answer", "keys", "kind"),
    [("B", [1], "single"), ("b.", [1], "single"), ("A, C", [0, 2], "multiple"), ("A and C", [0, 2], "multiple"),
     ("AC", [0, 2], "multiple"), ("(B) y", [1], "single")],
)  # fmt: skip
def test_answer_names_the_key(answer, keys, kind):
    (question,) = read(
        f"1. Which?\n\nA. x\nB. y\nC. z\n\nAnswer: {answer}\nExplanation: Because\nof that.\n\nAnd more.\n"
    )

    assert (question.entry.key, question.entry.kind) == (keys, kind)
    assert question.entry.explanation == "Because\nof that.\n\nAnd more."


def test_number_in_a_wrapped_line_begins_no_question():
    (question,) = read("1. It was built in\n1987. Which year was it\n2. not?\n\nA. 1987\nB. 1988\n")

    assert question.entry.stem == "It was built in\n1987. Which year was it\n2. not?"


def test_missing_number_and_wrong_count_are_noted():
    first, third = read("1. Which? (Choose two.)\n\nA. x\nB. y\n\nAnswer: A\n\n3. Why?\n\nA. x\nB. y\n")

    assert first.notes == ("the stem says “(Choose two.)”, the answer names 1.",)
    assert third.notes == ("the question before it is number 1; is one missing?",)


def test_question_outside_a_chapter_gets_a_lasting_id_from_its_text():
    text = "1. Which?\n\nA. x\nB. y\n"

    assert read(text)[0].entry.id == read(f"Chapter one of my life\n\n{text}")[0].entry.id
    assert read(text)[0].entry.id.startswith("imp-")


def test_named_chapters_are_chapters():
    questions = read("Chapter 4: Beds\n\n1. Which?\n\nA. x\nB. y\n\nChapter 5\n\n1. Why?\n\nA. x\nB. y\n")

    assert [question.entry.id for question in questions] == ["ch04-q01", "ch05-q01"]
