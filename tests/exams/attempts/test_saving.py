import uuid

import pytest

from exams.attempts.models import AttemptItem
from exams.attempts.services.saving import save_answer
from exams.attempts.services.starting import start_attempt
from exams.attempts.timing import GRACE
from exams.exceptions import AttemptClosed, InvalidResponse, StaleAnswer
from questions.models import Revision
from tests.exams.helpers import MINUTE, SECOND, START, answer_to, close, item_of
from tests.factories import UserFactory, make_attempt, make_exam
from tests.queries import count_queries

pytestmark = pytest.mark.django_db


@pytest.fixture
def attempt():
    return make_attempt(now=START)


@pytest.fixture
def item(attempt):
    return item_of(attempt)


def save(item, *chosen, candidate=None, now=START + MINUTE, **fields):
    """Save an answer of a page; `sequence=` says what that page knows."""
    attempt = item.attempt
    answer = answer_to(item, *chosen, **fields)
    return save_answer(candidate=candidate or attempt.candidate, attempt_id=attempt.pk, answer=answer, now=now)


def stored(item):
    fresh = AttemptItem.objects.get(pk=item.pk)
    shown = None if fresh.response is None else sorted(fresh.option_order.index(own) for own in fresh.response)
    return shown, fresh.is_flagged, fresh.struck, fresh.sequence


# --- What is stored ---------------------------------------------------------------------------------


def test_save_stores_the_response_in_the_numbering_of_the_revision(item):
    saved = save(item, 2)

    item.refresh_from_db()
    assert item.response == [item.option_order[2]]
    assert (saved.sequence, item.sequence) == (1, 1)


def test_save_stores_flag_strikes_and_seconds_in_the_numbering_of_the_page(item):
    save(item, 1, is_flagged=True, struck=(3, 0, 3), seconds_spent=42)

    item.refresh_from_db()
    assert (item.is_flagged, item.struck, item.seconds_spent) == (True, [0, 3], 42)
    assert (item.saved_by_page, item.page_count) == ("a", 1)


def test_save_stores_several_choices_of_a_multiple_question_sorted(item):
    Revision.objects.filter(pk=item.revision_id).update(kind="multiple", key=[0, 1])

    save(item, 3, 0)

    item.refresh_from_db()
    assert item.response == sorted([item.option_order[3], item.option_order[0]])


def test_save_of_a_blank_clears_the_answer_to_null(item):
    save(item, 2)

    save(item, sequence=1, count=2)

    assert stored(item) == (None, False, [], 2)
    # SQL's NULL, not JSON's: what counts as answered is asked in the database too.
    assert AttemptItem.objects.filter(pk=item.pk, response__isnull=True).exists()


def test_save_of_a_flag_alone_keeps_the_question_blank(item):
    save(item, is_flagged=True)

    assert stored(item) == (None, True, [], 1)
    assert AttemptItem.objects.filter(pk=item.pk, response__isnull=True).exists()


def test_save_never_shortens_the_time_spent(item):
    save(item, 1, seconds_spent=50)

    save(item, 2, sequence=1, count=2, seconds_spent=20)

    item.refresh_from_db()
    assert item.seconds_spent == 50


def test_save_touches_one_question_only(attempt, item):
    save(item, 1)

    others = attempt.items.exclude(pk=item.pk)
    assert set(others.values_list("sequence", "response")) == {(0, None)}


def test_save_returns_the_item_with_its_attempt(item):
    with count_queries() as counted:
        saved = save(item, 1)
        assert saved.attempt.deadline_at == START + 30 * MINUTE

    assert counted.number == 2


# --- Repeats and quick changes of one page ----------------------------------------------------------


def test_a_page_that_knows_the_sequence_saves_change_after_change(item):
    for number in range(4):
        assert save(item, number, sequence=number, count=number + 1).sequence == number + 1

    assert stored(item) == ([3], False, [], 4)


