"""Pace, confidence and changed answers: functions of their arguments; and the drawing."""

import pytest

from exams.results.drawing import Axis, across, columns, steps
from exams.results.insights import Answer, Changes, Counted, changes_of, confidence_of, pace_of

UNSEEN = {"seconds": 0, "is_answered": False}


def answer(position=1, **fields):
    known = {"seconds": 60, "is_answered": True, "is_reached": True, "is_scored": True, "is_sure": None}
    return Answer(position, **{**known, "is_changed": False, "is_right": True, **fields})


def answers(*seconds, **fields):
    return [answer(number, seconds=each, **fields) for number, each in enumerate(seconds, start=1)]


# --- Pace -----------------------------------------------------------------------------------------------------------


def test_quarters_hold_all_questions_in_their_order():
    pace = pace_of(answers(*range(1, 66)), 120)

    assert [(each.first, each.last) for each in pace.quarters] == [(1, 16), (17, 32), (33, 48), (49, 65)]
    assert pace.quarters[0].seconds == 8.5


@pytest.mark.parametrize(("count", "quarters"), [(7, 0), (8, 4)])
def test_few_questions_have_no_quarters(count, quarters):
    assert len(pace_of(answers(*[60] * count), 120).quarters) == quarters


def test_times_are_of_what_was_read():
    pace = pace_of([*answers(60, 60, 60, 60, 60, 60), answer(7, **UNSEEN), answer(8, **UNSEEN)], 120)

    assert (pace.mean, pace.read, pace.unread, pace.blank) == (60, 6, 2, 0)
    assert [each.seconds for each in pace.quarters] == [60, 60, 60, None]
    assert pace.drift == ""


def test_without_any_time_nothing_is_said_of_the_pace():
    assert pace_of([answer(**UNSEEN), answer(seconds=0)], 120) is None


@pytest.mark.parametrize(
    ("fields", "unread", "unread_scored", "blank"),
    [
        (UNSEEN, 1, 1, 0),
        ({**UNSEEN, "is_scored": False}, 1, 0, 0),
        ({"is_answered": False}, 0, 0, 1),
        ({"is_answered": False, "is_reached": False}, 1, 1, 0),
        ({"seconds": 0}, 0, 0, 0),
    ],
)
def test_what_was_not_read_is_told_from_what_was_left_blank(fields, unread, unread_scored, blank):
    pace = pace_of([answer(), answer(2, **fields)], 120)

    assert (pace.unread, pace.unread_scored, pace.blank) == (unread, unread_scored, blank)


@pytest.mark.parametrize(
    ("first", "last", "drift"), [(90, 60, "faster"), (90, 61, "even"), (60, 89, "even"), (60, 90, "slower")]
)
def test_drift_compares_the_last_quarter_with_the_first(first, last, drift):
    assert pace_of(answers(first, first, 70, 70, 70, 70, last, last), 120).drift == drift


@pytest.mark.parametrize(("seconds", "quick"), [(0, 0), (59, 1), (60, 0)])
def test_a_quick_miss_took_less_than_half_the_time_there_was(seconds, quick):
    pace = pace_of([answer(), answer(2, seconds=seconds, is_right=False)], 120)

    assert (pace.quick_misses, pace.misses) == (quick, 1)


def test_misses_are_not_counted_where_the_key_may_not_be_known():
    pace = pace_of(answers(60, 60, is_right=None), 120)

    assert (pace.mean, pace.quick_misses, pace.misses) == (60, None, None)


# --- Confidence and changes -----------------------------------------------------------------------------------------


def test_confidence_counts_what_was_said_of_answers():
    said = [
        answer(is_sure=True),
        answer(is_sure=True, is_right=False),
        answer(is_sure=False, is_right=False),
        answer(),
        answer(is_answered=False, is_right=False, is_sure=True),
        answer(is_sure=True, is_right=None),
    ]

    confidence = confidence_of(said)

    assert (confidence.sure, confidence.unsure, confidence.unsaid) == (Counted(1, 2), Counted(0, 1), 1)
    assert confidence.sure_but_wrong == 1


@pytest.mark.parametrize(
    "said", [[], [answer()], [answer(is_sure=True, is_right=None)], [answer(is_sure=True, is_answered=False)]]
)
def test_no_confidence_where_nothing_was_said_or_may_be_told(said):
    assert confidence_of(said) is None


def test_share_has_its_interval():
    share = Counted(33, 38)
    assert (share.shown_share, share.shown_low, share.shown_high) == ("87", "73", "94")


def test_changes_are_told_by_what_they_did():
    def changed(before, after):
        return answer(is_changed=True, was_right=before, is_right=after)

    made = [changed(True, False), changed(False, True), changed(False, True), changed(False, False), answer()]
    assert changes_of([*made, changed(None, None)]) == Changes(lost=1, gained=2, equal=1)
    assert changes_of([answer()]) is None
    assert changes_of([changed(None, None)]) is None


# --- Drawing --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lowest", "highest", "expected"),
    [
        (586, 720, [550, 600, 650, 700, 750]),
        (700, 720, [700, 705, 710, 715, 720]),
        (100, 1000, [0, 500, 1000]),
        (720, 720, [710, 715, 720]),
        (0, 0, [0, 5, 10]),
        (60.5, 68.9, [55, 60, 65, 70]),
    ],
)
def test_axis_is_round_and_near_the_data(lowest, highest, expected):
    assert steps(lowest, highest) == expected


@pytest.mark.parametrize("lowest", [0, 99.5, 100, 333, 720, 999])
@pytest.mark.parametrize("span", [0, 0.1, 9, 40, 101, 900])
def test_axis_holds_what_it_is_for(lowest, span):
    values = steps(lowest, lowest + span)

    assert values[0] <= lowest
    assert values[-1] >= lowest + span
    assert 2 <= len(values) <= 5


def test_axis_runs_upwards():
    axis = Axis([100, 200], 20, 120)
    assert [axis.y(100), axis.y(150), axis.y(200)] == [120, 70, 20]
    assert [tick.y for tick in axis.ticks] == ["120.0", "20.0"]


def test_points_are_even_and_one_is_in_the_middle():
    assert [across(number, 3, left=10, right=90) for number in range(3)] == [10, 50, 90]
    assert across(0, 1, left=10, right=90) == 50


def test_columns_start_at_the_bottom():
    low, none = columns([5, None], 10, top=20, bottom=120)

    assert (low.y, low.height, low.value_y, low.middle) == ("70.0", "50.0", "87.0", "25.0")
    assert (none.y, none.height, none.value_y) == ("120.0", "0.0", "115.0")
