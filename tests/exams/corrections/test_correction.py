from dataclasses import dataclass, field

import pytest

from exams.exceptions import Incomparable
from exams.scoring.comparing import is_judged_alike, translated


@dataclass
class Asked:
    kind: str
    options: list
    key: list
    choices: list = field(default_factory=list)


SINGLE = Asked("single", ["a", "b", "c"], [0])
MULTIPLE = Asked("multiple", ["a", "b", "c"], [0, 1])
ORDERING = Asked("ordering", ["a", "b", "c"], [0, 1, 2])
MATCHING = Asked("matching", ["a", "b"], [0, 1], ["x", "y", "z"])


@pytest.mark.parametrize(
    ("old", "new", "answer", "expected"),
    [
        (SINGLE, Asked("single", ["a", "b", "c"], [1]), [2], [2]),
        (SINGLE, Asked("single", ["c", "a", "b"], [1]), [2], [0]),
        (SINGLE, Asked("single", ["c", " a ", "b"], [1]), [0], [1]),
        (SINGLE, Asked("single", ["c", "a", "b"], [1]), None, None),
        (MULTIPLE, Asked("multiple", ["c", "b", "a"], [0, 1]), [0, 2], [0, 2]),
        (MULTIPLE, Asked("multiple", ["c", "b", "a"], [0, 1]), [0, 1], [1, 2]),
        # a was put first, b third, c nowhere; the right order is c, a, b now
        (ORDERING, Asked("ordering", ["c", "a", "b"], [0, 1, 2]), [0, 2, None], [None, 0, 2]),
        # a was matched with z, b with nothing
        (MATCHING, Asked("matching", ["b", "a"], [0, 1], ["z", "y", "x"]), [2, None], [None, 0]),
    ],
)
def test_answer_keeps_its_meaning_in_the_numbering_of_another_revision(old, new, answer, expected):
    assert translated(old, new, answer) == expected


@pytest.mark.parametrize(
    ("new", "message"),
    [
        (Asked("multiple", ["a", "b", "c"], [0]), "its kind has changed from single to multiple"),
        (Asked("single", ["a", "b", "d"], [0]), "the texts of its options or matches have changed"),
        (Asked("single", ["a", "b"], [0]), "the texts of its options or matches have changed"),
        (Asked("single", ["a", "b", "c", "d"], [0]), "the texts of its options or matches have changed"),
    ],
)
def test_answer_to_another_question_cannot_be_judged(new, message):
    with pytest.raises(Incomparable, match=message):
        translated(SINGLE, new, [0])


def test_answer_with_other_matches_cannot_be_judged():
    with pytest.raises(Incomparable, match="the texts of its options or matches have changed"):
        translated(MATCHING, Asked("matching", ["a", "b"], [0, 1], ["x", "y"]), [0, 1])


@pytest.mark.parametrize(
    ("old", "new", "is_alike"),
    [
        (SINGLE, Asked("single", ["a", "b", "c"], [0]), True),
        (SINGLE, Asked("single", ["b", "c", "a"], [2]), True),
        (SINGLE, Asked("single", ["a", "b", "c"], [1]), False),
        (SINGLE, Asked("single", ["b", "a", "c"], [0]), False),
        # a slip of the pen mended
        (SINGLE, Asked("single", ["a", "B", "c"], [0]), True),
        (SINGLE, Asked("single", ["A", "b", "c"], [0]), True),
        (SINGLE, Asked("single", ["A", "c", "b"], [0]), False),
        (SINGLE, Asked("single", ["A", "b", "c"], [1]), False),
        (SINGLE, Asked("single", ["a", "b", "c", "d"], [0]), False),
        (SINGLE, Asked("multiple", ["a", "b", "c"], [0]), False),
        (MULTIPLE, Asked("multiple", ["b", "a", "c"], [0, 1]), True),
        (ORDERING, Asked("ordering", ["a", "b", "c"], [0, 1, 2]), True),
        (ORDERING, Asked("ordering", ["b", "a", "c"], [0, 1, 2]), False),
        (ORDERING, Asked("ordering", ["A", "b", "c"], [0, 1, 2]), True),
        (ORDERING, Asked("ordering", ["A", "c", "b"], [0, 1, 2]), False),
        (MATCHING, Asked("matching", ["b", "a"], [1, 0], ["x", "y", "z"]), True),
        (MATCHING, Asked("matching", ["a", "b"], [1, 0], ["x", "y", "z"]), False),
    ],
)
def test_key_that_judges_as_before_is_told_from_one_that_does_not(old, new, is_alike):
    assert is_judged_alike(old, new) is is_alike