def test_retry_after_a_lost_acknowledgement_changes_nothing_and_is_acknowledged(item):
    save(item, 2, sequence=0, count=1, struck=(1,), is_flagged=True)

    again = save(item, 2, sequence=0, count=1, struck=(1,), is_flagged=True)

    assert again.sequence == 1
    assert stored(item) == ([2], True, [1], 1)


def test_second_quick_change_before_the_first_acknowledgement_is_stored(item):
    save(item, 2, sequence=0, count=1)

    assert save(item, 3, sequence=0, count=2).sequence == 2
    assert stored(item) == ([3], False, [], 2)


def test_third_quick_change_is_stored_although_the_page_skipped_a_count(item):
    save(item, 2, sequence=0, count=1)

    assert save(item, 3, sequence=0, count=5).sequence == 2
    assert stored(item) == ([3], False, [], 2)


def test_first_change_that_arrives_after_the_second_does_not_overwrite_it(item):
    save(item, 3, sequence=0, count=2)

    with pytest.raises(StaleAnswer):
        save(item, 2, sequence=0, count=1)

    assert stored(item) == ([3], False, [], 1)


def test_change_that_arrives_after_the_page_went_back_to_the_saved_answer_does_not_overwrite_it(item):
    save(item, 2, sequence=0, count=1)
    # The page chose 3 (on its way, late) and then 2 again, which is what stands there, and was told "Saved".
    save(item, 2, sequence=0, count=3)

    with pytest.raises(StaleAnswer):
        save(item, 3, sequence=0, count=2)

    assert stored(item)[0] == [2]


def test_change_that_arrives_after_the_page_cleared_it_again_does_not_come_back(item):
    # The page chose 3 (on its way, late) and then cleared it, which is how the question stood.
    save(item, sequence=0, count=2)

    with pytest.raises(StaleAnswer):
        save(item, 3, sequence=0, count=1)

    assert stored(item)[0] is None


def test_different_answer_with_the_same_count_is_stale(item):
    save(item, 3, sequence=0, count=1)

    with pytest.raises(StaleAnswer):
        save(item, 2, sequence=0, count=1)

    assert stored(item) == ([3], False, [], 1)


def test_page_restored_after_a_reload_goes_on_with_its_own_sequence_and_count(item):
    save(item, 1, sequence=0, page="before", count=1)
    # What was not sent before the reload is kept with page, count and sequence of then.
    save(item, 2, sequence=0, page="before", count=2)

    assert save(item, 3, sequence=2, page="after", count=1).sequence == 3
    assert stored(item) == ([3], False, [], 3)


# --- Two tabs ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [{"chosen": (1,)}, {"chosen": ()}, {"chosen": (2,), "is_flagged": True}, {"chosen": (2,), "struck": (0,)}],
    ids=["another option", "a blank", "a flag", "a strike"],
)
def test_stale_tab_is_refused_and_overwrites_nothing(item, change):
    save(item, 2, page="first tab")

    with pytest.raises(StaleAnswer):
        save(item, *change["chosen"], sequence=0, page="second tab", count=9, **{
            name: value for name, value in change.items() if name != "chosen"
        })  # fmt: skip

    assert stored(item) == ([2], False, [], 1)


def test_stale_tab_with_the_same_answer_is_no_conflict(item):
    save(item, 2, page="first tab", seconds_spent=10)

    saved = save(item, 2, sequence=0, page="second tab", count=1, seconds_spent=99)

    assert saved.sequence == 1
    item.refresh_from_db()
    # Only the time counts on: a tab that is open longer knows of more of it.
    assert (item.sequence, item.saved_by_page, item.seconds_spent) == (1, "first tab", 99)


def test_tab_that_was_told_the_new_sequence_saves(item):
    save(item, 2, page="first tab")
    with pytest.raises(StaleAnswer):
        save(item, 1, sequence=0, page="second tab")

    assert save(item, 1, sequence=1, page="second tab", count=2).sequence == 2
    assert stored(item) == ([1], False, [], 2)


