"""The formulas of docs/item-statistics.md: published examples, and a plain computation from single candidates."""

import random
from collections import Counter
from fractions import Fraction
from itertools import product
from statistics import correlation, fmean, median, pstdev, pvariance

import pytest

from exams.blueprints.rules import FULL
from exams.statistics import item_analysis
from exams.statistics.item_analysis import Flag, analyse_exam, analyse_item, discrimination, kr20, kr21, thirds
from exams.statistics.tallying import AlikeAnswers, ExamSums, QuestionSums, exam_sums, question_sums

# The Law School Admission Test, section 6: 1,000 people, 5 questions; how often each pattern of 0 and 1 came, from
# 00000 to 11111. R. D. Bock, M. Lieberman, "Fitting a response model for n dichotomously scored items", Psychometrika
# 35 (1970), 179–197.
LSAT = """3 6 2 11 1 1 3 4 1 8 0 16 0 3 2 15 10 29 14 81 3 28 15 80 16 56 21 173 11 61 28 298"""
LSAT_ROWS = [row for row, n in zip(product((0, 1), repeat=5), map(int, LSAT.split()), strict=True) for _ in range(n)]

# Ten students, ten questions. K. L. Wuensch, "The Kuder-Richardson 20" (East Carolina University, StatHelp), which
# prints the products pq, .21 to .25, together 2.18, and the variance of the totals, 5.84.
QUIZ = """1111110110 1011011101 1111011001 0010001000 0000010010
1110111111 1101110111 1111111101 0101111101 1101101110"""
QUIZ_ROWS = [tuple(map(int, row)) for row in QUIZ.split()]


def summed(rows):
    """Return the sums of tests of one form, given who had what right: by question, and of the exam."""
    length, totals = len(rows[0]), [sum(row) for row in rows]
    questions = [
        question_sums([alike(row[number], total, length) for row, total in zip(rows, totals, strict=True)], {})
        for number in range(length)
    ]
    right = [sum(row[number] for row in rows) for number in range(length)]
    exam = exam_sums(
        [(FULL * total, length, count) for total, count in Counter(totals).items()],
        [(number, FULL * count, FULL * FULL * count) for number, count in enumerate(right)],
    )
    return questions, exam


def alike(points, total, length, *, count=1, **fields):
    """Return answers of people with so many points, of which this question gave them some."""
    return AlikeAnswers(
        **{"is_scored": True, "is_blank": False, "is_reached": True, "marks": [int(points == 1), int(points != 1)]}
        | fields
        | {"count": count, "earned": int(FULL * points), "score_earned": int(FULL * total), "score_total": length}
    )


# --- Published examples -------------------------------------------------------------------------------------------


def test_discrimination_is_that_of_the_r_package_ltm():
    """`descript(LSAT)`: D. Rizopoulos, "ltm", J. Stat. Softw. 17 (2006), no. 5. It divides by n − 1 where Pearson's r
    does not, which makes its numbers smaller by √((n − 1) / n)."""
    questions, _ = summed(LSAT_ROWS)

    found = [discrimination(question.cells) * (999 / 1000) ** 0.5 for question in questions]

    assert found == pytest.approx([0.1128, 0.1531, 0.1727, 0.1444, 0.1215], abs=5e-5)


def test_kr20_is_the_alpha_that_ltm_gives_for_the_same_data():
    _, exam = summed(LSAT_ROWS)

    assert kr20(exam.scores, list(exam.right.values())).value == pytest.approx(0.2950, abs=5e-5)


def test_kr20_of_the_worked_example():
    _, exam = summed(QUIZ_ROWS)

    found = kr20(exam.scores, list(exam.right.values()))

    assert found.value == pytest.approx(10 / 9 * (1 - 2.18 / 5.84), abs=1e-12)
    assert found.error == pytest.approx((5.84 * (1 - found.value)) ** 0.5 / 10, abs=1e-12)


def test_reliability_of_drawn_forms_is_formula_21_where_all_are_of_one_length():
    _, exam = summed(QUIZ_ROWS)

    # Kuder and Richardson (1937), formula 21, with the mean 6.6 and the variance 5.84.
    assert kr21(exam.scores).value == pytest.approx(10 / 9 * (1 - 6.6 * 3.4 / (10 * 5.84)), abs=1e-12)


def test_reliability_of_drawn_forms_finds_what_was_put_in():
    """Candidates whose true shares have a known variance, each with questions of their own, some with more of them."""
    chance, scores, truth, seen = random.Random(7), {}, [], []
    for number in range(20_000):
        true_share, length = chance.betavariate(6, 3), (20, 40)[number % 2]
        right = sum(chance.random() < true_share for _ in range(length))
        scores[f"{right}/{length}"] = scores.get(f"{right}/{length}", 0) + 1
        truth.append(true_share)
        seen.append(right / length)

    assert kr21(scores).value == pytest.approx(pvariance(truth) / pvariance(seen), abs=0.02)


