"""The rules that answers are judged by: which there are, what each gives, and that an attempt keeps its own."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exams.attempts.models import Attempt
from exams.attempts.services.closing import submit_attempt
from exams.blueprints.models import Exam
from exams.blueprints.rules import CHOICES, FULL, PARTIAL_RULE, ROUNDED_RULE, RULE, RULES, rule_of, share_earned
from exams.exceptions import UnscorableAttempt
from exams.scoring.estimates import shown_points, wilson_interval
from exams.scoring.models import Score
from exams.scoring.services import score_attempt
from questions.content import MAX_OPTIONS
from tests.exams.corrections.test_rescoring import LATER, answered, asked_about, correct, order, with_key
from tests.exams.helpers import MINUTE, START, client_of, close, make_exam_of, points_of, result_pages, sums_of
from tests.exams.results.test_result_views import words
from tests.factories import UserFactory, make_attempt, make_content

# --- Part marks -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "key", "options", "response", "expected"),
    [
        ("single", [1], 4, [1], "1"),
        ("single", [1], 4, [0], "0"),
        ("single", [1], 4, None, "0"),
        ("multiple", [0, 2], 4, [0, 2], "1"),
        ("multiple", [0, 2], 4, [0], "1/2"),
        ("multiple", [0, 2], 4, [0, 1], "0"),
        ("multiple", [0, 2], 5, [0, 2, 1], "2/3"),
        ("multiple", [0, 2], 5, [0, 1], "1/6"),
        ("multiple", [0, 2], 5, [1, 3], "0"),
        ("multiple", [0, 2], 4, [0, 1, 2, 3], "0"),
        ("multiple", [0, 1, 2], 8, [0, 1, 7], "7/15"),
        ("multiple", [0, 1], 2, [0], "1/2"),
        ("multiple", [0, 2], 4, None, "0"),
        ("multiple", [0, 2], 4, [], "0"),
        ("ordering", [0, 1, 2], 3, [0, 1, 2], "1"),
        ("ordering", [0, 1, 2], 3, [0, 2, 1], "1/3"),
        ("ordering", [0, 1, 2], 3, [None, None, 2], "1/3"),
        ("ordering", [0, 1, 2], 3, [1, 2, 0], "0"),
        ("matching", [2, 2, 0, 1], 4, [2, 2, 0, 3], "3/4"),
        ("matching", [2, 2, 0, 1], 4, None, "0"),
    ],
)
def test_part_marks_by_option(kind, key, options, response, expected):
    assert share_earned(kind, key, options, response) == Fraction(expected)


@given(st.data())
def test_part_marks_are_whole_parts_within_the_point_whatever_is_asked_and_answered(data):
    options = data.draw(st.integers(2, MAX_OPTIONS))
    key = sorted(data.draw(st.sets(st.integers(0, options - 1), min_size=1)))
    response = sorted(data.draw(st.sets(st.integers(0, options - 1))))

    earned = RULES[PARTIAL_RULE].earned("multiple", key, options, response or None)

    assert 0 <= earned <= FULL
    assert (earned == FULL) == (response == key)


@pytest.mark.parametrize("options", range(3, MAX_OPTIONS + 1))
def test_blind_choice_of_everything_earns_nothing(options):
    assert share_earned("multiple", [0, 1], options, list(range(options))) == 0


def test_a_share_that_is_no_whole_number_of_parts_is_refused():
    with pytest.raises(UnscorableAttempt, match="more than part marks can be shared among"):
        RULES[PARTIAL_RULE].earned("ordering", list(range(11)), 11, [0, *[None] * 10])


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_every_rule_refuses_what_it_cannot_judge(rule):
    with pytest.raises(UnscorableAttempt, match="no scoring rule for a question of kind “essay”"):
        rule.earned("essay", [1], 4, [1])


def test_rule_that_nobody_knows_is_refused():
    with pytest.raises(UnscorableAttempt, match="no scoring rule is named “guess/linear-9”"):
        rule_of("guess/linear-9")


@pytest.mark.parametrize(
    ("points", "text"),
    [("0", "0"), ("3", "3"), ("7/2", "3.5"), ("10/3", "3.3"), ("1259/420", "2.998"), ("1/840", "0.001")],
)
def test_points_never_look_whole_unless_they_are(points, text):
    assert shown_points(Fraction(points)) == text


@given(st.lists(st.fractions(0, 1, max_denominator=8), min_size=1, max_size=30))
def test_interval_of_points_is_as_wide_as_their_spread_asks(shares):
    """The interval of a mean by its own variance, which is less than that of right and wrong, lies within Wilson's."""
    number, mean = len(shares), sum(shares) / len(shares)
    variance = sum((share - mean) ** 2 for share in shares) / number
    low, high = wilson_interval(sum(shares), number)

    assert variance <= mean * (1 - mean)
    assert low - 1e-12 <= mean <= high + 1e-12


# --- Attempts -------------------------------------------------------------------------------------------------------


@pytest.fixture
def exam(db):
    """An exam of a multiple question (key B and C of four), an ordering of four, and a single one, with part marks."""
    return make_exam_of(
        make_content("m", kind="multiple"), make_content("o", kind="ordering"), make_content("s"),
        scoring_rule=PARTIAL_RULE,
    )  # fmt: skip


