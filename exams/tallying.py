"""What one scored attempt adds to the sums that the statistics of questions and exams are made of.

All sums are whole numbers, so that adding attempts in any order, and taking one back, gives exactly what adding the
remaining ones anew would give. Keys are texts because the sums are stored as JSON.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

# The first numbers of a cell; one number per option follows.
REACHED, RIGHT, BLANK, MARKS = 0, 1, 2, 3


@dataclass
class QuestionSums:
    """Of one revision. `cells`: "3/9", which stands for 3 of the 9 *other* scored questions right, → how many such
    candidates reached the question, were right, left it blank, and marked each option. `seconds`: how many
    answers took so long."""

    cells: dict[str, list[int]] = field(default_factory=dict)
    seconds: dict[str, int] = field(default_factory=dict)
    not_reached: int = 0


@dataclass
class ExamSums:
    """Of one fixed form, or of all drawn attempts at an exam. `scores`: "41/50" → how many attempts had 41 of 50 scored
    questions right. `right`: a question's id → how many had it right; fixed forms only. `empty`: attempts without any
    answer, which are in no other sum."""

    scores: dict[str, int] = field(default_factory=dict)
    right: dict[str, int] = field(default_factory=dict)
    empty: int = 0


@dataclass(frozen=True)
class JudgedItem:
    position: int
    question_id: int
    revision_id: int
    is_scored: bool
    points: int
    is_blank: bool
    marks: Sequence[int]
    seconds: int


def tally(
    items: Sequence[JudgedItem],
    *,
    has_run_out: bool,
    is_fixed: bool,
    sign: int,
    questions: dict[int, QuestionSums],
    exam: ExamSums,
) -> None:
    """Add an attempt to the sums (`sign` 1) or take it back (−1). `questions` has the sums of every revision in it.

    Where time ran out, the blank questions after the last answered one were not reached: that says nothing about them.
    Any other blank is a wrong answer, as in the score.
    """
    if all(item.is_blank for item in items):
        exam.empty += sign
        return
    right, total = sum(item.points for item in items if item.is_scored), sum(item.is_scored for item in items)
    last = max(item.position for item in items if not item.is_blank)
    for item in items:
        sums = questions[item.revision_id]
        if has_run_out and item.position > last:
            sums.not_reached += sign
            continue
        rest = f"{right - item.points}/{total - 1}" if item.is_scored else f"{right}/{total}"
        _add_cell(sums.cells, rest, [1, item.points, int(item.is_blank), *item.marks], sign)
        if not item.is_blank:
            _add(sums.seconds, str(item.seconds), sign)
    _add(exam.scores, f"{right}/{total}", sign)
    if is_fixed:
        for item in items:
            if item.is_scored:
                _add(exam.right, str(item.question_id), sign * item.points)


def _add(sums: dict[str, int], key: str, number: int) -> None:
    sums[key] = sums.get(key, 0) + number
    if not sums[key]:
        del sums[key]


def _add_cell(cells: dict[str, list[int]], key: str, numbers: list[int], sign: int) -> None:
    cell = cells.get(key) or [0] * len(numbers)
    cells[key] = [old + sign * number for old, number in zip(cell, numbers, strict=True)]
    if not any(cells[key]):
        del cells[key]