@pytest.mark.parametrize("scores", [{}, {"1/1": 40}, {"1/1": 20, "0/1": 20}, {"3/5": 40}, {"5/5": 40}])
def test_no_reliability_where_there_is_none_to_compute(scores):
    assert kr20(scores, [20]) is None
    assert kr21(scores) is None


def test_kr20_needs_forms_of_one_length():
    assert kr20({"3/5": 20, "5/6": 20}, [20]) is None


# --- Sums against single candidates -------------------------------------------------------------------------------


def random_rows(number, length, seed):
    chance = random.Random(seed)
    return [tuple(int(chance.random() < 0.2 + 0.6 * row / number) for _ in range(length)) for row in range(number)]


@pytest.mark.parametrize("seed", range(5))
def test_statistics_from_sums_are_those_from_single_candidates(seed):
    rows = random_rows(30 + 17 * seed, 5 + 4 * seed, seed)
    questions, exam = summed(rows)

    for number, question in enumerate(questions):
        item = [row[number] for row in rows]
        rest = [Fraction(sum(row) - row[number], len(row) - 1) for row in rows]
        found = analyse_item(question, kind="single", key=[0], option_count=2)
        assert found.share == fmean(item)
        assert found.discrimination == pytest.approx(correlation(item, [float(share) for share in rest]), abs=1e-12)
        assert [third.right for third in found.thirds] == right_by_third(item, rest)
    shares = [sum(row) / len(row) for row in rows]
    found = analyse_exam(exam, is_fixed=True)
    assert (found.mean, found.deviation) == pytest.approx((fmean(shares), pstdev(shares)), abs=1e-12)
    assert sum(found.histogram) == len(rows)


def right_by_third(item, rest):
    """Return how many of each third were right; everyone with the same rest belongs where the middle of them does."""
    order, found = sorted(rest), [0, 0, 0]
    for points, share in zip(item, rest, strict=True):
        first, tied = order.index(share), order.count(share)
        middle = Fraction(2 * first + tied, 2 * len(order))
        found[min(2, int(3 * middle))] += points
    return found


def test_candidates_without_ties_make_equal_thirds():
    cells = {f"{right}/29": [1, 0, 0] for right in range(30)}

    assert [third.reached for third in thirds(cells)] == [10, 10, 10]


def test_candidates_who_are_all_alike_are_all_in_the_middle():
    assert [third.reached for third in thirds({"5/10": [40, 20, 0]})] == [0, 40, 0]


def test_equal_shares_of_forms_of_other_length_are_ties():
    both = thirds({"1/2": [10, 5, 0], "2/4": [10, 5, 0], "1/4": [20, 5, 0]})

    assert [(third.reached, third.right) for third in both] == [(20, 5), (0, 0), (20, 10)]


def test_an_exam_of_one_question_says_nothing_of_ability():
    question = QuestionSums(cells={"0/0": [50, 25, 0, 25, 25]}, seconds={"10": 50})

    found = analyse_item(question, kind="single", key=[0], option_count=2)

    assert (found.share, found.discrimination, found.thirds) == (0.5, None, [])


@pytest.mark.parametrize("values", [[5], [5, 8], [1, 1, 9], [3, 3, 4, 4], [0, 2, 2, 7, 100, 101]])
def test_median_is_that_of_the_standard_library(values):
    counts = {}
    for value in values:
        counts[str(value)] = counts.get(str(value), 0) + 1

    assert item_analysis.median(counts) == median(values)
    assert item_analysis.median({}) is None


# --- Blanks, marks, points ----------------------------------------------------------------------------------------


def test_blank_is_wrong_and_the_unscored_question_is_in_nobodys_rest():
    answers = [
        alike(1, 3, 5, count=2),
        alike(0, 3, 5, is_blank=True, marks=[0, 0]),
        alike(1, 3, 5, is_scored=False),
        alike(0, 3, 5, count=4, is_reached=False),
    ]

    sums = question_sums(answers, {9: 3})

    assert sums.cells == {"2/4": [2, 2, 0, 2, 0], "3/4": [1, 0, 1, 0, 0], "3/5": [1, 1, 0, 1, 0]}
    assert (sums.seconds, sums.not_reached) == ({"9": 3}, 4)


def test_partly_right_is_not_right_and_points_of_the_others_are_the_rest():
    sums = question_sums([alike(Fraction(1, 2), Fraction(5, 2), 3), alike(1, Fraction(7, 3), 3)], {})

    assert sums.cells == {"2/2": [1, 0, 0, 0, 1], "4/3/2": [1, 1, 0, 1, 0]}
    assert [share for share, _ in item_analysis._by_ability(sums.cells)] == [pytest.approx(2 / 3), 1.0]


