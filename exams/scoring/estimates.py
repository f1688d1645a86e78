"""From responses to a score. Pure: everything a score depends on is an argument and is pinned in the attempt.

What an answer earned is a whole number of parts, `FULL` for all of a question's point: sums of them are exact in any
database, and every share that a rule of `exams.blueprints.rules` gives is a whole number of parts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from math import floor, sqrt

from django.utils.formats import number_format

from exams.blueprints.rules import FULL, ROUNDED_RULE, RULE
from exams.exceptions import UnscorableAttempt

# Below this many answers a share says too little for a verdict.
MINIMUM_FOR_VERDICT = 5


@dataclass(frozen=True)
class ScoredItem:
    """`earned` is in parts: `FULL` for a right answer."""

    is_scored: bool
    earned: int


@dataclass(frozen=True)
class Result:
    """`correct` and `unscored_correct` count questions that were wholly right; `earned` is in parts, of scored ones."""

    correct: int
    total: int
    earned: int
    unscored_correct: int
    unscored_total: int


def score(items: Sequence[ScoredItem]) -> Result:
    """Sum up a form: the scored items, the unscored ones apart."""
    counting = [item.earned for item in items if item.is_scored]
    if not counting:
        raise UnscorableAttempt("the attempt has no scored question")
    unscored = [item.earned for item in items if not item.is_scored]
    return Result(
        correct=counting.count(FULL),
        total=len(counting),
        earned=sum(counting),
        unscored_correct=unscored.count(FULL),
        unscored_total=len(unscored),
    )


def scaled_estimate(correct: int, total: int, *, scale_min: int, scale_max: int) -> int:
    """Return scale_min + (scale_max − scale_min) · correct / total, rounded half up; of questions or of parts of them.

    An estimate: the real exam equates forms by a table that its maker does not publish.
    """
    return scale_min + (2 * (scale_max - scale_min) * correct + total) // (2 * total)


class Standing(StrEnum):
    BELOW = "below"
    AT = "at"
    ABOVE = "above"


def standing(correct: int, total: int, *, cut_score: int, scale_min: int, scale_max: int) -> Standing:
    """Compare the exact estimate with the pass mark, in whole numbers: who is at it passes."""
    difference = (scale_max - scale_min) * correct - (cut_score - scale_min) * total
    return Standing.AT if difference == 0 else Standing.ABOVE if difference > 0 else Standing.BELOW


def outcome(
    correct: int, total: int, *, cut_score: int, scale_min: int, scale_max: int, rule: str = RULE
) -> tuple[int, bool]:
    """Return the estimate to show and whether it passes.

    The number is rounded half up, except that one short of the pass mark never becomes it: number and verdict agree.
    """
    scaled = scaled_estimate(correct, total, scale_min=scale_min, scale_max=scale_max)
    if rule == ROUNDED_RULE:
        return scaled, scaled >= cut_score
    where = standing(correct, total, cut_score=cut_score, scale_min=scale_min, scale_max=scale_max)
    if where is Standing.BELOW:
        return min(scaled, cut_score - 1), False
    return scaled, True


def on_scale(share: float, *, cut_score: int, scale_min: int, scale_max: int) -> int:
    """Return the whole number that a share is at on a scale, on the same side of the pass mark as the share is."""
    exact = scale_min + (scale_max - scale_min) * share
    nearest = int(exact + 0.5)
    return min(nearest, cut_score - 1) if exact < cut_score else max(nearest, cut_score)


def shown_percent(percent: Fraction | float, *marks: Fraction | float) -> str:
    """Write a percentage as `shown_number` does; 99.6 is not all and 0.4 not nothing, so 0 and 100 are marks."""
    return shown_number(percent, 0, 100, *marks)


def shown_number(number: Fraction | float, *marks: Fraction | float) -> str:
    """Write a number as a whole one, rounded half up, or with as many decimals as it takes to look neither equal to nor
    beyond a mark that it is not equal to or beyond."""
    exact, text = Fraction(number), ""
    for decimals in range(10):
        rounded = Fraction(floor(exact * 10**decimals + Fraction(1, 2)), 10**decimals)
        text = f"{float(rounded):.{decimals}f}"
        if all(
            (exact < mark) == (rounded < mark) and (exact > mark) == (rounded > mark) for mark in marks if exact != mark
        ):
            break
    return str(number_format(text))


def shown_points(points: Fraction) -> str:
    """Write points whole where they are, else with the decimals that it takes not to look whole."""
    return shown_number(points, floor(points), floor(points) + 1)


Z_95 = 1.959963984540054


def wilson_interval(correct: Fraction | int, total: int) -> tuple[float, float]:
    """Return the 95 % Wilson score interval of a share, two numbers in 0–1.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927), 209–212.
    It behaves well for small counts and for shares near 0 and 1, where the textbook interval fails. With part marks,
    `correct` being points, it is at least as wide as it must be: numbers between 0 and 1 vary most, for a given mean,
    where each is 0 or 1 (R. Bhatia, C. Davis, "A better bound on the variance", Am. Math. Monthly 107 (2000), 353–357).
    """
    if total <= 0:
        raise ValueError("an interval needs at least one answer")
    share, z2 = float(Fraction(correct) / total), Z_95 * Z_95
    centre = (share + z2 / (2 * total)) / (1 + z2 / total)
    half = Z_95 * sqrt(share * (1 - share) / total + z2 / (4 * total * total)) / (1 + z2 / total)
    # Exact where the formula is: rounding leaves 20 of 20 a hair below 1, and so below a pass mark of 100 %.
    return 0.0 if correct == 0 else max(0.0, centre - half), 1.0 if correct == total else min(1.0, centre + half)


def verdict(correct: Fraction | int, total: int, *, pass_share: Fraction | float) -> str:
    """Judge a domain or task against the share that passes: `few`, `weak`, `strong` or `open`.

    `weak` and `strong` only where the whole interval lies on one side of the pass line.
    """
    if total < MINIMUM_FOR_VERDICT:
        return "few"
    low, high = wilson_interval(correct, total)
    if high < pass_share:
        return "weak"
    return "strong" if low >= pass_share else "open"
