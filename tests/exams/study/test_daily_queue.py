"""What is asked on one day: places, order, siblings, days for mock exams."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exams.study.scheduling import (
    Answered,
    Candidate,
    Due,
    WithSibling,
    daily_queue,
    gain,
    mock_exam_days,
    remembered,
    with_siblings,
)

TODAY = date(2026, 3, 20)
NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)
EXAM = TODAY + timedelta(days=24)


def ago(days: int) -> datetime:
    return NOON - timedelta(days=days)


def due(question: int, *, task: int = 1, days: int = 5, was_right: bool = True) -> Due:
    return Due(question, task, remembered([Answered(ago(days), was_right)], exam_at=None), was_right)


def unmet(count: int, *, task: int = 9, first: int = 1000) -> list[Candidate]:
    return [Candidate(first + number, task) for number in range(count)]


def queue(dues=(), new=(), **options):
    options = {"exam_on": None, "minutes_a_day": 10, "seconds_per_question": 60} | options
    return daily_queue(list(dues), list(new), today=TODAY, **options)


# --- Places ---------------------------------------------------------------------------------------------------------


def test_most_forgotten_comes_first_without_an_exam():
    made = queue([due(1, days=3), due(2, days=9), due(3, days=6)])

    assert made.questions == (2, 3, 1)


def test_what_gains_most_by_the_exam_comes_first():
    items = [due(number, days=days) for number, days in enumerate((2, 5, 9, 14, 30))]

    made = queue(items, exam_on=EXAM)

    gains = {d.question: gain(d.recall, today=TODAY, exam_on=EXAM) for d in items}
    assert made.questions == tuple(sorted(gains, key=lambda question: -gains[question]))


@pytest.mark.parametrize(
    ("dues", "new", "exam_on", "repeated", "fresh", "unmet_at_exam"),
    [
        (4, 100, None, 4, 6, 0),  # new ones fill the rest,
        (12, 100, None, 10, 0, 0),  # if there is one
        (0, 0, None, 0, 0, 0),
        (2, 40, EXAM, 2, 2, 0),  # 24 days less the last 4: 20
        (12, 40, EXAM, 8, 2, 0),
        (12, 400, EXAM, 5, 5, 300),  # at most half of what is due waits
        (2, 400, EXAM, 2, 8, 240),
        (0, 12, TODAY + timedelta(days=1), 0, 10, 2),
        (4, 100, TODAY, 4, 6, 0),  # on the day itself and later as without an exam
        (4, 100, TODAY - timedelta(days=1), 4, 6, 0),
    ],
)
def test_places_are_shared(dues, new, exam_on, repeated, fresh, unmet_at_exam):
    made = queue([due(number) for number in range(dues)], unmet(new), exam_on=exam_on)

    assert (made.repeated, made.new, made.postponed) == (repeated, fresh, dues - repeated)
    assert made.seconds == 60 * (repeated + fresh)
    assert made.unmet_at_exam == unmet_at_exam


def test_new_questions_are_all_met_before_the_last_days():
    left = unmet(261)
    for number in range(41):
        today = TODAY + timedelta(days=number)
        made = daily_queue(
            [], left, today=today, exam_on=TODAY + timedelta(days=41), minutes_a_day=30, seconds_per_question=75
        )
        left = left[made.new :]
        if made.is_mock_exam_day:
            assert made.new == 0
        if not left:
            break

    assert (number, left) == (36, [])


def test_question_that_takes_no_time_is_refused():
    with pytest.raises(ValueError, match="no time"):
        queue(seconds_per_question=0)


# --- Siblings -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("misses", "candidates", "siblings"),
    [
        ([1], [Candidate(8, 1, ago(9)), Candidate(7, 1)], [7]),  # never met comes first,
        ([1], [Candidate(8, 1, ago(9)), Candidate(7, 1, ago(30))], [7]),  # then longest ago
        ([1], [Candidate(7, 1), Candidate(6, 1)], [7]),  # in the order given
        ([1], [Candidate(7, 2)], [None]),  # of the same task only
        ([1], [Candidate(1, 1, ago(9))], [None]),  # never itself
        ([1, 2], [Candidate(7, 1)], [7, None]),  # each once
        ([1, 2], [Candidate(2, 1), Candidate(1, 1), Candidate(7, 1), Candidate(8, 1)], [7, 8]),
        ([], [Candidate(7, 1)], []),
    ],
)
def test_miss_brings_a_sibling(misses, candidates, siblings):
    made = with_siblings([due(question, was_right=False) for question in misses], candidates)

    assert [pair.question for pair in made] == misses
    assert [pair.sibling and pair.sibling.question for pair in made] == siblings


def test_sibling_comes_first_and_the_miss_after_what_was_right():
    made = queue([due(1, was_right=False), due(2), due(3)], others=[Candidate(7, 1, ago(3)), Candidate(8, 2)])

    assert made.questions[0] == 7
    assert made.questions[-1] == 1
    assert (made.repeated, made.siblings, made.seconds) == (3, 1, 240)


def test_unmet_sibling_takes_a_place_of_a_new_question():
    made = queue([due(1, was_right=False)], [*unmet(40, task=5), *unmet(5, task=1, first=7)], exam_on=EXAM)

    assert made.questions == (7, 1, 1000, 1001)
    assert (made.repeated, made.siblings, made.new) == (1, 1, 2)


def test_miss_without_a_place_for_its_sibling_waits():
    dues = [due(1, days=30), due(2, days=1, was_right=False), due(3, days=2)]

    made = queue(dues, others=[Candidate(7, 1, ago(3))], minutes_a_day=2)

    assert (made.questions, made.postponed) == ((1, 3), 1)


def test_single_place_goes_to_the_miss_itself():
    made = queue([due(1, was_right=False)], others=[Candidate(7, 1, ago(3))], minutes_a_day=1)

    assert made.questions == (1,)


# --- Mock exams -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days_left", "minutes", "before"),
    [
        (41, 15, [3]),
        (41, 20, [10, 3]),
        (41, 60, [17, 10, 3]),
        (41, 120, [24, 17, 10, 3]),
        (10, 60, [10, 3]),
        (9, 60, [3]),
        (3, 60, [3]),
        (2, 60, []),
        (0, 60, []),
        (-5, 60, []),
    ],
)
def test_mock_exams_are_proposed(days_left, minutes, before):
    exam_on = TODAY + timedelta(days=days_left)

    assert mock_exam_days(TODAY, exam_on, minutes) == tuple(exam_on - timedelta(days=days) for days in before)


def test_without_an_exam_no_mock_exam_is_proposed():
    assert mock_exam_days(TODAY, None, 60) == ()


def test_day_of_a_mock_exam_brings_no_new_questions():
    made = queue([due(1)], unmet(50), exam_on=TODAY + timedelta(days=3))

    assert made.is_mock_exam_day
    assert made.questions == (1,)


# --- Properties -----------------------------------------------------------------------------------------------------

DUES = st.lists(st.tuples(st.integers(1, 4), st.integers(0, 40), st.booleans()), max_size=25)


@given(DUES, st.integers(0, 40), st.integers(0, 40), st.one_of(st.none(), st.integers(-2, 60)), st.integers(-1, 40))
def test_queue_is_never_longer_than_the_minutes_and_asks_nothing_twice(rows, new, others, days_left, minutes):
    dues = [
        due(number, task=task, days=days, was_right=was_right) for number, (task, days, was_right) in enumerate(rows)
    ]
    exam_on = None if days_left is None else TODAY + timedelta(days=days_left)

    made = queue(
        dues,
        [Candidate(100 + number, 1 + number % 4) for number in range(new)],
        others=[Candidate(200 + number, 1 + number % 4, ago(number)) for number in range(others)],
        exam_on=exam_on,
        minutes_a_day=minutes,
        seconds_per_question=75,
    )

    assert made.seconds == 75 * len(made.questions) <= max(0, minutes) * 60
    assert len(set(made.questions)) == len(made.questions) == made.repeated + made.siblings + made.new
    assert made.repeated + made.postponed == len(dues)


@given(DUES, st.integers(0, 40))
def test_sibling_is_of_the_same_task_another_question_and_used_once(rows, candidates):
    misses = [due(number, task=task, was_right=False) for number, (task, _, _) in enumerate(rows)]
    offered = [Candidate(number, 1 + number % 4, None if number % 3 else ago(number)) for number in range(candidates)]

    made = with_siblings(misses, offered)

    missed = {miss.question for miss in misses}
    siblings = [pair.sibling for pair in made if pair.sibling]
    assert [pair.question for pair in made] == [miss.question for miss in misses]
    assert len({sibling.question for sibling in siblings}) == len(siblings)
    assert missed & {sibling.question for sibling in siblings} == set()
    for miss, pair in zip(misses, made, strict=True):
        assert pair == WithSibling(miss.question, pair.sibling)
        assert pair.sibling is None or pair.sibling.task == miss.task
