import pytest

from questions.content import draft_problems, publication_problems
from questions.exceptions import Unjudgeable
from questions.kinds import kind_of
from tests.factories import make_content

SHORT_TEXT = kind_of("short_text")


@pytest.mark.parametrize(
    ("key", "response", "expected"),
    [
        ({"accepted": ["Amazon S3", "S3"]}, "S3", 1),
        ({"accepted": ["Amazon S3", "S3"]}, "  Amazon \t S3 ", 1),
        ({"accepted": ["Amazon  S3"]}, "Amazon S3", 1),
        ({"accepted": ["S3"]}, "s3", 0),
        ({"accepted": ["S3"]}, "S 3", 0),
        ({"accepted": ["S3"]}, "S3.", 0),
        ({"accepted": ["S3"]}, None, 0),
        ({"accepted": ["S3"], "ignore_case": True}, "s3", 1),
        ({"accepted": ["Straße"], "ignore_case": True}, "STRASSE", 1),
        ({"accepted": ["café"]}, "cafe\u0301", 1),
        ({"accepted": ["cafe\u0301"], "ignore_case": True}, "CAFÉ", 1),
        ({"accepted": ["café"]}, "cafe", 0),
        ({"accepted": ["a  b"], "keep_blanks": True}, "a  b", 1),
        ({"accepted": ["a  b"], "keep_blanks": True}, "a b", 0),
        ({"accepted": ["a"], "keep_blanks": True}, " a", 0),
    ],
)
def test_case_and_blanks_count_as_the_author_says(key, response, expected):
    assert SHORT_TEXT.points(key, response) == expected


@pytest.mark.parametrize("key", [{}, [], None, {"accepted": []}])
def test_key_without_an_accepted_answer_judges_nothing(key):
    with pytest.raises(Unjudgeable):
        SHORT_TEXT.points(key, "S3")


@pytest.mark.parametrize(("response", "expected"), [(None, False), ("", False), ("  ", False), ("x", True)])
def test_any_text_is_a_whole_answer(response, expected):
    assert SHORT_TEXT.is_complete(response) is expected


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ({"accepted": ("S3", "s3"), "ignore_case": True}, "answer.accepted.1: “s3” is already accepted"),
        ({"accepted": ("a b", "a  b")}, "answer.accepted.1: “a  b” is already accepted"),
        ({"accepted": (" ",)}, "answer.accepted.0: is not a single line of text"),
        ({"accepted": ("a\nb",)}, "answer.accepted.0: is not a single line of text"),
        ({"accepted": ("x" * 201,)}, "answer.accepted.0: String should have at most 200 characters"),
        ({"accepted": tuple(f"a{n}" for n in range(21))}, "answer.accepted: has 21 accepted answers; the limit is 20."),
        ({"accepted": ("a",), "ignore_case": "perhaps"}, "answer.ignore_case: Input should be a valid boolean"),
    ],
)
def test_wrong_answer_field_forbids_a_draft(answer, problem):
    (found,) = map(str, draft_problems(make_content(kind="short_text", answer=answer)))

    assert found.startswith(problem), found


def test_question_without_an_accepted_answer_is_a_draft():
    content = make_content(kind="short_text", answer={"ignore_case": True})

    assert draft_problems(content) == []
    assert list(map(str, publication_problems(content))) == [
        "answer.accepted: no accepted answer; write the right answers, one per line."
    ]
