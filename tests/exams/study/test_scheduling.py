"""When a question comes back, in tables and by properties; the day's queue is in test_daily_queue.py."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from fsrs import Card, Rating, Scheduler
from hypothesis import given
from hypothesis import strategies as st

from exams.study.scheduling import ENOUGH, Answered, gain, rating_of, remembered, retrievability, scheduler_of

START = datetime(2026, 3, 2, 18, tzinfo=UTC)
FAR = START + timedelta(days=41)
HISTORIES = st.lists(
    st.tuples(st.integers(0, 30), st.booleans(), st.sampled_from([None, True, False])), min_size=1, max_size=8
)


def after(days: float) -> datetime:
    return START + timedelta(days=days)


def answers(*given: tuple[float, bool]) -> list[Answered]:
    return [Answered(after(days), is_right) for days, is_right in given]


def history(rows: list[tuple[int, bool, bool | None]]) -> list[Answered]:
    days, made = 0, []
    for wait, is_right, is_sure in rows:
        days += wait
        made.append(Answered(after(days), is_right, is_sure))
    return made


# --- Grades ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("is_right", "is_sure", "rating"),
    [
        (True, True, Rating.Good),
        (True, None, Rating.Good),
        (True, False, Rating.Hard),
        (False, True, Rating.Again),
        (False, None, Rating.Again),
        (False, False, Rating.Again),
    ],
)
def test_answer_has_the_rating(is_right, is_sure, rating):
    assert rating_of(Answered(START, is_right, is_sure)) == rating


# --- Memory ---------------------------------------------------------------------------------------------------------


def test_without_an_exam_the_intervals_are_those_of_the_library():
    scheduler = Scheduler(learning_steps=(), relearning_steps=(), enable_fuzzing=False)
    card = Card(card_id=1, due=START)
    made = []
    for days, rating in [(0, Rating.Good), (2, Rating.Good), (10, Rating.Again), (11, Rating.Good)]:
        card = scheduler.review_card(card, rating, after(days))[0]
        made.append(Answered(after(days), rating != Rating.Again))

        recall = remembered(made, exam_at=None)

        assert (recall.stability, recall.difficulty) == (card.stability, card.difficulty)
        assert recall.due_at.date() == card.due.date()


def test_answers_and_lapses_are_counted_the_first_miss_is_no_lapse():
    recall = remembered(answers((0, False), (1, True), (5, False), (6, False)), exam_at=None)

    assert (recall.reviews, recall.lapses, recall.last_at) == (4, 2, after(6))


def test_day_begins_where_the_person_lives():
    # 23:30 and 00:30 in Madrid: two days there, one day in UTC.
    evening, night = datetime(2026, 3, 2, 22, 30, tzinfo=UTC), datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
    made = [Answered(evening, True), Answered(night, True)]
    madrid = ZoneInfo("Europe/Madrid")

    here, there = remembered(made, exam_at=None), remembered(made, exam_at=None, zone=madrid)

    assert here.stability == remembered(made[:1], exam_at=None).stability
    assert there.stability > here.stability
    assert there.due_at.tzinfo == madrid
    assert (there.due_at.hour, there.due_at.minute) == (0, 0)


def test_an_evening_and_the_next_late_afternoon_are_a_day_apart():
    recall = remembered([Answered(START, True)], exam_at=None)

    assert retrievability(recall, START) == 1
    assert retrievability(recall, after(1) - timedelta(hours=3)) == retrievability(recall, after(1))
    assert retrievability(recall, after(1)) < 1


@pytest.mark.parametrize(
    ("made", "exam_at", "days"),
    [
        (answers((0, True)), None, 2),
        (answers((0, False)), None, 1),
        (answers((0, True)), after(-3), 2),  # an exam that is over counts as none
        (answers((0, True)), after(-0.1), 2),  # also one of this morning
        (answers((0, True)), after(0.1), None),  # the exam is today,
        (answers((0, True)), after(1), None),  # tomorrow
        (answers((0, False)), after(1), None),
        (answers((0, False)), after(2), 1),  # and the day after: the eve is left
        (answers((0, True)), after(2), 1),
        (answers((0, False)), FAR, 1),  # a miss comes back on the next day
        (answers((0, False)), after(3), 1),  # also where it would be the last one before the exam
        (answers((0, False)), after(4), 1),
        (answers((0, False), (1, False), (2, False)), FAR, 1),
    ],
)
def test_question_is_due_after_so_many_days(made, exam_at, days):
    recall = remembered(made, exam_at=exam_at)

    due_on = recall.due_at and recall.due_at.date()
    assert due_on == (None if days is None else made[-1].at.date() + timedelta(days=days))


def test_what_will_be_known_at_the_exam_is_not_asked_again():
    made = answers((0, True), (2, True), (10, True), (35, True))

    recall = remembered(made, exam_at=FAR)

    assert retrievability(recall, FAR) >= ENOUGH
    assert recall.due_at is None
    assert remembered(made, exam_at=None).due_at is not None


def test_last_repetition_moves_towards_the_exam():
    made, exam_at = answers((0, True), (2, True)), after(20)

    plain, ours = (remembered(made, exam_at=moment).due_at for moment in (None, exam_at))

    assert plain < ours < exam_at


def test_unsure_answer_comes_back_sooner():
    sure, unsure = ([Answered(START, True, is_sure)] for is_sure in (True, False))

    assert remembered(unsure, exam_at=None).due_at < remembered(sure, exam_at=None).due_at


def test_parameters_of_a_person_are_used():
    slow = [*scheduler_of().parameters]
    slow[2] *= 3

    recall = remembered([Answered(START, True)], parameters=slow, exam_at=None)

    assert recall.stability == pytest.approx(3 * remembered([Answered(START, True)], exam_at=None).stability)


def test_asking_again_gains_more_for_what_is_nearly_forgotten():
    weak, strong = (remembered(answers((0, is_right)), exam_at=None) for is_right in (False, True))
    today, exam_on = date(2026, 3, 10), date(2026, 3, 12)

    assert gain(weak, today=today, exam_on=exam_on) > gain(strong, today=today, exam_on=exam_on) > 0


def test_interval_of_a_memory_for_centuries_ends_where_the_library_s_does():
    lasting = [*scheduler_of().parameters]
    lasting[2], lasting[8] = 100, 4.5

    recall = remembered(answers((0, True), (300, True), (3000, True)), parameters=lasting, exam_at=None)

    assert recall.due_at == (after(3000) + timedelta(days=36_500)).replace(hour=0)


# --- Refusals -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("made", "options"),
    [
        ([], {}),
        (answers((1, True), (0, True)), {}),
        ([Answered(datetime(2026, 3, 2, 18), True)], {}),  # noqa: DTZ001 - a naive one is the test
        (answers((0, True)), {"parameters": [1.0]}),
        (answers((0, True)), {"parameters": [-1.0] * 21}),
    ],
)
def test_history_that_makes_no_sense_is_refused(made, options):
    with pytest.raises(ValueError, match=r"without an answer|not in order|time zone|parameters"):
        remembered(made, exam_at=None, **options)


def test_naive_moment_of_an_exam_or_a_question_is_refused():
    naive = datetime(2026, 4, 2, 8)  # noqa: DTZ001
    recall = remembered(answers((0, True)), exam_at=None)

    with pytest.raises(TypeError, match="offset-naive"):
        remembered(answers((0, True)), exam_at=naive)
    with pytest.raises(ValueError, match="time zone"):
        retrievability(recall, naive)
    with pytest.raises(ValueError, match="time zone"):
        retrievability(replace(recall, last_at=naive), START)


# --- Properties -----------------------------------------------------------------------------------------------------


@given(HISTORIES, st.one_of(st.none(), st.integers(-5, 200)))
def test_replay_gives_the_same_again(rows, exam_after):
    exam_at = None if exam_after is None else after(exam_after)

    assert remembered(history(rows), exam_at=exam_at) == remembered(history(rows), exam_at=exam_at)


@given(HISTORIES, st.integers(1, 120))
def test_nothing_is_due_on_the_day_of_the_exam_or_later(rows, days_left):
    made = history(rows)
    exam_at = made[-1].at + timedelta(days=days_left)

    recall = remembered(made, exam_at=exam_at)

    if recall.due_at is not None:
        assert made[-1].at.date() < recall.due_at.date() < exam_at.date()
    else:
        assert days_left == 1 or retrievability(recall, exam_at) >= ENOUGH


@given(HISTORIES, st.one_of(st.none(), st.integers(2, 120)))
def test_miss_never_makes_the_interval_longer(rows, days_left):
    *before, (wait, _, is_sure) = rows
    right, wrong = (history([*before, (wait, is_right, is_sure)]) for is_right in (True, False))
    exam_at = None if days_left is None else right[-1].at + timedelta(days=days_left)

    after_right, after_wrong = (remembered(made, exam_at=exam_at) for made in (right, wrong))

    assert after_wrong.stability < after_right.stability
    if after_right.due_at is not None:
        assert after_wrong.due_at <= after_right.due_at


@given(HISTORIES, st.integers(0, 7))
def test_earlier_miss_makes_no_interval_longer_either(rows, place):
    place %= len(rows)
    right, wrong = (
        history([*rows[:place], (rows[place][0], is_right, True), *rows[place + 1 :]]) for is_right in (True, False)
    )

    assert remembered(wrong, exam_at=None).due_at <= remembered(right, exam_at=None).due_at


@given(HISTORIES, st.integers(0, 400))
def test_recall_falls_from_day_to_day_and_stays_a_probability(rows, days):
    recall = remembered(history(rows), exam_at=None)

    here, next_day = (retrievability(recall, recall.last_at + timedelta(days=d)) for d in (days, days + 1))

    assert 0 < next_day < here <= 1
