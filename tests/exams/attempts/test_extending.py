"""More time for an attempt under way: who gets it, when it is refused, and what saves and the sweep make of it."""

import datetime as dt

import pytest
from django.db import transaction

from exams.attempts import timing
from exams.attempts.models import Attempt, Extension
from exams.attempts.services import extending as services
from exams.attempts.services.closing import close_overdue, submit_attempt
from exams.attempts.services.extending import extend_attempt
from exams.attempts.services.saving import save_answer
from exams.blueprints.bounds import MAX_EXTENSION
from exams.cohorts.models import Accommodation
from exams.exceptions import AttemptClosed, ExtensionRefused
from tests.exams.helpers import MINUTE, SECOND, START, answer_to, client_of, close, item_of
from tests.exams.threads import Behind, at_once
from tests.factories import AssignmentFactory, CohortFactory, UserFactory, make_attempt, make_exam

pytestmark = pytest.mark.django_db

END = START + 30 * MINUTE
LAST = END + timing.GRACE


def extend(attempt, minutes=5, *, now=START + MINUTE, by=None):
    by = by or UserFactory(instructor=True)
    return extend_attempt(attempt_id=attempt.pk, minutes=minutes, reason="The projector failed.", by=by, now=now)


def save(attempt, number=0, *, now):
    return save_answer(
        candidate=attempt.candidate, attempt_id=attempt.pk, answer=answer_to(item_of(attempt), number), now=now
    )


@pytest.fixture
def attempt():
    return make_attempt(now=START)


# --- One attempt ---------------------------------------------------------------------------------------------


def test_extension_moves_the_deadline_and_is_written_down(attempt):
    by = UserFactory(instructor=True)

    extend(attempt, 5, by=by)
    extend(attempt, 10, by=by, now=START + 2 * MINUTE)

    attempt.refresh_from_db()
    assert attempt.deadline_at == END + 15 * MINUTE
    assert list(attempt.extensions.values_list("minutes", "reason", "by", "at")) == [
        (5, "The projector failed.", by.pk, START + MINUTE),
        (10, "The projector failed.", by.pk, START + 2 * MINUTE),
    ]


@pytest.mark.parametrize(("now", "is_open"), [(END, True), (LAST, True), (LAST + SECOND, False)])
def test_extension_is_given_as_long_as_answers_are_taken(attempt, now, is_open):
    if is_open:
        assert extend(attempt, now=now).deadline_at == END + 5 * MINUTE
        return
    with pytest.raises(ExtensionRefused, match="is over"):
        extend(attempt, now=now)
    attempt.refresh_from_db()
    assert (attempt.deadline_at, Extension.objects.count()) == (END, 0)


def test_extension_opens_no_attempt_that_was_handed_in(attempt):
    close(attempt)

    with pytest.raises(ExtensionRefused, match="is over"):
        extend(attempt)

    attempt.refresh_from_db()
    assert (attempt.deadline_at, Extension.objects.count()) == (END, 0)


@pytest.mark.parametrize("minutes", [-5, 0, MAX_EXTENSION + 1])
def test_extension_never_goes_backwards_nor_without_measure(attempt, minutes):
    with pytest.raises(ExtensionRefused, match="between 1 and 600"):
        extend(attempt, minutes)

    attempt.refresh_from_db()
    assert attempt.deadline_at == END


def test_answers_are_taken_until_the_new_deadline_and_its_grace(attempt):
    extend(attempt)

    save(attempt, 0, now=LAST + SECOND)
    save(attempt, 1, now=LAST + 5 * MINUTE)
    with pytest.raises(AttemptClosed):
        save(attempt, 2, now=LAST + 5 * MINUTE + SECOND)

    assert item_of(attempt).sequence == 2


def test_hand_in_after_the_old_deadline_is_the_candidates_own(attempt):
    extend(attempt)

    submit_attempt(candidate=attempt.candidate, attempt_id=attempt.pk, now=END + MINUTE)

    attempt.refresh_from_db()
    assert attempt.closed_by == Attempt.ClosedBy.CANDIDATE


def test_sweep_leaves_an_extended_attempt_alone_until_its_new_deadline(attempt):
    extend(attempt)

    assert close_overdue(now=LAST + SECOND) == 0
    assert close_overdue(now=LAST + 5 * MINUTE + SECOND) == 1


def test_page_learns_of_the_extension_from_a_save_and_from_the_clock(attempt, clock):
    client = client_of(attempt.candidate)
    extend(attempt)

    assert client.get(f"/attempts/{attempt.pk}/clock/").json()["remaining"] == 35 * 60
    fields = {"q1-sequence": 0, "q1-count": 1, "q1-seconds": 0, "q1-page": "a", "q1-choice": 0}
    assert 'data-remaining="2100"' in client.post(f"/attempts/{attempt.pk}/answers/1/", fields).text


# --- Side by side --------------------------------------------------------------------------------------------