def test_reliability_of_a_form_with_part_marks_is_cronbachs_alpha():
    chance = random.Random(4)
    rows = [[Fraction(chance.randrange(3), 2) for _ in range(6)] for _ in range(40)]
    totals = Counter(sum(row) for row in rows)
    answers = [
        (number, int(FULL * sum(column)), int(FULL * FULL * sum(points * points for points in column)))
        for number, column in enumerate(zip(*rows, strict=True))
    ]

    sums = exam_sums([(int(FULL * total), 6, count) for total, count in totals.items()], answers)

    variances = [pvariance([float(points) for points in column]) for column in zip(*rows, strict=True)]
    expected = 6 / 5 * (1 - sum(variances) / pvariance([float(sum(row)) for row in rows]))
    found = analyse_exam(sums, is_fixed=True).reliability
    assert (found.method, found.value) == ("Cronbach’s alpha", pytest.approx(expected))
    assert analyse_exam(sums, is_fixed=False).reliability.method == "KR-21, at least"


# --- Flags --------------------------------------------------------------------------------------------------------


def cells_of(*thirds_of_marks):
    """Return cells of three abilities from how many chose each of three options; the key is the first."""
    abilities = zip(("2/9", "5/9", "8/9"), thirds_of_marks, strict=True)
    return {rest: [sum(chosen), chosen[0], 0, *chosen] for rest, chosen in abilities}


def flags_of(*thirds_of_marks, kind="single", key=(0,)):
    sums = QuestionSums(cells=cells_of(*thirds_of_marks))
    return analyse_item(sums, kind=kind, key=list(key), option_count=3).flags


GOOD = [(15, 10, 10), (20, 8, 7), (28, 4, 3)]


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (GOOD, []),
        ([(12, 12, 11), (12, 13, 10), (8, 25, 2)], [Flag.KEY_SUSPECT]),
        ([(12, 12, 11), (12, 13, 10), (16, 16, 3)], []),
        ([(20, 8, 7), (15, 10, 10), (13, 11, 11)], [Flag.NEGATIVE]),
        ([(18, 2, 0), (20, 0, 0), (20, 0, 0)], [Flag.TOO_EASY]),
        ([(5, 15, 15), (7, 14, 14), (9, 13, 13)], [Flag.TOO_HARD]),
        ([(15, 20, 0), (20, 14, 1), (28, 4, 3)], [Flag.DEAD_DISTRACTOR]),
    ],
)
def test_flag_is_raised_for_what_it_means(chosen, expected):
    assert flags_of(*chosen) == expected


def test_few_candidates_raise_no_flag():
    assert flags_of((0, 9, 0), (0, 10, 0), (0, 10, 0)) == []
    assert flags_of((0, 10, 0), (0, 10, 0), (0, 10, 0)) == [Flag.KEY_SUSPECT, Flag.TOO_HARD]


@pytest.mark.parametrize("flag", Flag)
def test_every_flag_waits_for_its_own_count(flag, monkeypatch):
    """Raised at once if one candidate were enough, and by none fewer than its minimum."""
    chosen = {
        Flag.KEY_SUSPECT: [(8, 0, 0), (8, 0, 0), (0, 10, 0)],
        Flag.NEGATIVE: [(15, 1, 1), (7, 7, 0), (5, 5, 5)],
        Flag.TOO_EASY: [(10, 0, 0), (10, 0, 0), (9, 0, 0)],
        Flag.TOO_HARD: [(0, 5, 5), (0, 5, 5), (0, 5, 4)],
        Flag.DEAD_DISTRACTOR: [(20, 13, 0), (20, 13, 0), (20, 13, 0)],
    }[flag]
    monkeypatch.setattr(item_analysis, "MINIMUM_FOR_ABILITY", 1)
    reached = sum(map(sum, chosen))
    assert reached < item_analysis.MINIMUM_FOR_FLAG[flag]
    assert flag not in flags_of(*chosen)

    monkeypatch.setitem(item_analysis.MINIMUM_FOR_FLAG, flag, reached)

    assert flag in flags_of(*chosen)


def test_ordering_and_matching_have_no_distractors():
    chosen = [(30, 0, 5), (30, 5, 0), (35, 0, 0)]

    assert flags_of(*chosen) == [Flag.DEAD_DISTRACTOR]
    assert flags_of(*chosen, kind="ordering", key=(0, 1, 2)) == []


# --- Small counts -------------------------------------------------------------------------------------------------


def test_few_attempts_have_no_distribution_and_no_reliability():
    few = analyse_exam(ExamSums(scores={"3/5": 5, "4/5": 4}), is_fixed=False)
    more = analyse_exam(ExamSums(scores={"3/5": 5, "5/5": 5}), is_fixed=False)

    assert (few.attempts, few.mean, few.histogram) == (9, None, [])
    assert (more.mean, more.histogram, more.reliability) == (0.8, [0, 0, 0, 0, 0, 0, 5, 0, 0, 5], None)


def test_nothing_counted_is_nothing_said():
    question = analyse_item(QuestionSums(), kind="single", key=[0], option_count=4)

    assert (question.reached, question.share, question.interval, question.marks) == (0, None, None, [0] * 4)
    assert analyse_exam(ExamSums(), is_fixed=True).attempts == 0
