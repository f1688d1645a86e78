import pytest
from django.http import QueryDict

from exams.attempts.forms import read_answer, read_answers, read_seconds
from exams.attempts.services.saving import Answer
from exams.exceptions import InvalidResponse

COMPLETE = {
    "q7-choice": ["2", "0"],
    "q7-struck": ["1", "3"],
    "q7-flag": ["on"],
    "q7-sequence": ["4"],
    "q7-page": ["3f9a-B"],
    "q7-count": ["2"],
    "q7-seconds": ["61"],
}


def query(data):
    parsed = QueryDict(mutable=True)
    for name, values in data.items():
        parsed.setlist(name, values)
    return parsed


def test_read_answer_takes_every_field():
    assert read_answer(query(COMPLETE), 7) == Answer(
        position=7, chosen=(2, 0), is_flagged=True, struck=(1, 3), seconds_spent=61, sequence=4, page="3f9a-B", count=2
    )


def test_read_answer_takes_places_in_the_order_of_the_page():
    data = {name: values for name, values in COMPLETE.items() if name not in {"q7-choice", "q7-struck"}}

    answer = read_answer(query({**data, "q7-place": ["2", "", "0", "7"], "q17-place": ["1"]}), 7)

    assert (answer.places, answer.chosen, answer.struck) == ((2, None, 0, 7), (), ())


def test_read_answer_takes_what_a_browser_leaves_out_as_nothing():
    data = {name: value for name, value in COMPLETE.items() if name in {"q7-sequence", "q7-count", "q7-seconds"}}

    assert read_answer(query(data), 7) == Answer(position=7, seconds_spent=61, sequence=4, count=2)


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("choice", ["8"]),
        ("choice", ["-1"]),
        ("choice", ["a"]),
        ("choice", ["0", "1.0"]),
        ("place", ["8"]),
        ("place", ["", "-1"]),
        ("place", [" "]),
        ("place", ["None"]),
        ("place", ["0", "٣"]),
        ("struck", ["8"]),
        ("struck", ["x"]),
        ("sequence", []),
        ("sequence", [""]),
        ("sequence", ["-1"]),
        ("sequence", ["1.5"]),
        ("sequence", [str(2**31)]),
        ("page", ["a" * 33]),
        ("page", ["<b>"]),
        ("page", ["a\0"]),
        ("count", []),
        ("count", ["-1"]),
        ("count", [str(2**31)]),
        ("seconds", []),
        ("seconds", ["-1"]),
        ("seconds", ["NaN"]),
        ("seconds", [str(7 * 24 * 3600 + 1)]),
    ],
)
def test_read_answer_names_the_field_that_is_wrong(field, values):
    with pytest.raises(InvalidResponse, match=f"^Question 7, {field}: "):
        read_answer(query(COMPLETE | {f"q7-{field}": values}), 7)


@pytest.mark.parametrize("field", ["sequence", "count"])
def test_read_answer_takes_the_largest_number_that_the_database_holds(field):
    answer = read_answer(query(COMPLETE | {f"q7-{field}": [str(2**31 - 1)]}), 7)

    assert getattr(answer, field) == 2**31 - 1


def test_read_answers_takes_every_question_of_which_there_is_a_sequence():
    data = query({"q11-sequence": ["1"], "q11-count": ["0"], "q11-seconds": ["0"], "q2-choice": ["1"], **COMPLETE})

    assert [answer.position for answer in read_answers(data)] == [7, 11]


def test_read_answers_ignores_fields_that_are_no_questions():
    data = {name: ["1"] for name in ("then", "q-sequence", "qx-sequence", "q12345-sequence", "aq1-sequence", "q1-")}

    assert read_answers(query(data)) == []


def test_read_answers_fails_for_all_when_one_is_wrong():
    with pytest.raises(InvalidResponse, match="Question 8, count"):
        read_answers(query(COMPLETE | {"q8-sequence": ["1"]}))


def test_read_seconds_takes_every_question():
    assert read_seconds(query({"q1-seconds": ["5"], "q20-seconds": ["0"], "q3-choice": ["1"]})) == {1: 5, 20: 0}


@pytest.mark.parametrize("value", ["-1", "x", "", str(7 * 24 * 3600 + 1)])
def test_read_seconds_names_the_question_that_is_wrong(value):
    with pytest.raises(InvalidResponse, match="Question 3, seconds: "):
        read_seconds(query({"q1-seconds": ["5"], "q3-seconds": [value]}))