def test_quick_change_is_stale_when_another_tab_saved_in_between(item):
    save(item, 1, sequence=0, page="first tab", count=1)
    save(item, 2, sequence=1, page="second tab", count=1)

    with pytest.raises(StaleAnswer):
        save(item, 3, sequence=0, page="first tab", count=2)

    assert stored(item) == ([2], False, [], 2)


def test_sequence_from_the_future_is_stale(item):
    with pytest.raises(StaleAnswer):
        save(item, 1, sequence=7)

    assert stored(item) == (None, False, [], 0)


def test_pages_without_a_name_are_not_taken_for_the_same_page(item):
    save(item, 1, sequence=0, page="", count=1)

    with pytest.raises(StaleAnswer):
        save(item, 2, sequence=0, page="", count=2)

    assert stored(item) == ([1], False, [], 1)


def test_sequences_of_two_questions_are_independent(attempt, item):
    save(item, 1)

    assert save(item_of(attempt, 2), 1, sequence=0, page="second tab").sequence == 1


# --- Refusals ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("chosen", "struck", "message"),
    [
        ((4,), (), "no such option"),
        ((-1,), (), "no such option"),
        ((0, 1), (), "one answer"),
        ((0,), (4,), "no such option"),
        ((0,), (-1,), "no such option"),
    ],
)
def test_save_refuses_what_the_question_does_not_offer(item, chosen, struck, message):
    with pytest.raises(InvalidResponse, match=message):
        save(item, *chosen, struck=struck)

    assert stored(item) == (None, False, [], 0)


@pytest.mark.parametrize("position", [0, 5, 32_768, 10**30])
def test_save_of_a_position_that_does_not_exist_is_refused(item, position):
    with pytest.raises(AttemptItem.DoesNotExist):
        save(item, 1, position=position)


def test_save_into_the_attempt_of_another_is_as_refused_as_into_none(item):
    with pytest.raises(AttemptItem.DoesNotExist):
        save(item, 1, candidate=UserFactory())
    item.attempt.pk = uuid.uuid4()
    with pytest.raises(AttemptItem.DoesNotExist):
        save(item, 1)

    assert stored(item) == (None, False, [], 0)


def test_save_after_the_hand_in_is_refused(item):
    close(item.attempt)

    with pytest.raises(AttemptClosed, match="has been submitted"):
        save(item, 1)

    assert stored(item) == (None, False, [], 0)


def test_repeat_of_a_saved_answer_after_the_hand_in_is_refused_too(item):
    save(item, 1)
    close(item.attempt)

    with pytest.raises(AttemptClosed, match="has been submitted"):
        save(item, 1, sequence=0)


@pytest.mark.parametrize(
    ("late_by", "is_taken"),
    [
        (-SECOND, True),
        (0 * SECOND, True),
        (SECOND, True),
        (GRACE - SECOND, True),
        (GRACE, True),
        (GRACE + SECOND, False),
        (60 * MINUTE, False),
    ],
)
def test_save_around_the_deadline(item, late_by, is_taken):
    now = item.attempt.deadline_at + late_by

    if is_taken:
        assert save(item, 1, now=now).sequence == 1
    else:
        with pytest.raises(AttemptClosed, match="time for this exam is over"):
            save(item, 1, now=now)

    assert stored(item) == (([1], False, [], 1) if is_taken else (None, False, [], 0))


def test_save_uses_the_extra_time_of_the_start(item):
    candidate = UserFactory(extra_time_percent=50)
    attempt = start_attempt(candidate=candidate, exam=make_exam(minutes=30), now=START)
    candidate.extra_time_percent = 0
    candidate.save()

    assert save(item_of(attempt), 1, now=START + 45 * MINUTE + GRACE).sequence == 1
    with pytest.raises(AttemptClosed):
        save(item_of(attempt, 2), 1, now=START + 45 * MINUTE + GRACE + SECOND)


def test_a_stale_answer_after_the_end_says_that_the_exam_is_over(item):
    save(item, 1)

    with pytest.raises(AttemptClosed):
        save(item, 2, sequence=0, page="second tab", now=item.attempt.deadline_at + GRACE + SECOND)
