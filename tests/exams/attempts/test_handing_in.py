import datetime as dt

import pytest

from exams import workers
from exams.attempts.models import Attempt, AttemptItem
from exams.attempts.services import closing as attempts_closing
from exams.attempts.services import saving as attempts_saving
from exams.attempts.services.closing import close_overdue, submit_attempt
from exams.attempts.services.saving import save_answer, save_form
from exams.attempts.timing import GRACE
from exams.exceptions import AttemptClosed, InvalidResponse
from exams.scoring.services import score_attempt
from tests.exams.helpers import MINUTE, SECOND, START, answer_to, close, item_of, items_of
from tests.factories import UserFactory, make_attempt, make_exam
from tests.queries import count_queries

pytestmark = pytest.mark.django_db

DEADLINE = START + 30 * MINUTE


@pytest.fixture
def attempt():
    return make_attempt(now=START)


def save_all(attempt, answers, *, candidate=None, now=START + MINUTE, seconds=attempts_saving.NO_SECONDS):
    return save_form(
        candidate=candidate or attempt.candidate, attempt_id=attempt.pk, answers=answers, seconds=seconds, now=now
    )


def submit(attempt, answers=(), *, candidate=None, now=START + 2 * MINUTE, seconds=attempts_saving.NO_SECONDS):
    return submit_attempt(
        candidate=candidate or attempt.candidate, attempt_id=attempt.pk, answers=answers, seconds=seconds, now=now
    )


def stored(attempt):
    """Return what is chosen per position, as shown."""
    return {
        item.position: None if item.response is None else [item.option_order.index(own) for own in item.response]
        for item in items_of(attempt)
    }


def save_elsewhere(item, *chosen):
    answer = answer_to(item, *chosen, page="other tab")
    save_answer(candidate=item.attempt.candidate, attempt_id=item.attempt_id, answer=answer, now=START + MINUTE)


# --- A whole form -----------------------------------------------------------------------------------


def test_save_form_stores_all_answers_and_leaves_the_attempt_open(attempt):
    first, second, *_ = items_of(attempt)

    saved = save_all(attempt, [answer_to(first, 2), answer_to(second, 0, is_flagged=True, struck=(1,))])

    assert (saved.conflicts, saved.attempt.state) == ([], Attempt.State.IN_PROGRESS)
    assert stored(attempt) == {1: [2], 2: [0], 3: None, 4: None}
    second.refresh_from_db()
    assert (second.is_flagged, second.struck, second.sequence) == (True, [1], 1)


def test_save_form_stores_the_others_and_returns_those_that_are_stale(attempt):
    first, second, *_ = items_of(attempt)
    save_elsewhere(first, 3)
    stale, fresh = answer_to(first, 2), answer_to(second, 0)

    saved = save_all(attempt, [stale, fresh])

    assert saved.conflicts == [stale]
    assert stored(attempt) == {1: [3], 2: [0], 3: None, 4: None}


def test_save_form_takes_a_stale_page_that_says_the_same(attempt):
    first = item_of(attempt)
    save_elsewhere(first, 3)

    assert save_all(attempt, [answer_to(first, 3)]).conflicts == []
    assert item_of(attempt).sequence == 1


def test_save_form_clears_an_answer_to_null(attempt):
    save_elsewhere(item_of(attempt), 3)

    save_all(attempt, [answer_to(item_of(attempt))])

    assert AttemptItem.objects.filter(attempt=attempt, position=1, response__isnull=True).exists()


def test_save_form_stores_the_time_spent_also_on_questions_without_an_answer(attempt):
    save_all(attempt, [answer_to(item_of(attempt), 1, seconds_spent=5)], seconds={1: 9, 2: 7, 3: 0, 77: 5})

    assert [item.seconds_spent for item in items_of(attempt)] == [9, 7, 0, 0]
    assert [item.sequence for item in items_of(attempt)] == [1, 0, 0, 0]


def test_save_form_never_shortens_the_time_spent(attempt):
    save_all(attempt, [], seconds={2: 70})

    save_all(attempt, [], seconds={2: 7})

    assert item_of(attempt, 2).seconds_spent == 70


@pytest.mark.parametrize(
    ("chosen", "wrong", "message"),
    [
        ((0,), {"position": 5}, "This exam has no question 5"),
        ((4,), {}, "no such option"),
        ((0, 1), {}, "one answer"),
        ((0,), {"struck": (9,)}, "no such option"),
    ],
)
def test_save_form_stores_nothing_when_one_answer_is_invalid(attempt, chosen, wrong, message):
    first, second, *_ = items_of(attempt)

    with pytest.raises(InvalidResponse, match=message):
        save_all(attempt, [answer_to(first, 2), answer_to(second, *chosen, **wrong)], seconds={3: 8})

    assert stored(attempt) == {1: None, 2: None, 3: None, 4: None}
    assert [item.seconds_spent for item in items_of(attempt)] == [0, 0, 0, 0]


def test_save_form_into_the_attempt_of_another_is_refused(attempt):
    with pytest.raises(Attempt.DoesNotExist):
        save_all(attempt, [answer_to(item_of(attempt), 1)], candidate=UserFactory())

    assert stored(attempt)[1] is None


