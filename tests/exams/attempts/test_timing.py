import datetime as dt

import pytest

from exams.attempts.timing import GRACE, deadline, in_words, is_accepting, remaining

START = dt.datetime(2026, 11, 21, 9, 0, tzinfo=dt.UTC)
SECOND = dt.timedelta(seconds=1)
MICROSECOND = dt.timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("minutes", "extra_time_percent", "seconds"),
    [
        (180, 0, 10_800),
        (180, 25, 13_500),
        (130, 50, 11_700),
        (30, 100, 3_600),
        (20, 300, 4_800),
        (1, 0, 60),
        # Parts of a second are rounded up: 60.6, 61.2 and 200.2 seconds.
        (1, 1, 61),
        (1, 2, 62),
        (3, 11, 200),
        (7, 13, 475),
    ],
)
def test_deadline_is_the_minutes_lengthened_by_the_percentage(minutes, extra_time_percent, seconds):
    assert deadline(START, minutes, extra_time_percent) - START == dt.timedelta(seconds=seconds)


def test_deadline_does_not_change_with_the_clocks():
    before_the_change = dt.datetime(2026, 10, 25, 0, 30, tzinfo=dt.UTC)

    assert deadline(before_the_change, 60, 0) == dt.datetime(2026, 10, 25, 1, 30, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("late_by", "expected"),
    [
        (-SECOND, True),
        (dt.timedelta(), True),
        (GRACE - SECOND, True),
        (GRACE, True),
        (GRACE + MICROSECOND, False),
        (GRACE + SECOND, False),
    ],
)
def test_answers_are_accepted_up_to_and_including_the_grace(late_by, expected):
    assert is_accepting(START, START + late_by) == expected


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (START - 90 * SECOND, 90),
        (START - 90 * SECOND + MICROSECOND, 90),
        (START - MICROSECOND, 1),
        (START, 0),
        (START + SECOND, 0),
        (START + dt.timedelta(days=9), 0),
    ],
)
def test_remaining_seconds_are_rounded_up_and_never_negative(now, expected):
    assert remaining(START, now) == expected


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "less than a minute"),
        (59, "less than a minute"),
        (60, "1 min"),
        (119, "1 min"),
        (3599, "59 min"),
        (3600, "1 h 00 min"),
        (7_620, "2 h 07 min"),
        (100_000, "27 h 46 min"),
    ],
)
def test_time_left_is_said_in_whole_minutes_and_never_too_much(seconds, words):
    assert in_words(seconds) == words
