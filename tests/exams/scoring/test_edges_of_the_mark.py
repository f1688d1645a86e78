"""What is rounded decides nothing: marks, verdicts, the best attempt, pictures and texts at the very edge."""

import csv
import io
from fractions import Fraction

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from exams.attempts.models import Attempt
from exams.blueprints.rules import FULL, ROUNDED_RULE, RULE
from exams.corrections.services import rescore_batch
from exams.results.queries.cohorts import progress, progress_table
from exams.results.queries.reporting import report_row
from exams.results.queries.trends import trend
from exams.scoring.estimates import Standing, on_scale, outcome, shown_percent, standing, verdict, wilson_interval
from exams.scoring.models import Rescore, Score
from exams.scoring.queries import Tally
from exams.scoring.services import score_attempt
from exams.statistics.queries.statistics import Share
from tests.exams.helpers import MINUTE, START, answer_all, client_of, close, finish
from tests.factories import AssignmentFactory, CohortFactory, UserFactory, make_attempt, make_exam

pytestmark = pytest.mark.django_db

PERCENT = {"scale_min": 0, "scale_max": 100}

# --- Who passes -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("correct", "total", "scale", "expected", "where"),
    [
        (23, 33, {"cut_score": 70, **PERCENT}, (69, False), Standing.BELOW),  # 69.7
        (24, 33, {"cut_score": 70, **PERCENT}, (73, True), Standing.ABOVE),
        (7, 10, {"cut_score": 70, **PERCENT}, (70, True), Standing.AT),
        (0, 5, {"cut_score": 0, **PERCENT}, (0, True), Standing.AT),
        (5, 5, {"cut_score": 100, **PERCENT}, (100, True), Standing.AT),
        (249, 250, {"cut_score": 100, **PERCENT}, (99, False), Standing.BELOW),  # 99.6
        (1, 200, {"cut_score": 1, **PERCENT}, (0, False), Standing.BELOW),  # 0.5
        (65, 90, {"cut_score": 750, "scale_min": 100, "scale_max": 1000}, (750, True), Standing.AT),
        (36, 50, {"cut_score": 748, "scale_min": 100, "scale_max": 1000}, (748, True), Standing.AT),
        (46, 65, {"cut_score": 8, "scale_min": 0, "scale_max": 10}, (7, False), Standing.BELOW),
        (49, 65, {"cut_score": 8, "scale_min": 0, "scale_max": 10}, (7, False), Standing.BELOW),  # 7.54
    ],
)
def test_the_exact_estimate_decides_and_the_number_agrees(correct, total, scale, expected, where):
    assert outcome(correct, total, **scale) == expected
    assert standing(correct, total, **scale) is where


COUNTS = st.integers(1, 200).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total)))
SCALES = st.tuples(st.integers(0, 500), st.integers(1, 1000), st.fractions(0, 1)).map(
    lambda low: {"scale_min": low[0], "scale_max": low[0] + low[1], "cut_score": low[0] + int(low[1] * low[2])}
)


@given(COUNTS, SCALES)
def test_a_number_reaches_the_mark_if_and_only_if_the_exact_estimate_does(counts, scale):
    correct, total = counts
    exact = scale["scale_min"] + Fraction((scale["scale_max"] - scale["scale_min"]) * correct, total)

    scaled, is_passed = outcome(correct, total, **scale)

    assert is_passed == (exact >= scale["cut_score"]) == (scaled >= scale["cut_score"])
    assert abs(scaled - exact) < 1
    assert scale["scale_min"] <= scaled <= scale["scale_max"]


def taken(*, right, questions, candidate=None, number=0, exam=None, **fields):
    exam = exam or make_exam(per_domain=questions, weights=(1,), question_count=questions, **PERCENT, **fields)
    attempt = make_attempt(exam=exam, candidate=candidate or UserFactory(), now=START + number * 20 * MINUTE)
    score = finish(attempt, right=right)
    return attempt, score


def words(attempt, name="attempt-result"):
    args = [attempt.pk] if name.startswith("attempt") else []
    return " ".join(client_of(attempt.candidate).get(reverse(f"exams:{name}", args=args)).text.split())


def test_23_of_33_at_a_mark_of_70_of_100_is_below(clock):
    attempt, score = taken(right=23, questions=33, cut_score=70)

    assert (score.scaled, score.is_passed, score.rule) == (69, False, RULE)
    page = words(attempt)
    assert '<span class="tag bad"> below the pass mark of 70</span>' in page
    assert "0 + 100 × 23/33 = 69.7, which is short of the pass mark and therefore shown as 69" in page
    assert "below the pass mark" in words(attempt, "history")


def test_7_of_10_at_a_mark_of_70_of_100_is_at_the_mark_and_passes(clock):
    attempt, score = taken(right=7, questions=10, cut_score=70)

    assert (score.scaled, score.is_passed, score.exact) == (70, True, "")
    assert '<span class="tag good"> at the pass mark of 70</span>' in words(attempt)
    assert '<span class="tag good">at the pass mark</span>' in words(attempt, "history")