def test_sweep_that_waits_for_an_extension_does_not_close_what_got_more_time(threaded_db):
    attempt = make_attempt(now=START)
    sweeping = Behind(lambda: close_overdue(now=LAST + SECOND))
    with transaction.atomic():
        extend(attempt, now=LAST)
        sweeping.start()

    assert sweeping.outcome() == 0
    attempt.refresh_from_db()
    assert (attempt.state, attempt.deadline_at) == (Attempt.State.IN_PROGRESS, END + 5 * MINUTE)


def test_extension_and_sweep_at_once_leave_one_of_both(threaded_db):
    """At the border each may be first; never is an attempt closed that has time, or extended that is closed."""
    by = UserFactory(instructor=True)
    exam = make_exam()
    for _ in range(10):
        attempt = make_attempt(exam=exam, now=START)

        extended, _ = at_once(
            lambda attempt=attempt: extend(attempt, now=LAST, by=by), lambda: close_overdue(now=LAST + SECOND)
        )

        attempt.refresh_from_db()
        if isinstance(extended, ExtensionRefused):
            assert (attempt.is_in_progress, attempt.deadline_at) == (False, END)
        else:
            assert (attempt.is_in_progress, attempt.deadline_at) == (True, END + 5 * MINUTE)


def test_extensions_at_once_add_up(threaded_db):
    attempt, by = make_attempt(now=START), UserFactory(instructor=True)

    at_once(*[lambda: extend(attempt, 1, by=by)] * 8)

    attempt.refresh_from_db()
    assert (attempt.deadline_at, attempt.extensions.count()) == (END + 8 * MINUTE, 8)


# --- All under way in an assignment ------------------------------------------------------------------------------


def test_extension_of_an_assignment_reaches_all_that_are_under_way_and_nobody_else():
    people = UserFactory.create_batch(3)
    cohort = CohortFactory(members=people)
    exam = make_exam()
    assignment = AssignmentFactory(cohort=cohort, exam=exam)
    first, second, handed_in = (make_attempt(exam=exam, candidate=person, now=START) for person in people)
    close(handed_in)
    outside = make_attempt(exam=exam, now=START)

    count = services.extend_assignment(
        assignment=assignment, minutes=7, reason="Fire drill.", by=UserFactory(), now=START + MINUTE
    )

    assert count == 2
    ends = dict(Attempt.objects.values_list("pk", "deadline_at"))
    assert {ends[first.pk], ends[second.pk]} == {END + 7 * MINUTE}
    assert {ends[handed_in.pk], ends[outside.pk]} == {END}


# --- Accommodations ------------------------------------------------------------------------------------------


@pytest.fixture
def assigned():
    candidate = UserFactory(extra_time_percent=10)
    assignment = AssignmentFactory(cohort=CohortFactory(members=[candidate]), exam=make_exam(minutes=30))
    return assignment, make_attempt(exam=assignment.exam, candidate=candidate, now=START)


def accommodate(assigned, percent, *, now=START + MINUTE, **fields):
    assignment, attempt = assigned
    given = {"closes_at": None, "attempts_allowed": None, **fields}
    return services.accommodate(
        assignment=assignment,
        candidate=attempt.candidate,
        extra_time_percent=percent,
        by=UserFactory(),
        now=now,
        **given,
    )


def test_more_extra_time_lengthens_the_attempt_under_way(assigned):
    attempt = assigned[1]
    assert attempt.deadline_at == START + 33 * MINUTE

    first, second = accommodate(assigned, 50), accommodate(assigned, 75)

    attempt.refresh_from_db()
    assert attempt.deadline_at == START + (33 + 12 + 8) * MINUTE  # 25 % of 30 minutes, rounded up
    assert attempt.extra_time_percent == 75
    assert [(row.minutes, row.reason) for row in (first, second)] == [
        (12, "Extra time is now 50 %."),
        (8, "Extra time is now 75 %."),
    ]


@pytest.mark.parametrize("percent", [None, 0, 5, 10])
def test_less_extra_time_takes_nothing_away(assigned, percent):
    assert accommodate(assigned, percent) is None

    attempt = assigned[1]
    attempt.refresh_from_db()
    assert (attempt.deadline_at, attempt.extra_time_percent) == (START + 33 * MINUTE, 10)
    assert Accommodation.objects.get().extra_time_percent == percent


def test_extra_time_after_the_end_is_for_the_next_attempt(assigned):
    attempt = assigned[1]
    late = START + 33 * MINUTE + timing.GRACE + SECOND

    assert accommodate(assigned, 100, now=late) is None

    attempt.refresh_from_db()
    assert attempt.deadline_at == START + 33 * MINUTE
    close_overdue(now=late)
    again = make_attempt(exam=attempt.exam, candidate=attempt.candidate, now=late)
    assert again.deadline_at == late + 60 * MINUTE


def test_accommodation_is_one_row_that_changes(assigned):
    closes_at = START + dt.timedelta(days=1)

    accommodate(assigned, 20, attempts_allowed=2)
    accommodate(assigned, 20, closes_at=closes_at)

    row = Accommodation.objects.get()
    assert (row.extra_time_percent, row.closes_at, row.attempts_allowed) == (20, closes_at, None)
