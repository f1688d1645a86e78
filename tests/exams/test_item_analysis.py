"""The formulas of docs/item-statistics.md: published examples, and a plain computation from single candidates."""

import random
from fractions import Fraction
from itertools import product
from statistics import correlation, fmean, median, pstdev, pvariance

import pytest

from exams import item_analysis
from exams.item_analysis import Flag, analyse_exam, analyse_item, discrimination, kr20, kr21, thirds
from exams.tallying import ExamSums, JudgedItem, QuestionSums, tally

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
    questions, exam = [QuestionSums() for _ in rows[0]], ExamSums()
    for row in rows:
        items = [
            JudgedItem(
                position=number,
                question_id=number,
                revision_id=number,
                is_scored=True,
                points=points,
                is_blank=False,
                marks=[points, 1 - points],
                seconds=10,
            )
            for number, points in enumerate(row)
        ]
        tally(items, has_run_out=False, is_fixed=True, sign=1, questions=dict(enumerate(questions)), exam=exam)
    return questions, exam


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


# --- Blanks, marks ------------------------------------------------------------------------------------------------


def items_of(*answers):
    """Return items answered right (1), wrong (0) or not at all (None); the second is unscored."""
    return [
        JudgedItem(
            position=number,
            question_id=number,
            revision_id=number,
            is_scored=number != 2,
            points=int(answer == 1),
            is_blank=answer is None,
            marks=[int(answer == 1), int(answer == 0)],
            seconds=number,
        )
        for number, answer in enumerate(answers, start=1)
    ]


def tallied(items, **fields):
    questions, exam = {item.revision_id: QuestionSums() for item in items}, ExamSums()
    tally(items, **{"has_run_out": False, "is_fixed": True, "sign": 1, "questions": questions, "exam": exam, **fields})
    return questions, exam


def test_blank_is_wrong_and_the_unscored_question_is_in_nobodys_rest():
    questions, exam = tallied(items_of(1, 1, None, 0, None))

    assert [question.cells for question in questions.values()] == [
        {"0/3": [1, 1, 0, 1, 0]},
        {"1/4": [1, 1, 0, 1, 0]},
        {"1/3": [1, 0, 1, 0, 0]},
        {"1/3": [1, 0, 0, 0, 1]},
        {"1/3": [1, 0, 1, 0, 0]},
    ]
    assert [question.seconds for question in questions.values()] == [{"1": 1}, {"2": 1}, {}, {"4": 1}, {}]
    assert (exam.scores, exam.right, exam.empty) == ({"1/4": 1}, {"1": 1}, 0)


def test_blanks_at_the_end_were_not_reached_where_time_ran_out():
    questions, exam = tallied(items_of(1, None, 0, None, None), has_run_out=True)

    assert [question.not_reached for question in questions.values()] == [0, 0, 0, 1, 1]
    assert [sum(cell[0] for cell in question.cells.values()) for question in questions.values()] == [1, 1, 1, 0, 0]
    assert exam.scores == {"1/4": 1}  # the score is what it is


def test_an_attempt_without_any_answer_is_counted_as_empty_only():
    questions, exam = tallied(items_of(None, None, None))

    assert all(question == QuestionSums() for question in questions.values())
    assert exam == ExamSums(empty=1)


def test_taking_back_leaves_nothing():
    items = items_of(1, 0, None, 1, None)
    questions, exam = tallied(items, has_run_out=True)

    tally(items, has_run_out=True, is_fixed=True, sign=-1, questions=questions, exam=exam)

    assert all(question == QuestionSums() for question in questions.values())
    assert exam == ExamSums()


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