def test_an_attempt_begun_by_the_old_rule_is_scored_by_it_and_says_that_rounding_passed_it(clock):
    exam = make_exam(per_domain=33, weights=(1,), question_count=33, cut_score=70, **PERCENT)
    attempt = make_attempt(exam=exam, now=START)
    Attempt.objects.filter(pk=attempt.pk).update(scoring_rule=ROUNDED_RULE)

    score = finish(attempt, right=23)

    assert (score.scaled, score.is_passed, score.rule) == (70, True, ROUNDED_RULE)
    assert "at the pass mark of 70 (by the rounding rule at the time)" in words(attempt)


# --- Verdicts, intervals and what is written of them ------------------------------------------------


@pytest.mark.parametrize("total", range(1, 200))
def test_the_interval_of_all_and_of_none_ends_exactly_at_the_end(total):
    assert wilson_interval(total, total)[1] == 1.0
    assert wilson_interval(0, total)[0] == 0.0


@pytest.mark.parametrize("total", range(5, 200))
def test_all_right_is_never_weak_at_a_mark_of_all_and_none_right_strong_at_a_mark_of_none(total):
    assert verdict(total, total, pass_share=Fraction(1)) == "open"
    assert verdict(0, total, pass_share=Fraction(0)) == "strong"


@pytest.mark.parametrize(
    ("percent", "marks", "expected"),
    [
        (Fraction(2300, 33), [70], "69.7"),
        (Fraction(7099, 100), [70], "71"),
        (Fraction(70), [70], "70"),
        (Fraction(6999, 100), [70], "69.99"),
        (Fraction(25, 2), [], "13"),
        (Fraction(996, 10), [], "99.6"),
        (Fraction(4, 10), [], "0.4"),
        (Fraction(100), [], "100"),
        (Fraction(6500, 90), [Fraction(65000, 900)], "72"),
        (72.2467, [Fraction(65000, 900)], "72.25"),
        (89.2, [70], "89"),
    ],
)
def test_a_written_percentage_is_on_the_side_of_the_mark_that_the_exact_one_is_on(percent, marks, expected):
    assert shown_percent(percent, *marks) == expected


@given(COUNTS, st.fractions(0, 1, max_denominator=1000))
def test_a_written_interval_never_contradicts_its_verdict(counts, pass_share):
    row = report_row("1", "One", Tally(FULL * counts[0], counts[1]), pass_share)

    mark = 100 * pass_share
    assert row.verdict != "weak" or Fraction(row.shown_high) < mark
    assert row.verdict != "strong" or Fraction(row.shown_low) >= mark
    assert row.correct == row.total or row.shown_share != "100"


@pytest.mark.parametrize(
    ("share", "expected"), [(0.6999, 69), (0.7, 70), (0.704, 70), (0.706, 71), (0.695, 69), (0.0, 0), (1.0, 100)]
)
def test_the_ends_of_the_interval_on_the_scale_stay_on_their_side_of_the_mark(share, expected):
    assert on_scale(share, cut_score=70, **PERCENT) == expected


@pytest.mark.parametrize(
    ("right", "reached", "expected"),
    [(946, 1000, "94.6"), (95, 100, "95"), (204, 1000, "20.4"), (20, 100, "20"), (0, 9, "0")],
)
def test_a_written_share_right_agrees_with_the_flags_too_easy_and_too_hard(right, reached, expected):
    assert Share(right, reached).shown == expected


def test_a_correction_that_rounding_hides_does_not_call_the_question_unscored(clock):
    exam = make_exam(per_domain=10, weights=(1,), question_count=10, cut_score=1, scale_min=0, scale_max=2)
    attempt, _ = taken(right=6, questions=10, exam=exam)
    item = attempt.items.select_related("revision").get(position=10)
    order = Rescore.objects.create(
        question_id=item.question_id,
        old_revision=item.revision,
        revision=item.revision,
        rule="credit",
        reason="All are right.",
        ordered_at=START + 20 * MINUTE,
    )
    rescore_batch(rescore_id=order.pk, now=START + 20 * MINUTE)
    clock.move_to(START + 30 * MINUTE)

    page = words(attempt)

    assert set(attempt.scores.values_list("correct", "scaled")) == {(6, 1), (7, 1)}
    assert "Your score was corrected" in page
    assert "The question is unscored" not in page


# --- The best attempt -------------------------------------------------------------------------------


def of_cohort(**fields):
    candidate = UserFactory()
    exam = make_exam(per_domain=10, weights=(1,), question_count=10, **fields)
    assignment = AssignmentFactory(exam=exam, cohort=CohortFactory(members=[candidate]))
    return candidate, exam, assignment


def counted(candidate, assignment):
    (member,) = progress(assignment.cohort, START + 999 * MINUTE, candidate=candidate)
    return member.cells[0]