@pytest.mark.parametrize(
    ("now", "is_taken"),
    [
        (DEADLINE - SECOND, True),
        (DEADLINE, True),
        (DEADLINE + GRACE, True),
        (DEADLINE + GRACE + SECOND, False),
    ],
)
def test_save_form_around_the_deadline(attempt, now, is_taken):
    answers = [answer_to(item_of(attempt), 1)]

    if is_taken:
        save_all(attempt, answers, now=now)
    else:
        with pytest.raises(AttemptClosed, match="time for this exam is over"):
            save_all(attempt, answers, now=now)

    assert stored(attempt)[1] == ([1] if is_taken else None)


def test_save_form_after_the_hand_in_is_refused(attempt):
    close(attempt)

    with pytest.raises(AttemptClosed, match="has been submitted"):
        save_all(attempt, [answer_to(item_of(attempt), 1)])

    assert stored(attempt)[1] is None


def test_save_form_asks_the_database_as_little_for_many_answers_as_for_few():
    numbers = []
    for count in (4, 40):
        attempt = make_attempt(exam=make_exam(per_domain=20, question_count=count), now=START)
        answers = [answer_to(item, 1) for item in items_of(attempt)]
        with count_queries() as counted:
            save_all(attempt, answers)
        numbers.append(counted.number)

    assert numbers == [3, 3]


# --- Handing in -------------------------------------------------------------------------------------


def test_submit_closes_the_attempt_now_and_by_the_candidate(attempt):
    saved = submit(attempt)

    assert saved.conflicts == []
    attempt.refresh_from_db()
    assert saved.attempt == attempt
    assert (attempt.state, attempt.closed_by) == (Attempt.State.SUBMITTED, Attempt.ClosedBy.CANDIDATE)
    assert (attempt.submitted_at, attempt.scoring_requested_at) == (START + 2 * MINUTE, START + 2 * MINUTE)
    assert saved.attempt.state == Attempt.State.SUBMITTED


def test_submit_stores_the_answers_sent_along_first(attempt):
    submit(attempt, [answer_to(item_of(attempt, 2), 3)], seconds={1: 4})

    assert stored(attempt) == {1: None, 2: [3], 3: None, 4: None}
    assert item_of(attempt).seconds_spent == 4


def test_submit_again_changes_nothing_and_stores_no_answer(attempt):
    submit(attempt)

    again = submit(attempt, [answer_to(item_of(attempt), 3)], now=START + 9 * MINUTE, seconds={1: 4})

    assert (again.attempt.state, again.conflicts) == (Attempt.State.SUBMITTED, [])
    assert again.attempt.submitted_at == START + 2 * MINUTE
    assert stored(attempt)[1] is None
    assert item_of(attempt).seconds_spent == 0


def test_submit_asks_for_the_score_once_and_after_the_commit(attempt, monkeypatch, django_capture_on_commit_callbacks):
    asked = []
    monkeypatch.setattr(workers, "request_scoring", asked.append)

    with django_capture_on_commit_callbacks(execute=True):
        submit(attempt)
        submit(attempt)
        assert asked == []

    assert asked == [attempt.pk]


def test_submit_with_a_conflict_waits_for_the_candidate_while_there_is_time(
    attempt, django_capture_on_commit_callbacks
):
    first, second, *_ = items_of(attempt)
    save_elsewhere(first, 3)
    stale = answer_to(first, 2)

    with django_capture_on_commit_callbacks() as callbacks:
        saved = submit(attempt, [stale, answer_to(second, 1)], now=DEADLINE - SECOND)

    attempt.refresh_from_db()
    assert (saved.conflicts, attempt.state, attempt.submitted_at) == ([stale], Attempt.State.IN_PROGRESS, None)
    assert saved.attempt.is_in_progress
    assert callbacks == []
    assert stored(attempt) == {1: [3], 2: [1], 3: None, 4: None}


@pytest.mark.parametrize("now", [DEADLINE, DEADLINE + SECOND, DEADLINE + GRACE])
def test_submit_with_a_conflict_at_the_deadline_lets_the_newer_answer_stand(attempt, now):
    first, second, *_ = items_of(attempt)
    save_elsewhere(first, 3)

    saved = submit(attempt, [answer_to(first, 2), answer_to(second, 1)], now=now)

    attempt.refresh_from_db()
    assert (saved.conflicts, attempt.state, attempt.closed_by) == ([], "submitted", "deadline")
    assert stored(attempt) == {1: [3], 2: [1], 3: None, 4: None}


@pytest.mark.parametrize(
    ("now", "closed_by", "is_taken"),
    [
        (DEADLINE - SECOND, "candidate", True),
        (DEADLINE, "deadline", True),
        (DEADLINE + SECOND, "deadline", True),
        (DEADLINE + GRACE, "deadline", True),
        (DEADLINE + GRACE + SECOND, "deadline", False),
        (DEADLINE + dt.timedelta(days=3), "deadline", False),
    ],
)
def test_submit_around_the_deadline(attempt, now, closed_by, is_taken):
    submit(attempt, [answer_to(item_of(attempt), 1)], now=now, seconds={2: 5})

    attempt.refresh_from_db()
    assert (attempt.state, attempt.closed_by, attempt.submitted_at) == ("submitted", closed_by, now)
    assert stored(attempt)[1] == ([1] if is_taken else None)
    assert item_of(attempt, 2).seconds_spent == (5 if is_taken else 0)


