"""Numbers and short texts to be typed, to and from the formats of other programs."""

import datetime as dt

import pytest

from questions.bankfiles import QuestionEntry
from questions.formats.base import Defaults
from questions.formats.registry import FORMATS
from tests.factories import make_content

DEFAULTS = Defaults(valid_as_of=dt.date(2026, 1, 1))
CARRIES = [name for name in FORMATS if name in {"yaml", "gift"} or name.startswith(("moodle", "qti"))]
ANSWERS = [
    ("numeric", {"value": "2.5"}),
    ("numeric", {"value": "-0.125", "tolerance": "0.01", "unit": "ms"}),
    ("numeric", {"value": "1000", "tolerance": "2 %", "unit": "% of a < b & c"}),
    ("numeric", {"low": "-1", "high": "2.75"}),
    ("short_text", {"accepted": ("S3",)}),
    ("short_text", {"accepted": ("Amazon S3", "S3", "a=b {c} ~d: #1 -> \\e"), "ignore_case": True}),
    ("short_text", {"accepted": ("*", "a*b"), "keep_blanks": True}),
]


def entry_of(kind, answer, **changes):
    fields = make_content(kind=kind, answer=answer).model_dump(exclude={"decoys"})
    return QuestionEntry(
        **fields, id="typed-one", status="draft", tasks={"mls-c01": "1.1"}, difficulty="easy", **changes
    )


def read(name, text):
    (question,) = FORMATS[name].read(text.encode(), DEFAULTS)
    return question


@pytest.mark.parametrize("name", CARRIES)
@pytest.mark.parametrize(("kind", "answer"), ANSWERS)
def test_typed_question_comes_back_as_it_was(name, kind, answer):
    entry = entry_of(kind, answer)

    (question,) = FORMATS[name].read(FORMATS[name].write([entry]), DEFAULTS)

    assert (question.problems, FORMATS[name].left_out(entry)) == ((), "")
    assert question.entry is not None
    assert (question.entry.kind, question.entry.answer) == (kind, entry.answer)
    assert (question.entry.stem, question.entry.options, question.entry.id) == (entry.stem, (), "typed-one")


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "yaml"])
@pytest.mark.parametrize(("kind", "answer"), [("numeric", {"unit": "ms"}), ("short_text", {})])
def test_question_without_a_right_answer_is_left_out_and_named(name, kind, answer):
    assert FORMATS[name].left_out(entry_of(kind, answer)) != ""


@pytest.mark.parametrize("name", [name for name in FORMATS if name not in CARRIES])
def test_format_without_typed_answers_leaves_them_out(name):
    assert "numeric" in FORMATS[name].left_out(entry_of("numeric", {"value": "1"}))


@pytest.mark.parametrize(
    ("inner", "kind", "answer"),
    [
        ("#3", "numeric", {"value": "3"}),
        ("#3.141:0.005", "numeric", {"value": "3.141", "tolerance": "0.005"}),
        ("#3:0", "numeric", {"value": "3"}),
        ("#-1..1e2", "numeric", {"low": "-1", "high": "100"}),
        ("# =1822:0 =%50%1822:2", "numeric", {"value": "1822"}),
        ("=four =4", "short_text", {"accepted": ("four", "4"), "ignore_case": True}),
        ("=%100%four =%50%fore", "short_text", {"accepted": ("four",), "ignore_case": True}),
    ],
)
def test_gift_answers_of_other_programs_are_read(inner, kind, answer):
    question = read("gift", f"::T::How much?{{{inner}}}")

    assert question.problems == ()
    assert (question.entry.kind, question.entry.answer) == (kind, answer)
    assert any("of the points" in note for note in question.notes) == ("%50%" in inner)


@pytest.mark.parametrize(
    ("inner", "problem"),
    [
        ("#three", "answer.value"),
        ("# =1 =2", "2 numbers are right"),
        ("#3..2", "answer.low: is above"),
        ("=a*b", "write each accepted answer out"),
        ("=%50%a", "no answer is right"),
    ],
)
def test_gift_answers_that_are_not_taken_are_refused_by_name(inner, problem):
    question = read("gift", f"::T::How much?{{{inner}}}")

    assert question.entry is None
    assert problem in " ".join(map(str, question.problems))


MOODLE = """<quiz><question type="{type}"><name><text>t</text></name>
<questiontext format="html"><text>How much?</text></questiontext>{inner}</question></quiz>"""


@pytest.mark.parametrize(
    ("type_", "inner", "answer"),
    [
        (
            "numerical",
            '<answer fraction="100"><text>9.81</text><tolerance>0.01</tolerance></answer>'
            '<answer fraction="0"><text>*</text></answer>'
            "<units><unit><multiplier>1</multiplier><unit_name>m/s²</unit_name></unit></units>",
            {"value": "9.81", "tolerance": "0.01", "unit": "m/s²"},
        ),
        (
            "shortanswer",
            '<usecase>1</usecase><answer fraction="100"><text>S3</text></answer>'
            '<answer fraction="0"><text>*</text></answer>',
            {"accepted": ("S3",)},
        ),
        (
            "shortanswer",
            '<usecase>0</usecase><answer fraction="100"><text>S3</text></answer>',
            {"accepted": ("S3",), "ignore_case": True},
        ),
    ],
)
def test_moodle_answers_are_read(type_, inner, answer):
    (name,) = [name for name in FORMATS if name.startswith("moodle")]

    question = read(name, MOODLE.format(type=type_, inner=inner))

    assert question.problems == ()
    assert question.entry.answer == answer


@pytest.mark.parametrize("answer", ["7", "[]", '{"value": "1e999999999"}', '{"value": [1]}', '{"accepted": 7}'])
@pytest.mark.parametrize("inner", ["#3", "=a"])
def test_carried_answer_that_says_something_else_is_not_taken(inner, answer):
    (question,) = FORMATS["gift"].read(
        f'// mock-exams: {{"answer": {answer}}}\nHow much?{{{inner}}}'.encode(), DEFAULTS
    )

    expected = {"value": "3"} if inner == "#3" else {"accepted": ("a",), "ignore_case": True}
    assert question.entry.answer == expected