def half_right(exam, **fields):
    """Return a scored attempt: the multiple question half right, the ordering too, the single one right."""
    attempt = make_attempt(exam=exam, now=START, **fields)
    for kind, response in (("multiple", [1]), ("ordering", [0, 1, 3, 2]), ("single", [1])):
        attempt.items.filter(revision__kind=kind).update(response=response)
    score_attempt(attempt_id=close(attempt).pk, now=START + 11 * MINUTE)
    attempt.refresh_from_db()
    return attempt


def test_attempt_with_part_marks_earns_them(exam):
    score = half_right(exam).scores.get()

    assert (score.rule, score.correct, score.total, score.points) == (PARTIAL_RULE, 1, 3, 2)
    assert sorted(points_of(score).values()) == [Fraction(1, 2), Fraction(1, 2), 1]
    assert sums_of(score) == {1: [2, 3]}
    assert (score.scaled, score.is_passed) == (700, False)


def test_same_answers_by_all_or_nothing_are_worth_less(exam):
    Exam.objects.update(scoring_rule=RULE)
    exam.refresh_from_db()

    score = half_right(exam).scores.get()

    assert (score.rule, score.points, score.scaled) == (RULE, 1, 400)


def test_attempt_keeps_the_rule_of_its_start(exam):
    attempt = make_attempt(exam=exam, now=START)
    attempt.items.filter(revision__kind="multiple").update(response=[1])
    Exam.objects.update(scoring_rule=RULE)

    score = score_attempt(attempt_id=close(attempt).pk, now=LATER)

    assert (score.rule, score.points) == (PARTIAL_RULE, Fraction(1, 2))


@pytest.mark.parametrize(("rule", "expected"), [(RULE, 0), (ROUNDED_RULE, 0), (PARTIAL_RULE, Fraction(1, 2))])
@pytest.mark.django_db
def test_rescore_judges_by_the_rule_of_the_attempt(rule, expected):
    exam, question = asked_about("multiple")
    attempt = answered(exam, question, [1], hand_in=False)
    Attempt.objects.update(scoring_rule=rule)
    submit_attempt(candidate=attempt.candidate, attempt_id=attempt.pk, now=START + MINUTE)
    score_attempt(attempt_id=attempt.pk, now=START + MINUTE)
    correct(question, with_key(make_content("x", kind="multiple"), 1, 3))

    order(question, UserFactory(instructor=True))

    new = attempt.scores.get(is_current=True)
    assert (new.version, new.rule, new.points) == (2, rule, expected)


@pytest.mark.django_db
def test_attempt_with_an_unknown_rule_is_parked_and_nothing_is_guessed():
    exam, question = asked_about()
    attempt = answered(exam, question, [1], hand_in=False)
    Attempt.objects.update(scoring_rule="guess/linear-9")
    submit_attempt(candidate=attempt.candidate, attempt_id=attempt.pk, now=START + MINUTE)

    assert score_attempt(attempt_id=attempt.pk, now=START + MINUTE) is None

    attempt.refresh_from_db()
    assert (attempt.is_parked, Score.objects.count()) == (True, 0)
    assert attempt.scoring_error == "UnscorableAttempt: no scoring rule is named “guess/linear-9”"


# --- What people read -----------------------------------------------------------------------------------------------


def test_pages_of_an_attempt_with_part_marks_speak_of_points(exam):
    result, review = (words(page) for page in result_pages(half_right(exam)))

    assert "2 of 3 points (67 %). 1 scored question entirely correct." in result
    assert "100 + 900 × 2/3 = 700" in result
    assert "2 of 3 (67 %, " in result
    assert review.count("partly correct: 0.5 of 1 point") == 2
    assert review.count("✓ correct") >= 1
    assert "scored questions correct" not in result


def test_only_the_wrong_ones_are_those_not_entirely_right(exam):
    attempt = half_right(exam)

    page = client_of(attempt.candidate).get(f"/attempts/{attempt.pk}/review/all/?show=wrong").text

    assert words(page).count("partly correct") == 2
    assert page.count('class="card reviewed"') == 2


def test_points_that_are_not_whole_are_not_rounded_to_it(exam):
    attempt = make_attempt(exam=exam, now=START)
    attempt.items.filter(revision__kind="multiple").update(response=[1])
    score_attempt(attempt_id=close(attempt).pk, now=LATER)

    history = client_of(attempt.candidate).get("/attempts/").text
    result = result_pages(attempt)[0]

    assert "0.5 of 3 points" in history
    assert "<strong>0.5 of 3</strong> points" in result


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (RULE, "counts only if you choose all of them and no others"),
        (PARTIAL_RULE, "gives part of a point for each one you choose"),
    ],
)
def test_start_page_says_how_it_is_scored(exam, rule, said):
    Exam.objects.update(scoring_rule=rule)

    page = client_of(UserFactory()).get(f"/exams/{exam.slug}/").text

    assert said in words(page)


def test_an_exam_may_choose_the_rules_that_the_admin_offers():
    assert [name for name, _ in CHOICES] == [RULE, PARTIAL_RULE]