def test_submit_with_an_invalid_answer_stores_nothing_and_leaves_the_attempt_open(attempt):
    with pytest.raises(InvalidResponse):
        submit(attempt, [answer_to(item_of(attempt), 1), answer_to(item_of(attempt, 2), 7)])

    attempt.refresh_from_db()
    assert attempt.is_in_progress
    assert stored(attempt)[1] is None


def test_submit_the_attempt_of_another_is_refused(attempt):
    with pytest.raises(Attempt.DoesNotExist):
        submit(attempt, candidate=UserFactory())

    attempt.refresh_from_db()
    assert attempt.is_in_progress


# --- Closing what nobody handed in ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "is_closed"),
    [
        (DEADLINE, False),
        (DEADLINE + GRACE, False),
        (DEADLINE + GRACE + dt.timedelta(microseconds=1), True),
        (DEADLINE + GRACE + SECOND, True),
    ],
)
def test_close_overdue_leaves_the_grace_to_answers_on_their_way(attempt, now, is_closed):
    assert close_overdue(now=now) == int(is_closed)

    attempt.refresh_from_db()
    assert (attempt.state, attempt.closed_by, attempt.submitted_at) == (
        ("submitted", "deadline", now) if is_closed else ("in_progress", "", None)
    )


def test_close_overdue_asks_for_the_scores(attempt, monkeypatch, django_capture_on_commit_callbacks):
    asked = []
    monkeypatch.setattr(workers, "request_scoring", asked.append)

    with django_capture_on_commit_callbacks(execute=True):
        close_overdue(now=DEADLINE + MINUTE)

    assert asked == [attempt.pk]


def test_close_overdue_leaves_closed_attempts_as_they_are(attempt):
    close(attempt)

    assert close_overdue(now=DEADLINE + MINUTE) == 0
    attempt.refresh_from_db()
    assert (attempt.closed_by, attempt.submitted_at) == ("candidate", START + 10 * MINUTE)


def test_close_overdue_twice_closes_once(attempt):
    close_overdue(now=DEADLINE + MINUTE)

    assert close_overdue(now=DEADLINE + 2 * MINUTE) == 0
    attempt.refresh_from_db()
    assert attempt.submitted_at == DEADLINE + MINUTE


def test_close_overdue_of_one_candidate_leaves_the_others(attempt):
    other = make_attempt(now=START)

    assert close_overdue(now=DEADLINE + MINUTE, candidate=attempt.candidate) == 1
    other.refresh_from_db()
    assert other.is_in_progress


def test_close_overdue_takes_the_longest_overdue_first_up_to_its_limit():
    exam = make_exam()
    attempts = [make_attempt(exam=exam, now=START + minutes * MINUTE) for minutes in (2, 0, 1)]

    assert close_overdue(now=DEADLINE + 10 * MINUTE, limit=2) == 2
    assert [Attempt.objects.get(pk=attempt.pk).state for attempt in attempts] == [
        "in_progress",
        "submitted",
        "submitted",
    ]


def test_close_overdue_goes_on_after_one_that_fails(monkeypatch):
    exam = make_exam()
    failing, following = (make_attempt(exam=exam, now=START + minutes * MINUTE) for minutes in (0, 1))
    close_one = attempts_closing._close

    def close_or_fail(attempt_id, *args):
        if attempt_id == failing.pk:
            raise RuntimeError("this one fails")
        return close_one(attempt_id, *args)

    monkeypatch.setattr(attempts_closing, "_close", close_or_fail)

    assert close_overdue(now=DEADLINE + 10 * MINUTE) == 1
    following.refresh_from_db()
    assert following.state == Attempt.State.SUBMITTED


def test_close_overdue_leaves_what_was_handed_in_and_scored_while_it_was_at_work(monkeypatch):
    exam = make_exam()
    first, second = (make_attempt(exam=exam, now=START + minutes * MINUTE) for minutes in (0, 1))
    close_one = attempts_closing._close

    def close_and_be_overtaken(attempt_id, *args):
        if attempt_id == first.pk:
            close(second, now=DEADLINE)
            score_attempt(attempt_id=second.pk, now=DEADLINE)
        return close_one(attempt_id, *args)

    monkeypatch.setattr(attempts_closing, "_close", close_and_be_overtaken)

    assert close_overdue(now=DEADLINE + 10 * MINUTE) == 1
    second.refresh_from_db()
    assert (second.state, second.submitted_at) == (Attempt.State.SCORED, DEADLINE)


def test_close_overdue_without_work_is_one_query(attempt):
    with count_queries() as counted:
        close_overdue(now=DEADLINE)

    assert counted.number == 1
