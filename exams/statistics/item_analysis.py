"""Classical analysis of questions and exams, from sums. Pure. Sources and minimum counts: docs/item-statistics.md.

Shares are numbers in 0–1. Sums over candidates are made with `fsum`, which does not depend on the order of its terms:
equal sums give equal statistics to the last bit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from math import comb, erfc, fsum, sqrt

from exams.scoring.estimates import wilson_interval
from exams.statistics.tallying import BLANK, MARKS, REACHED, RIGHT, ExamSums, QuestionSums
from questions.kinds import Response, kind_of

# Below so many candidates a statistic says too little to be shown.
MINIMUM_FOR_ABILITY = 30
MINIMUM_IN_TOP_THIRD = 10
MINIMUM_FOR_DISTRIBUTION = 10
MINIMUM_FOR_RELIABILITY = 30

# Of the two flags that claim more than what was counted, at most this share is false on average; if every question is
# sound, this is the chance that any is flagged at all.
FALSE_ALARMS = 0.05

EASY_SHARE = 0.95
HARD_SHARE = 0.20
DEAD_SHARE = 0.05


class Flag(StrEnum):
    KEY_SUSPECT = "key_suspect"
    NEGATIVE = "negative"
    TOO_EASY = "too_easy"
    TOO_HARD = "too_hard"
    DEAD_DISTRACTOR = "dead_distractor"


# How many candidates must have reached the question before the flag may be raised.
MINIMUM_FOR_FLAG = {
    Flag.KEY_SUSPECT: 30,
    Flag.NEGATIVE: 50,
    Flag.TOO_EASY: 30,
    Flag.TOO_HARD: 30,
    Flag.DEAD_DISTRACTOR: 100,
}


# --- A question ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Third:
    """A third of the candidates by their share of the rest: how many, of them right, and marks per option."""

    reached: int
    right: int
    marks: list[int]


@dataclass(frozen=True)
class ItemAnalysis:
    """`reached` = answered + blanks. What too few candidates reached the question for is None; of `thirds` (lowest
    first) there are none then.

    `key_p` and `negative_p`: how likely what speaks against the key, or for a negative discrimination, is by chance
    alone; None where too few answered to ask. `flags` are those of a question that is looked at alone: of many,
    `level_for` says how small these must be."""

    reached: int
    right: int
    blanks: int
    not_reached: int
    share: float | None
    discrimination: float | None
    median_seconds: float | None
    marks: list[int]
    thirds: list[Third]
    key_p: float | None
    negative_p: float | None
    flags: list[Flag]

    @property
    def answered(self) -> int:
        return self.reached - self.blanks

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % Wilson interval of `share`."""
        return wilson_interval(self.right, self.reached) if self.reached else None


def analyse_item(sums: QuestionSums, *, kind: str, key: Response, option_count: int) -> ItemAnalysis:
    columns = [sum(column) for column in zip(*sums.cells.values(), strict=True)] or [0] * (MARKS + option_count)
    reached, right = columns[REACHED], columns[RIGHT]
    has_enough = reached >= MINIMUM_FOR_ABILITY
    item = ItemAnalysis(
        reached=reached,
        right=right,
        blanks=columns[BLANK],
        not_reached=sums.not_reached,
        share=right / reached if reached else None,
        discrimination=discrimination(sums.cells) if has_enough else None,
        median_seconds=median(sums.seconds),
        marks=columns[MARKS:],
        thirds=thirds(sums.cells) if has_enough else [],
        key_p=None,
        negative_p=None,
        flags=[],
    )
    wrong = kind_of(kind).distractors(key, option_count)
    item = replace(item, key_p=_key_p(item, sums.cells, wrong, key), negative_p=_negative_p(item))
    raised = _flags(item, wrong)
    item.flags.extend(flag for flag in raised if reached >= MINIMUM_FOR_FLAG[flag])
    return item


def _by_ability(cells: Mapping[str, Sequence[int]]) -> list[tuple[float, Sequence[int]]]:
    """Return the cells with their share of the rest, lowest first; without those whose exam had no other question."""
    found = []
    for rest, numbers in cells.items():
        points, total = _read(rest)
        if total:
            found.append((float(points / total), numbers))  # equal fractions give equal floats
    return sorted(found, key=lambda cell: cell[0])


def _read(score: str) -> tuple[Fraction, int]:
    """Return the points and the questions of "41/50", or of "83/2/50"."""
    points, _, total = score.rpartition("/")
    return Fraction(points), int(total)


def discrimination(cells: Mapping[str, Sequence[int]]) -> float | None:
    """Return the corrected point-biserial correlation: Pearson's r between the question (1 or 0) and the share right
    of the rest, which leaves the question out. None where one of the two is the same for all.

    L. Crocker, J. Algina, "Introduction to Classical and Modern Test Theory" (1986), ch. 14.
    """
    groups = _by_ability(cells)
    reached, right = sum(cell[REACHED] for _, cell in groups), sum(cell[RIGHT] for _, cell in groups)
    if not 0 < right < reached or len({share for share, _ in groups}) < 2:
        return None
    item_mean = right / reached
    rest_mean = fsum(cell[REACHED] * share for share, cell in groups) / reached
    covariance = fsum((cell[RIGHT] - item_mean * cell[REACHED]) * (share - rest_mean) for share, cell in groups)
    rest_squares = fsum(cell[REACHED] * (share - rest_mean) ** 2 for share, cell in groups)
    return covariance / sqrt(right * (1 - item_mean) * rest_squares)


