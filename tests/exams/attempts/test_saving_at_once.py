"""A save reads without a lock and writes in one statement: what happens between the two is neither lost nor overrun."""

import pytest

from exams.attempts.models import AttemptItem
from exams.attempts.services import saving_sql
from exams.attempts.services.closing import close_overdue
from exams.attempts.services.extending import extend_attempt
from exams.attempts.services.saving import save_answer
from exams.attempts.timing import GRACE
from exams.exceptions import AttemptClosed, StaleAnswer
from tests.exams.helpers import MINUTE, SECOND, START, answer_to, close, item_of
from tests.factories import UserFactory, make_attempt
from tests.queries import count_queries

pytestmark = pytest.mark.django_db

NOW = START + MINUTE


@pytest.fixture
def attempt():
    return make_attempt(now=START)


@pytest.fixture
def after_reading(monkeypatch):
    """Let something happen once an item has been read, and before the next statement."""

    def let(act):
        read, acts = saving_sql.read, [act]

        def read_and_act(**wanted):
            item = read(**wanted)
            while acts:
                acts.pop()()
            return item

        monkeypatch.setattr(saving_sql, "read", read_and_act)

    return let


def save(attempt, number, *, now=NOW, **fields):
    answer = answer_to(item_of(attempt), number, **fields)
    return save_answer(candidate=attempt.candidate, attempt_id=attempt.pk, answer=answer, now=now)


def stored(attempt):
    item = item_of(attempt)
    return None if item.response is None else [item.option_order.index(own) for own in item.response]


def test_hand_in_after_the_reading_refuses_the_save(attempt, after_reading):
    after_reading(lambda: close(attempt))

    with pytest.raises(AttemptClosed):
        save(attempt, 1)

    assert stored(attempt) is None


def test_sweep_after_the_reading_refuses_the_save(attempt, after_reading):
    last = attempt.deadline_at + GRACE
    after_reading(lambda: close_overdue(now=last + SECOND))

    with pytest.raises(AttemptClosed):
        save(attempt, 1, now=last)

    assert stored(attempt) is None


def test_other_tab_that_saves_after_the_reading_is_not_overwritten(attempt, after_reading):
    after_reading(lambda: save(attempt, 0, page="first", count=1))

    with pytest.raises(StaleAnswer):
        save(attempt, 1, page="second", count=1, sequence=0)

    assert stored(attempt) == [0]


def test_same_page_that_saves_after_the_reading_is_followed_by_its_next_change(attempt, after_reading):
    after_reading(lambda: save(attempt, 0, page="same", count=1))

    item = save(attempt, 1, page="same", count=2, sequence=0)

    assert (item.sequence, stored(attempt)) == (2, [1])


def test_seconds_that_another_tab_counted_after_the_reading_stay(attempt, after_reading):
    after_reading(lambda: AttemptItem.objects.filter(attempt=attempt).update(seconds_spent=90))

    save(attempt, 1, seconds_spent=30)

    assert (item_of(attempt).seconds_spent, stored(attempt)) == (90, [1])


def test_more_time_given_after_the_reading_lets_the_save_in(attempt, after_reading):
    over, by = attempt.deadline_at + GRACE + SECOND, UserFactory(superuser=True)
    within = attempt.deadline_at
    after_reading(lambda: extend_attempt(attempt_id=attempt.pk, minutes=5, reason="Fire drill.", by=by, now=within))

    save(attempt, 1, now=over)

    assert stored(attempt) == [1]


def test_repeat_after_the_hand_in_is_refused_though_it_would_change_nothing(attempt):
    save(attempt, 1, page="same", count=1)
    close(attempt)

    with pytest.raises(AttemptClosed):
        save(attempt, 1, page="same", count=1)


def test_save_that_nothing_disturbs_is_one_read_and_one_write(attempt):
    answer = answer_to(item_of(attempt), 1)

    with count_queries() as counted:
        save_answer(candidate=attempt.candidate, attempt_id=attempt.pk, answer=answer, now=NOW)

    assert [sql.split()[0] for sql in counted.statements] == ["SELECT", "UPDATE"]
