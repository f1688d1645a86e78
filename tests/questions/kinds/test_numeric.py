from decimal import Decimal

import pytest

from questions.content import draft_problems, publication_problems
from questions.exceptions import Incomparable, InvalidResponse, Unjudgeable
from questions.kinds import Given, Told, kind_of
from questions.kinds.numeric.numbers import read_number
from tests.factories import RevisionFactory, make_content

NUMERIC = kind_of("numeric")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("3", "3"),
        ("3.5", "3.5"),
        ("3,5", "3.5"),
        (" -3.5 ", "-3.5"),
        ("−3", "-3"),
        ("+3", "3"),
        (".5", "0.5"),
        (",5", "0.5"),
        ("0,125", "0.125"),
        ("1000", "1000"),
        ("1000,125", "1000.125"),
        ("1,0000", "1.0000"),
        ("1e3", "1000"),
        ("1.5E-3", "0.0015"),
        # neither a thousand nor one
        ("1,000", None),
        ("-12,345", None),
        ("1 000", None),
        ("1,000.5", None),
        ("1.000,5", None),
        ("1'000", None),
        ("3 ms", None),
        ("three", None),
        ("", None),
        (".", None),
        ("-", None),
        ("3,", None),
        ("١", None),
        ("NaN", None),
        ("Infinity", None),
        ("1e100", None),
        ("0x1F", None),
        ("1_000", None),
        ("½", None),
    ],
)
def test_number_is_read_as_a_person_types_it(text, number):
    assert read_number(text) == (None if number is None else Decimal(number))
    assert NUMERIC.is_complete(text) is (number is not None)


@pytest.mark.parametrize(
    ("key", "response", "expected"),
    [
        ({"value": "3.5"}, "3.5", 1),
        ({"value": "3.5"}, "3,50", 1),
        ({"value": "3.5"}, "3.49", 0),
        ({"value": "0.3"}, "0.30000000000000004", 0),
        ({"value": "0.3", "tolerance": "0.1"}, "0.4", 1),
        ({"value": "0.3", "tolerance": "0.1"}, "0.2", 1),
        ({"value": "0.3", "tolerance": "0.1"}, "0.40000001", 0),
        ({"value": "-200", "tolerance": "2 %"}, "-204", 1),
        ({"value": "-200", "tolerance": "2 %"}, "-195.99", 0),
        ({"value": "0", "tolerance": "5 %"}, "0", 1),
        ({"low": "1", "high": "2"}, "1", 1),
        ({"low": "1", "high": "2"}, "2,0", 1),
        ({"low": "1", "high": "2"}, "2.01", 0),
        ({"value": "3"}, "three", 0),
        ({"value": "3"}, None, 0),
        ({"value": "1000"}, "1,000", 0),
    ],
)
def test_points_are_exact_at_the_bounds(key, response, expected):
    assert NUMERIC.points(key, response) == expected


@pytest.mark.parametrize(
    "key", [{}, [], None, {"low": "1"}, {"value": "x"}, {"value": "1", "tolerance": "x"}, {"value": "1e999999999"}]
)
def test_key_without_a_right_number_judges_nothing(key):
    with pytest.raises(Unjudgeable):
        NUMERIC.points(key, "1")


@pytest.mark.parametrize("given", [Given(chosen=(0,)), Given(places=(None,), text="1")])
def test_what_no_page_sends_is_refused(given):
    with pytest.raises(InvalidResponse, match="takes a text"):
        NUMERIC.clean(given, 0, 0)


@pytest.mark.parametrize(("text", "expected"), [("", None), ("  ", None), (" 3 ", " 3 "), ("x", "x")])
def test_response_is_kept_as_typed(text, expected):
    assert NUMERIC.clean(Given(text=text), 0, 0) == expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"value": 3.5}, {"value": "3.5"}),
        ({"value": "3,50", "unit": " ms "}, {"value": "3.5", "unit": "ms"}),
        ({"value": 1000, "tolerance": "2%"}, {"value": "1000", "tolerance": "2 %"}),
        ({"value": 1000, "tolerance": 0.50}, {"value": "1000", "tolerance": "0.5"}),
        ({"value": "1e3"}, {"value": "1000"}),
        ({"low": 0, "high": "2.0"}, {"low": "0", "high": "2"}),
    ],
)
def test_same_answer_is_the_same_content(answer, expected):
    content = make_content(kind="numeric", answer=answer)

    assert content.answer == expected
    assert publication_problems(content) == []


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"answer": {"value": "1 000"}}, "answer.value: Value error, is not a number; write it like 3.5"),
        ({"answer": {"value": "1", "tolerance": "-1"}}, "answer.tolerance: Value error, is not a tolerance; write"),
        ({"answer": {"value": "1", "tolerance": "some"}}, "answer.tolerance: Value error, is not a tolerance; write"),
        ({"answer": {"value": "1", "low": "0", "high": "2"}}, "answer.value: is given together with bounds;"),
        ({"answer": {"low": "3", "high": "2"}}, "answer.low: is above the upper bound;"),
        ({"answer": {"tolerance": "3"}}, "answer.tolerance: needs the value"),
        ({"answer": {"value": "1", "weight": "3"}}, "answer.weight: Extra inputs are not permitted"),
        ({"options": ({"text": "A"}, {"text": "B"})}, "options: a numeric question has no options; remove them."),
        ({"decoys": ("D",)}, "decoys: a numeric question has no decoys; remove them."),
    ],
)
def test_wrong_answer_field_forbids_a_draft(changes, problem):
    (found,) = map(str, draft_problems(make_content(kind="numeric", **changes)))

    assert found.startswith(problem), found


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ({"unit": "ms"}, "answer: the right number is missing; write the value"),
        ({"low": "1"}, "answer: one bound is missing"),
    ],
)
def test_answer_without_a_key_is_a_draft(answer, problem):
    content = make_content(kind="numeric", answer=answer)

    assert draft_problems(content) == []
    (found,) = map(str, publication_problems(content))
    assert found.startswith(problem)


def test_choice_question_takes_no_typed_answer():
    (found,) = map(str, draft_problems(make_content(answer={"value": "1"})))

    assert found == "answer: a single question says what is right in its options; clear the answer."


def test_candidates_are_told_the_unit_and_nothing_of_the_key():
    content = make_content(kind="numeric")

    assert (content.key, content.prompt) == ({"value": "2.5", "tolerance": "0.5"}, {"unit": "ms"})
    assert "2.5" not in repr(NUMERIC.asked(Told([], prompt=content.prompt), [], None))


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ({"value": "2.5"}, ["2.5 ms"]),
        ({"value": "2.5", "tolerance": "2 %"}, ["2.5 ± 2 % ms"]),
        ({"low": "1", "high": "2"}, ["1 to 2 ms"]),
        ({}, []),
    ],
)
def test_right_answer_in_words(key, words):
    assert NUMERIC.solved(Told([], prompt={"unit": "ms"}), key, [], [], None).answers == words


def test_answer_in_another_unit_cannot_be_judged(db):
    old = RevisionFactory(content=make_content(kind="numeric"))
    new = RevisionFactory(content=make_content(kind="numeric", answer={"value": "2.5", "unit": "s"}))

    assert NUMERIC.translated(old, old, "3") == "3"
    with pytest.raises(Incomparable, match="its unit has changed"):
        NUMERIC.translated(old, new, "3")