def test_a_passed_attempt_counts_before_a_failed_one_with_a_higher_number(clock):
    candidate, exam, assignment = of_cohort(cut_score=80, **PERCENT)
    taken(right=7, questions=10, exam=exam, candidate=candidate)
    exam.cut_score = 50
    exam.save()
    passed, _ = taken(right=6, questions=10, exam=exam, candidate=candidate, number=1)

    cell = counted(candidate, assignment)

    assert (cell.counted, cell.score.is_passed) == (passed, True)
    rows = list(csv.reader(io.StringIO(as_csv(assignment))))
    assert (rows[1][rows[0].index("passed")], rows[1][rows[0].index("right")]) == ("yes", "6")


def as_csv(assignment):
    text = io.StringIO()
    csv.writer(text).writerows(progress_table(progress(assignment.cohort, START + 999 * MINUTE)))
    return text.getvalue()


def test_ten_of_ten_on_a_small_scale_counts_before_seven_of_ten_on_a_large_one(clock):
    candidate, exam, assignment = of_cohort(cut_score=720, scale_min=100, scale_max=1000)
    taken(right=7, questions=10, exam=exam, candidate=candidate)
    exam.cut_score, exam.scale_min, exam.scale_max = 7, 0, 10
    exam.save()
    best, _ = taken(right=10, questions=10, exam=exam, candidate=candidate, number=1)
    taken(right=8, questions=10, exam=exam, candidate=candidate, number=2)

    assert counted(candidate, assignment).counted == best


def test_the_better_one_counts_though_both_are_rounded_to_the_same_number(clock):
    candidate, exam, assignment = of_cohort(cut_score=1, scale_min=0, scale_max=2)
    best, _ = taken(right=7, questions=10, exam=exam, candidate=candidate)
    taken(right=6, questions=10, exam=exam, candidate=candidate, number=1)

    assert set(Score.objects.values_list("scaled", flat=True)) == {1}
    assert counted(candidate, assignment).counted == best


def test_a_cohort_is_sorted_as_the_best_attempt_is_chosen(clock):
    exam = make_exam(per_domain=10, weights=(1,), question_count=10, cut_score=720)
    people = [UserFactory(name=name) for name in ("Anna", "Ben", "Cleo")]
    assignment = AssignmentFactory(exam=exam, cohort=CohortFactory(members=people))
    taken(right=7, questions=10, exam=exam, candidate=people[0])
    exam.cut_score, exam.scale_min, exam.scale_max = 7, 0, 10
    exam.save()
    taken(right=9, questions=10, exam=exam, candidate=people[1])
    url = reverse("admin:exams_cohort_progress", args=[assignment.cohort.pk])
    superuser = client_of(UserFactory(superuser=True))

    for sort, names in ((assignment.pk, ["Ben", "Anna", "Cleo"]), (f"-{assignment.pk}", ["Anna", "Ben", "Cleo"])):
        table = superuser.get(url, {"sort": sort}).context["table"]
        assert [row.candidate.name for row in table.rows] == names


# --- The trend --------------------------------------------------------------------------------------


def test_the_trend_stays_in_its_frame_after_a_change_of_scale_and_mark(clock):
    candidate, exam, _ = of_cohort(cut_score=720, scale_min=100, scale_max=1000)
    taken(right=3, questions=10, exam=exam, candidate=candidate)
    exam.cut_score, exam.scale_min, exam.scale_max = 7, 0, 10
    exam.save()
    latest, _ = taken(right=10, questions=10, exam=exam, candidate=candidate, number=1)
    clock.move_to(START + 60 * MINUTE)

    drawn = trend(latest, START + 60 * MINUTE)

    assert [point.label for point in drawn.points] == ["30 %", "100 %"]
    assert [round(point.mark, 2) for point in drawn.points] == [68.89, 70]
    heights = [float(point.y) for point in drawn.points] + [float(line.y1) for line in drawn.pass_lines]
    assert all(drawn.axis.top <= height <= drawn.axis.bottom for height in heights)
    assert "The scale changed between these attempts" in words(latest)


def test_the_trend_on_one_scale_shows_its_numbers(clock):
    candidate, exam, _ = of_cohort(cut_score=50, **PERCENT)
    taken(right=3, questions=10, exam=exam, candidate=candidate)
    exam.cut_score = 70
    exam.save()
    latest, _ = taken(right=10, questions=10, exam=exam, candidate=candidate, number=1)
    clock.move_to(START + 60 * MINUTE)

    drawn = trend(latest, START + 60 * MINUTE)

    assert [point.label for point in drawn.points] == ["30", "100"]
    assert (drawn.is_one_scale, drawn.is_one_mark) == (True, False)
    assert "The pass mark changed between these attempts" in words(latest)


# --- What is under way ------------------------------------------------------------------------------


def test_a_score_that_is_due_is_judged_by_its_own_mark(clock):
    """An exam whose mark is lowered while somebody waits for the score."""
    exam = make_exam(per_domain=10, weights=(1,), question_count=10, cut_score=70, **PERCENT)
    attempt = make_attempt(exam=exam, now=START)
    answer_all(attempt, right=6)
    exam.cut_score = 50
    exam.save()
    close(attempt)

    assert score_attempt(attempt_id=attempt.pk, now=START + MINUTE).is_passed is False
