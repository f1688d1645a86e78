from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exams.blueprints.rules import FULL, points
from exams.exceptions import UnscorableAttempt
from exams.scoring.estimates import Result, ScoredItem, scaled_estimate, score, verdict, wilson_interval

# --- Points -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "key", "response", "expected"),
    [
        ("single", [1], [1], 1),
        ("single", [1], [0], 0),
        ("single", [0], [0], 1),
        ("single", [1], None, 0),
        ("single", [1], [], 0),
        ("multiple", [0, 2], [0, 2], 1),
        ("multiple", [0, 2], [2, 0], 1),
        ("multiple", [2, 0], [0, 2], 1),
        ("multiple", [0, 2], [0], 0),
        ("multiple", [0, 2], [0, 1, 2], 0),
        ("multiple", [0, 2], [1, 3], 0),
        ("multiple", [0, 2], None, 0),
        ("ordering", [0, 1, 2], [0, 1, 2], 1),
        ("ordering", [2, 0, 1], [2, 0, 1], 1),
        ("ordering", [0, 1, 2], [0, 2, 1], 0),
        ("ordering", [0, 1, 2], [0, 1, None], 0),
        ("ordering", [0, 1, 2], [0, 1, 1], 0),
        ("ordering", [0, 1, 2], None, 0),
        ("matching", [3, 3, 1], [3, 3, 1], 1),
        ("matching", [3, 3, 1], [3, 1, 3], 0),
        ("matching", [3, 3, 1], [3, 3, None], 0),
        ("matching", [3, 3, 1], None, 0),
    ],
)
def test_points_are_all_or_nothing(kind, key, response, expected):
    assert points(kind, key, response) == expected


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        ("essay", [1]),
        ("", [1]),
        ("single", []),
        ("multiple", None),
        ("ordering", []),
        ("ordering", [0, 0, 1]),
        ("matching", [1, None]),
    ],
)
def test_points_refuse_what_no_rule_covers(kind, key):
    with pytest.raises(UnscorableAttempt, match=f"kind “{kind}” with the key"):
        points(kind, key, [1])


# --- The sum ----------------------------------------------------------------------------------------


def item(share, *, is_scored=True):
    return ScoredItem(is_scored, int(FULL * share))


def test_score_sums_up_and_keeps_unscored_items_apart():
    items = [item(1), item(0), item(1), item(Fraction(1, 3)), item(1, is_scored=False), item(0, is_scored=False)]

    assert score(items) == Result(correct=2, total=4, earned=1960, unscored_correct=1, unscored_total=2)


@pytest.mark.parametrize("items", [[], [item(1, is_scored=False)]])
def test_score_without_a_scored_item_is_refused(items):
    with pytest.raises(UnscorableAttempt, match="no scored question"):
        score(items)


# --- The estimate -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("correct", "total", "expected"),
    [
        (0, 50, 100),
        (1, 50, 118),
        (25, 50, 550),
        (50, 50, 1000),
        (0, 1, 100),
        (1, 1, 1000),
        (1, 3, 400),
        (2, 3, 700),
        # Halves go up: 212.5, 437.5 and 887.5.
        (1, 8, 213),
        (3, 8, 438),
        (7, 8, 888),
        # The first count that reaches 720, and the one before it: 31/45 is the exact share.
        (30, 45, 700),
        (31, 45, 720),
        (34, 50, 712),
        (35, 50, 730),
        (44, 65, 709),
        (45, 65, 723),
        # The same for 750: 13/18 is the exact share.
        (12, 18, 700),
        (13, 18, 750),
        (36, 50, 748),
        (37, 50, 766),
        (46, 65, 737),
        (47, 65, 751),
    ],
)
def test_scaled_estimate_is_linear_and_rounded_half_up(correct, total, expected):
    assert scaled_estimate(correct, total, scale_min=100, scale_max=1000) == expected


@pytest.mark.parametrize(("scale_min", "scale_max", "expected"), [(0, 100, 50), (100, 900, 500), (0, 1, 1)])
def test_scaled_estimate_takes_any_scale(scale_min, scale_max, expected):
    assert scaled_estimate(1, 2, scale_min=scale_min, scale_max=scale_max) == expected


counts = st.integers(1, 400).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total)))


@settings(deadline=None)
@given(counts=counts, scale=st.tuples(st.integers(0, 500), st.integers(1, 1000)))
def test_scaled_estimate_is_the_nearest_whole_number(counts, scale):
    (correct, total), (low, span) = counts, scale

    scaled = scaled_estimate(correct, total, scale_min=low, scale_max=low + span)

    assert -Fraction(1, 2) < scaled - (low + Fraction(span * correct, total)) <= Fraction(1, 2)
    assert low <= scaled <= low + span


# --- Intervals and verdicts -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("correct", "total", "low", "high"),
    [
        # R. G. Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in Medicine 17
        # (1998), 857–872, table I, method 3.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
        # Agresti and Coull, The American Statistician 52 (1998): at the ends z²/(n + z²) is what is left.
        (10, 10, 0.7225, 1.0000),
        (5, 10, 0.2366, 0.7634),
    ],
)
def test_wilson_interval_equals_published_values(correct, total, low, high):
    assert wilson_interval(correct, total) == pytest.approx((low, high), abs=0.00005)


@settings(deadline=None)
@given(counts=counts)
def test_wilson_interval_holds_the_share_and_mirrors(counts):
    correct, total = counts

    low, high = wilson_interval(correct, total)

    assert 0 <= low < high <= 1
    assert low - 1e-12 <= correct / total <= high + 1e-12
    assert wilson_interval(total - correct, total) == pytest.approx((1 - high, 1 - low), abs=1e-12)


@settings(deadline=None)
@given(counts=counts, factor=st.integers(2, 5))
def test_wilson_interval_narrows_with_more_answers(counts, factor):
    low, high = wilson_interval(*counts)
    narrow_low, narrow_high = wilson_interval(factor * counts[0], factor * counts[1])

    assert narrow_high - narrow_low < high - low


@pytest.mark.parametrize("total", [0, -1])
def test_wilson_interval_of_nothing_is_refused(total):
    with pytest.raises(ValueError, match="at least one answer"):
        wilson_interval(0, total)


@pytest.mark.parametrize(
    ("correct", "total", "expected"),
    [
        (0, 1, "few"),
        (4, 4, "few"),
        (0, 4, "few"),
        (0, 5, "weak"),
        (5, 5, "open"),
        (9, 9, "open"),
        (10, 10, "strong"),
        (3, 10, "weak"),
        (5, 10, "open"),
        # |share − 650/900| must exceed 1.96 · √(650/900 · 250/900 / 50) = 0.124: below 0.598 or above 0.846.
        (29, 50, "weak"),
        (30, 50, "open"),
        (42, 50, "open"),
        (43, 50, "strong"),
    ],
)
def test_verdict_needs_the_whole_interval_on_one_side_of_the_pass_line(correct, total, expected):
    assert verdict(correct, total, pass_share=650 / 900) == expected


def test_verdict_at_the_ends_of_the_interval():
    low, high = wilson_interval(20, 30)

    assert verdict(20, 30, pass_share=low) == "strong"
    assert verdict(20, 30, pass_share=low + 1e-9) == "open"
    assert verdict(20, 30, pass_share=high) == "open"
    assert verdict(20, 30, pass_share=high + 1e-9) == "weak"
