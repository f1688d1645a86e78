import pytest

from questions.content import Option
from questions.linting import MARKS, lint, resemblance, stem_marks
from tests.factories import make_content


def options(*texts, key=0, keys=None):
    keys = {key} if keys is None else keys
    return tuple(Option(text=text, key=number in keys, rationale="So.") for number, text in enumerate(texts))


FOUR = ("Amazon Kinesis", "Amazon Athena", "AWS Glue", "Amazon EMR")


def found(**changes):
    """Return what is found in a question that has nothing else to find: field and the beginning of the message."""
    content = make_content(**{"stem": "Which service streams?", "options": options(*FOUR), **changes})
    return [(problem.field, problem.message) for problem in lint(content)]


def test_good_question_has_nothing_to_find():
    assert found() == []


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        (
            {"stem": "Which is not a service?"},
            "stem",
            "“not” is easily overlooked; ask for what is right, or write **NOT**.",
        ),
        ({"stem": "All fit except which one?"}, "stem", "“except” is easily overlooked"),
        (
            {"options": options(*FOUR[:3], "All of the above")},
            "options.3.text",
            "“All of the above” tests logic, not the subject; write an option that makes sense on its own.",
        ),
        ({"options": options(*FOUR[:3], "None of these")}, "options.3.text", "“None of these” tests logic"),
        (
            {"options": options(*FOUR[:3], "Both A and B")},
            "options.3.text",
            "“Both A and B” refers to options by letter, but they are shown in random order; refer to their content.",
        ),
        (
            {"options": (*options(*FOUR[:3]), Option(text="EMR", rationale="Option A is better."))},
            "options.3.text",
            "“Option A” refers to options by letter",
        ),
        (
            {"options": options("A long right answer that says everything there is", *FOUR[1:])},
            "options",
            "the right answer is by far the longest and easy to guess; shorten it, or expand the others.",
        ),
        (
            {"options": options(*FOUR[:3], "It always streams")},
            "options.3.text",
            "“always” gives away that the option is wrong; make it wrong in substance instead.",
        ),
        (
            {"kind": "multiple", "stem": "Which stream? (Choose two.)", "options": options(*FOUR, keys={0, 1, 2})},
            "stem",
            "the stem says “Choose two”, but 3 options are marked as keys; make them agree.",
        ),
        (
            {"stem": "Which streams? (Select TWO.)"},
            "stem",
            "the stem says “Select TWO”, but 1 option is marked as key; make them agree.",
        ),
        (
            {"kind": "multiple", "stem": "Which stream?", "options": options(*FOUR, keys={0, 1})},
            "stem",
            "the stem does not say how many answers are right; end with “(Choose two.)”.",
        ),
        (
            {"kind": "ordering", "options": options("First, load", "Clean", "Train", keys=set())},
            "options.0.text",
            "“First” gives away the option's place; leave it out.",
        ),
        (
            {"kind": "matching", "options": (Option(text="a", match="1"), Option(text="b", match="2")), "decoys": ()},
            "decoys",
            "every match is used once, so the last one follows from the others; add a decoy.",
        ),
    ],
)
def test_weakness_is_found_and_says_what_would_be_right(changes, field, message):
    ((where, text),) = found(**changes)

    assert where == field
    assert text.startswith(message)


@pytest.mark.parametrize(
    "changes",
    [
        {"stem": "Which is **not** a service?"},
        {"stem": "Which is NOT a service?"},
        {"stem": "The data does not fit in memory. Which service helps?"},
        {"stem": "Which are right? (Choose two.)", "kind": "multiple", "options": options(*FOUR, keys={0, 1})},
        {
            "stem": "Which are right? (Choose all that apply.)",
            "kind": "multiple",
            "options": options(*FOUR, keys={0, 1}),
        },
        {"options": options(*FOUR[:3], "Both A and B"), "shuffle": False},
        {"options": options("It always streams", "It rarely streams", "It hardly streams", "It seldom streams")},
        {"options": options("A model that is fit well", "A model that is underfit", "Vitamin A and vitamin C", "X")},
        {"kind": "matching", "options": (Option(text="a", match="1"), Option(text="b", match="2")), "decoys": ("3",)},
        {"kind": "matching", "options": (Option(text="a", match="1"), Option(text="b", match="1")), "decoys": ()},
        {"kind": "ordering", "options": options("Load", "Clean", "Train", keys=set())},
    ],
)
def test_what_is_fine_is_left_alone(changes):
    assert found(**changes) == []


def test_question_without_anything_is_linted_too():
    assert found(stem="…", options=()) == []


STEM = (
    "A company wants to store streaming click data for a year and to query it with SQL at low cost. Which store fits?"
)


def test_near_duplicate_shares_marks_and_another_question_does_not():
    alike = STEM.replace("a year", "two years")

    assert resemblance(STEM, alike) > 0.5
    assert len(stem_marks(STEM)) == MARKS
    assert set(stem_marks(STEM)) & set(stem_marks(alike))
    assert not set(stem_marks(STEM)) & set(stem_marks("Which loss does a gradient boosted tree minimise by default?"))


@pytest.mark.parametrize("stem", ["", "Why?", "?!", "x " * 5000])
def test_marks_of_any_stem_fit_the_column(stem):
    marks = stem_marks(stem)

    assert marks == sorted(set(marks))
    assert all(-(2**63) <= mark < 2**63 for mark in marks)
