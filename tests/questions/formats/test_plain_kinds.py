"""Shapes of plain text that other programs and people write: taken for what they are, or refused by name."""

import datetime as dt

import pytest

from questions.formats.base import Defaults, Unreadable
from questions.formats.registry import FORMATS, Unsure, format_of
from questions.rendering import render_markdown

DEFAULTS = Defaults(valid_as_of=dt.date(2026, 1, 1))
OPTIONS = "A. Oak\nB. Birch\n"


def read(text, name="a.txt"):
    data = text.encode()
    return format_of(name, data).read(data, DEFAULTS)


def said(question):
    entry = question.entry
    return entry.stem, "".join("ABCDEFGH"[index] for index in entry.key), entry.explanation


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"1. Which bends?\n{OPTIONS}ANSWER: B\nExplanation: It is young.\n\n2. Which lasts?\n{OPTIONS}ANSWER: A\n",
         [("Which bends?", "B", "It is young."), ("Which lasts?", "A", "")]),
        (f"Which bends?\n{OPTIONS}ANSWER: B\nFeedback: It is young.\nAnd thin.\n\nWhich lasts?\n{OPTIONS}ANSWER: A\n",
         [("Which bends?", "B", "It is young. And thin."), ("Which lasts?", "A", "")]),
        (f"Which are trees?\n{OPTIONS}C. Moss\nANSWER: A and B\n\nWhich lasts?\n{OPTIONS}ANSWER: A\n",
         [("Which are trees?", "AB", ""), ("Which lasts?", "A", "")]),
        (f"Q1. Which bends?\n{OPTIONS}Answer: B\n\nQ2. Which lasts?\n{OPTIONS}Answer: A\n",
         [("Which bends?", "B", ""), ("Which lasts?", "A", "")]),
        (f"Question 1: Which bends?\n{OPTIONS}Answer: B\n", [("Which bends?", "B", "")]),
        ("1. Which bends?\na) Oak\n*b) Birch\n", [("Which bends?", "B", "")]),
        (f"**1. Which bends?**\n\n{OPTIONS}\n**Correct answer:** B\n\n**Explanation:** Young.\n",
         [("Which bends?", "B", "Young.")]),
        (f"1. Which bends?\n\n{OPTIONS}\n**Answer: B**\n", [("Which bends?", "B", "")]),
        (f"1. Which prints?\n\n```c\n\n  1. x;\n```\n\n{OPTIONS}\nAnswer: B\n",
         [("Which prints?\n\n```c\n\n  1. x;\n```", "B", "")]),
        ("## Which bend? (Choose two.)\n\n- [x] Birch\n- [ ] Oak\n- [X] Willow\n",
         [("Which bend? (Choose two.)", "AC", "")]),
        ("1. Which bends?\n   * A. Oak\n   * B. Birch\n\n   <details><summary>Solution</summary>\n   Answer: B\n   "
         "</details>\n",
         [("Which bends?", "B", "")]),
    ],
)  # fmt: skip
def test_shape_is_read_as_it_is_meant(text, expected):
    name = "a.md" if "**" in text or "[x]" in text or "```" in text or "<" in text else "a.txt"

    assert [said(question) for question in read(text, name)] == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1. Which?\nA. Oak\nB. Birch\nD. Moss\nAnswer: A\n", "option C is missing before D"),
        ("1. Which?\n" + "".join(f"{letter}. {letter}x\n" for letter in "ABCDEFGHIJKL") + "Answer: A\n", "12 options"),
        (f"1. Which?\n\n```c\nx;\n\n{OPTIONS}", "The file contains no questions"),
        ("1. Which?\n*A. Oak\nB. Birch\nAnswer: B\n", "name different ones"),
    ],
)
def test_what_is_missing_is_named(text, message):
    try:
        messages = [str(problem) for question in FORMATS["plain"].read(text.encode(), DEFAULTS)
                    for problem in question.problems]  # fmt: skip
    except Unreadable as error:
        messages = [str(error)]

    assert message in messages[0]


def test_aiken_explanation_within_a_question_is_not_of_the_one_before():
    text = f"Which?\n{OPTIONS}ANSWER: A\n{OPTIONS}Explanation: Birches bend.\nANSWER: B\n"

    first, second = FORMATS["aiken"].read(text.encode(), DEFAULTS)

    assert first.entry.explanation == ""
    assert "line 7 is neither an option nor" in str(second.problems[0])


@pytest.mark.parametrize("text", ["__init__", "make*all*now", "a `b` c", "[x](http://y.z)", "C:\\temp\\*.csv", "<b>"])
def test_aiken_is_shown_as_it_is_typed(text):
    (question,) = FORMATS["aiken"].read(f"Which {text}?\nA. {text}\nB. Oak\nANSWER: A\n".encode(), DEFAULTS)

    for shown, typed in ((question.entry.stem, f"Which {text}?"), (question.entry.options[0].text, text)):
        html = render_markdown(shown)
        assert html.strip() == f"<p>{typed.replace('<', '&lt;').replace('>', '&gt;')}</p>"


@pytest.mark.parametrize(
    ("text", "candidates"),
    [
        (f"Which?\n{OPTIONS}ANSWER: A\n\n2. Which?\n{OPTIONS}ANSWER: A\n", ["aiken", "plain"]),
        (f"1. Which?\n{OPTIONS}Answer: A\n\nIs it?{{=yes ~no}}\n", ["plain", "gift"]),
        ("Only some notes.\n", ["gift", "aiken", "plain"]),
    ],
)
def test_unsure_guess_asks(text, candidates):
    with pytest.raises(Unsure) as caught:
        format_of("a.txt", text.encode())

    assert caught.value.candidates == candidates
    assert "Choose the format" in str(caught.value)
