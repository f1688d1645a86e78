"""The sums that the statistics of questions and exams are made of, from judged answers. Pure.

All sums are whole numbers or exact fractions, so their order makes no difference. Keys are texts because the sums are
stored as JSON.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from exams.blueprints.rules import FULL

# The first numbers of a cell; one number per option follows.
REACHED, RIGHT, BLANK, MARKS = 0, 1, 2, 3


@dataclass
class QuestionSums:
    """Of one revision. `cells`: "3/9", which stands for 3 points in the 9 *other* scored questions, → how many such
    candidates reached the question, had it entirely right, left it blank, and marked each option. `seconds`: how many
    answers took so long. `first`: how many answered it at their first meeting, and of these how many marked each
    option."""

    cells: dict[str, list[int]] = field(default_factory=dict)
    seconds: dict[str, int] = field(default_factory=dict)
    not_reached: int = 0
    first: list[int] = field(default_factory=list)


@dataclass
class ExamSums:
    """Of one fixed form, or of all drawn attempts at an exam. `scores`: "41/50" → how many attempts had 41 points in 50
    scored questions. `empty`: attempts without any answer, which are in no other sum. Of fixed forms only, by the id of
    each question: `right`, the points that all had in it, and, where part marks were given, `squares`, those of the
    points."""

    scores: dict[str, int] = field(default_factory=dict)
    right: dict[str, int | str] = field(default_factory=dict)
    squares: dict[str, str] | None = None
    empty: int = 0


@dataclass(frozen=True)
class AlikeAnswers:
    """So many answers to a revision that are alike in all that is summed. `earned` and `score_earned` are in parts."""

    count: int
    earned: int
    is_scored: bool
    is_blank: bool
    is_reached: bool
    score_earned: int
    score_total: int
    marks: Sequence[int]
    is_first: bool = False


def points_text(parts: int) -> str:
    """Return points as sums name them: "3", or "7/2"."""
    return str(Fraction(parts, FULL))


def question_sums(answers: Iterable[AlikeAnswers], seconds: Mapping[int, int]) -> QuestionSums:
    """Sum up the answers to a revision. What was not reached says nothing about it; any other blank is wrong."""
    sums = QuestionSums(seconds={str(value): count for value, count in sorted(seconds.items())})
    for alike in answers:
        if not alike.is_reached:
            sums.not_reached += alike.count
            continue
        own, one = (alike.earned, 1) if alike.is_scored else (0, 0)
        rest = f"{points_text(alike.score_earned - own)}/{alike.score_total - one}"
        numbers = [1, int(alike.earned == FULL), int(alike.is_blank), *alike.marks]
        cell = sums.cells.get(rest) or [0] * len(numbers)
        sums.cells[rest] = [old + alike.count * number for old, number in zip(cell, numbers, strict=True)]
        if alike.is_first and not alike.is_blank:
            marked = [1, *alike.marks]
            before = sums.first or [0] * len(marked)
            sums.first = [old + alike.count * number for old, number in zip(before, marked, strict=True)]
    return sums


def exam_sums(
    scores: Iterable[tuple[int, int, int]], answers: Iterable[tuple[int, int, int]] = (), *, empty: int = 0
) -> ExamSums:
    """Sum up the attempts that answered something: parts earned, questions, and how many attempts had these. `answers`
    are, of each question of a fixed form, its id, the sum of the parts earned, and the sum of their squares."""
    counts = {f"{points_text(earned)}/{total}": count for earned, total, count in scores}
    sums, is_partial = ExamSums(counts, empty=empty), False
    squares = {}
    for question_id, earned, square in answers:
        if earned:
            points = Fraction(earned, FULL)
            sums.right[str(question_id)] = int(points) if points.denominator == 1 else str(points)
            squares[str(question_id)] = str(Fraction(square, FULL * FULL))
            is_partial = is_partial or square != earned * FULL
    sums.squares = squares if is_partial else None
    return sums