def thirds(cells: Mapping[str, Sequence[int]]) -> list[Third]:
    """Divide the candidates by their share of the rest, lowest first. Equal shares stay together, in the third in which
    the middle of them lies; so thirds may be of unequal size, and one may be empty."""
    groups = _by_ability(cells)
    if not groups:
        return []
    everyone, width = sum(cell[REACHED] for _, cell in groups), len(groups[0][1])
    columns = [[0] * width for _ in range(3)]
    before, start = 0, 0
    while start < len(groups):
        tied = [cell for share, cell in groups[start:] if share == groups[start][0]]
        count = sum(cell[REACHED] for cell in tied)
        third = columns[min(2, 3 * (2 * before + count) // (2 * everyone))]
        for cell in tied:
            third[:] = [old + new for old, new in zip(third, cell, strict=True)]
        before, start = before + count, start + len(tied)
    return [Third(column[REACHED], column[RIGHT], column[MARKS:]) for column in columns]


def median(counts: Mapping[str, int]) -> float | None:
    """Return the median of values that are given as value → how often."""
    total = sum(counts.values())
    if not total:
        return None
    middle, seen = [], 0
    for value in sorted(map(int, counts)):
        seen += counts[str(value)]
        # The ranks, from 1, of the two middle values; they are one for an odd number.
        middle += [value] * sum(seen - counts[str(value)] < rank <= seen for rank in ((total + 1) // 2, total // 2 + 1))
    return sum(middle) / 2


def _key_p(
    item: ItemAnalysis, cells: Mapping[str, Sequence[int]], wrong: Sequence[int], key: Sequence[int]
) -> float | None:
    """Return how likely it is by chance that the highest third prefers a wrong option to a right one as it does.

    A sign test between the two, times the number of such pairs. 1 where the wrong option is chosen less as ability
    rises, compared with the right one: a question that is only hard.
    """
    if not wrong or item.reached < MINIMUM_FOR_FLAG[Flag.KEY_SUSPECT] or not item.thirds:
        return None
    if item.thirds[2].reached < MINIMUM_IN_TOP_THIRD:
        return None
    top, pairs = item.thirds[2].marks, len(wrong) * len(key)
    chances = [
        pairs * _sign_test(top[other], top[right])
        for other in wrong
        for right in key
        if top[other] > top[right] and _rises(cells, other, right)
    ]
    return min(1.0, *chances) if chances else 1.0


def _sign_test(more: int, fewer: int) -> float:
    """Return how likely so many of both together, or more, are on one side if each side is equally likely."""
    both = more + fewer
    if both <= 200:
        return float(Fraction(sum(comb(both, count) for count in range(more, both + 1)), 2**both))
    return erfc((more - 0.5 - both / 2) / sqrt(both / 2)) / 2


def _rises(cells: Mapping[str, Sequence[int]], other: int, right: int) -> bool:
    """Tell whether an option does not lose to another as the rest share rises: the sign of a covariance."""
    groups = _by_ability(cells)
    reached = sum(cell[REACHED] for _, cell in groups)
    mean = fsum(cell[REACHED] * share for share, cell in groups) / reached if reached else 0.0
    return fsum((cell[MARKS + other] - cell[MARKS + right]) * (share - mean) for share, cell in groups) >= -1e-9


def _negative_p(item: ItemAnalysis) -> float | None:
    """Return how likely a correlation as low as the discrimination is by chance: r · √(n − 1) is nearly normal then."""
    if item.discrimination is None or item.reached < MINIMUM_FOR_FLAG[Flag.NEGATIVE]:
        return None
    return erfc(-item.discrimination * sqrt((item.reached - 1) / 2)) / 2


def level_for(chances: Sequence[float], looked_at: int) -> float:
    """Return how small a chance must be to count among so many questions looked at; −1: none is small enough.

    `chances` are at least those up to `FALSE_ALARMS`. Y. Benjamini, Y. Hochberg, "Controlling the false discovery
    rate", Journal of the Royal Statistical Society B 57 (1995), 289–300.
    """
    small = [
        chance
        for rank, chance in enumerate(sorted(chances), start=1)
        if chance <= FALSE_ALARMS * rank / max(looked_at, 1)
    ]
    return max(small, default=-1.0)


def _flags(item: ItemAnalysis, wrong: Sequence[int]) -> list[Flag]:
    found = []
    if item.key_p is not None and item.key_p <= FALSE_ALARMS:
        found.append(Flag.KEY_SUSPECT)
    if item.negative_p is not None and item.negative_p <= FALSE_ALARMS:
        found.append(Flag.NEGATIVE)
    if item.share is not None and item.share >= EASY_SHARE:
        found.append(Flag.TOO_EASY)
    if item.share is not None and item.share <= HARD_SHARE:
        found.append(Flag.TOO_HARD)
    if item.reached and any(item.marks[option] < DEAD_SHARE * item.reached for option in wrong):
        found.append(Flag.DEAD_DISTRACTOR)
    return found


# --- An exam ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reliability:
    """`error` is the standard error of measurement of a share right."""

    method: str
    value: float
    error: float


@dataclass(frozen=True)
class ExamAnalysis:
    """`mean` and `deviation` are of the share right; `histogram` counts attempts per ten points of percent, the last
    with 100 %. All three say nothing (None, empty) below `MINIMUM_FOR_DISTRIBUTION`."""

    attempts: int
    empty: int
    mean: float | None
    deviation: float | None
    histogram: list[int]
    reliability: Reliability | None


def analyse_exam(sums: ExamSums, *, is_fixed: bool) -> ExamAnalysis:
    scores = _read_scores(sums.scores)
    attempts = sum(count for *_, count in scores)
    if attempts < MINIMUM_FOR_DISTRIBUTION:
        return ExamAnalysis(attempts, sums.empty, None, None, [], None)
    mean, variance = _moments([(float(right / total), count) for right, total, count in scores])
    histogram = [0] * 10
    for right, total, count in scores:
        histogram[min(9, int(10 * right // total))] += count
    reliability = None
    if attempts >= MINIMUM_FOR_RELIABILITY:
        reliability = _of_form(sums) if is_fixed else kr21(sums.scores)
    return ExamAnalysis(attempts, sums.empty, mean, sqrt(variance), histogram, reliability)


def _read_scores(scores: Mapping[str, int]) -> list[tuple[Fraction, int, int]]:
    """Return rows of points, questions, and how many attempts had that."""
    return [(*_read(score), count) for score, count in scores.items()]


def _moments(values: Sequence[tuple[float, int]]) -> tuple[float, float]:
    """Return mean and variance (divided by n) of values given with how often."""
    number = sum(count for _, count in values)
    mean = fsum(value * count for value, count in values) / number
    return mean, fsum(count * (value - mean) ** 2 for value, count in values) / number


def _of_form(sums: ExamSums) -> Reliability | None:
    points = {question: Fraction(value) for question, value in sums.right.items()}
    squares = [Fraction(value) for value in sums.squares.values()] if sums.squares else None
    return kr20(sums.scores, list(points.values()), squares)


def kr20(
    scores: Mapping[str, int], right: Sequence[Fraction | int], squares: Sequence[Fraction] | None = None
) -> Reliability | None:
    """Return the reliability of one form that all were asked, from the points that all had in each question.

    k/(k−1) · (1 − Σ pq / σ²), variances divided by n; its standard error is σ √(1 − reliability), here divided by k.
    With part marks, whose squares are given, the variance of a question is not pq and this is Cronbach's alpha.
    None for forms of different length, of one question, or with one score for all.
    L. J. Cronbach, "Coefficient alpha and the internal structure of tests", Psychometrika 16 (1951), 297–334;
    G. F. Kuder, M. W. Richardson, "The theory of the estimation of test reliability", Psychometrika 2 (1937), 151–160.
    """
    rows = _read_scores(scores)
    lengths = {total for _, total, _ in rows}
    if len(lengths) != 1 or (length := lengths.pop()) < 2:
        return None
    number = sum(count for *_, count in rows)
    _, variance = _moments([(float(points), count) for points, _, count in rows])
    if not variance:
        return None
    variances = [
        float(square / number - (points / number) ** 2)
        for points, square in zip(map(Fraction, right), squares or right, strict=True)
    ]
    value = length / (length - 1) * (1 - fsum(variances) / variance)
    return Reliability("KR-20" if squares is None else "Cronbach’s alpha", value, sqrt(variance * (1 - value)) / length)


def kr21(scores: Mapping[str, int]) -> Reliability | None:
    """Return the reliability of an exam that draws other questions for each attempt, from the scores alone.

    Drawn at random, the number right has, for a candidate, the binomial's error, which x(k−x)/(k−1) estimates without
    bias; as a share, x(k−x)/(k²(k−1)). The reliability is 1 − its mean / the variance of the shares; with k the same
    for all that is Kuder and Richardson's formula 21. None with a form of one question, or with one share for all.
    Points vary less than right and wrong answers do, so with part marks the error is at most this one.
    F. M. Lord, "Sampling fluctuations resulting from the sampling of test items", Psychometrika 20 (1955), 1–22;
    F. M. Lord, M. R. Novick, "Statistical Theories of Mental Test Scores" (1968), ch. 11.
    """
    rows = [(float(points), total, count) for points, total, count in _read_scores(scores)]
    if not rows or min(total for _, total, _ in rows) < 2 or len({right / total for right, total, _ in rows}) < 2:
        return None
    number = sum(count for *_, count in rows)
    _, variance = _moments([(right / total, count) for right, total, count in rows])
    error = fsum(count * right * (k - right) / (k * k * (k - 1)) for right, k, count in rows) / number
    is_partial = any(not points.is_integer() for points, _, _ in rows)
    return Reliability("KR-21, at least" if is_partial else "KR-21", 1 - error / variance, sqrt(error))
