"""On what terms an exam is taken: the exam's own, an assignment's, an accommodation's; and attempts that run out."""

import datetime as dt

import pytest

from exams.attempts.models import Attempt
from exams.attempts.queries.terms import assigned_terms, terms_of
from exams.attempts.services.starting import start_attempt
from exams.cohorts.models import Accommodation
from exams.exceptions import ExamNotOpen, NoAttemptLeft
from tests.exams.helpers import MINUTE, SECOND, START, close
from tests.exams.threads import at_once
from tests.factories import AssignmentFactory, CohortFactory, UserFactory, make_exam
from tests.queries import count_queries

pytestmark = pytest.mark.django_db

HOUR = dt.timedelta(hours=1)


def assign(exam, candidate, **fields):
    return AssignmentFactory(cohort=CohortFactory(members=[candidate]), exam=exam, **fields)


def start(exam, candidate, now=START):
    return start_attempt(candidate=candidate, exam=exam, now=now)


@pytest.fixture
def candidate():
    return UserFactory()


@pytest.fixture
def exam():
    return make_exam(is_offered=False, minutes=30)


# --- The window ----------------------------------------------------------------------------------------------


def test_exam_of_a_cohort_is_for_its_members_alone(exam, candidate):
    assignment = assign(exam, candidate)

    assert start(exam, candidate).assignment == assignment
    with pytest.raises(ExamNotOpen):
        start(exam, UserFactory())


@pytest.mark.parametrize(
    ("opens", "closes", "state"),
    [
        (None, None, "open"),
        (SECOND, None, "upcoming"),
        (dt.timedelta(), None, "open"),
        (None, SECOND, "open"),
        (None, dt.timedelta(), "over"),
        (SECOND, MINUTE, "upcoming"),
        (-MINUTE, -SECOND, "over"),
    ],
)
def test_start_respects_the_window_of_the_assignment(exam, candidate, opens, closes, state):
    assign(
        exam,
        candidate,
        opens_at=None if opens is None else START + opens,
        closes_at=None if closes is None else START + closes,
    )

    assert terms_of(candidate, exam, START).state(START) == state
    if state == "open":
        assert start(exam, candidate).is_in_progress
    else:
        with pytest.raises(ExamNotOpen):
            start(exam, candidate)


def test_window_of_the_assignment_replaces_the_exams_own(candidate):
    exam = make_exam(closes_at=START - HOUR)
    assign(exam, candidate)

    assert start(exam, candidate).is_in_progress


def test_offered_exam_is_taken_on_the_terms_of_the_assignment_while_that_is_open(candidate):
    exam = make_exam()
    assignment = assign(exam, candidate, opens_at=START + MINUTE, closes_at=START + HOUR)

    assert close(start(exam, candidate)).assignment is None
    assert close(start(exam, candidate, START + MINUTE)).assignment == assignment
    assert start(exam, candidate, START + HOUR).assignment is None


def test_accommodation_keeps_the_window_open_for_one_person(exam, candidate):
    assignment = assign(exam, candidate, closes_at=START)
    Accommodation.objects.create(assignment=assignment, candidate=candidate, closes_at=START + HOUR)
    Accommodation.objects.create(assignment=assignment, candidate=UserFactory(), closes_at=START - HOUR)

    assert start(exam, candidate, START + HOUR - SECOND).assignment == assignment


@pytest.mark.parametrize(
    ("windows", "chosen"),
    [
        ([(None, -1), (-1, 1), (1, 2)], 1),  # the open one
        ([(2, None), (1, None)], 1),  # the next to open
        ([(None, None), (None, 1)], 1),  # open both: the one that closes first
        ([(None, 1), (None, 1)], 0),
        ([(None, -2), (None, -1)], 0),
    ],
)
def test_of_several_assignments_the_open_one_applies(exam, candidate, windows, chosen):
    assignments = [
        assign(
            exam,
            candidate,
            opens_at=None if opens is None else START + opens * HOUR,
            closes_at=None if closes is None else START + closes * HOUR,
        )
        for opens, closes in windows
    ]

    assert terms_of(candidate, exam, START).assignment == assignments[chosen]
    assert [terms.assignment for terms in assigned_terms(candidate, START)] == [assignments[chosen]]


def test_assignment_with_an_attempt_left_goes_before_one_without(exam, candidate):
    first = assign(exam, candidate, attempts_allowed=1, closes_at=START + HOUR)
    second = assign(exam, candidate, attempts_allowed=1, closes_at=START + 2 * HOUR)

    attempts = [close(start(exam, candidate)) for _ in range(2)]

    assert [attempt.assignment for attempt in attempts] == [first, second]
    with pytest.raises(NoAttemptLeft):
        start(exam, candidate)


# --- Time ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("own", "accommodated", "expected"), [(0, None, 0), (25, None, 25), (25, 50, 50), (50, 25, 50), (0, 100, 100)]
)
def test_larger_extra_time_holds(exam, own, accommodated, expected):
    candidate = UserFactory(extra_time_percent=own)
    Accommodation.objects.create(
        assignment=assign(exam, candidate), candidate=candidate, extra_time_percent=accommodated
    )

    attempt = start(exam, candidate)

    assert attempt.extra_time_percent == expected
    assert attempt.deadline_at == START + 30 * MINUTE * (100 + expected) / 100


# --- Attempts ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("of_exam", "of_assignment", "accommodated", "expected"),
    [
        (None, None, None, None),
        (2, None, None, 2),
        (2, 1, None, 1),
        (None, 3, None, 3),
        (2, 1, 4, 4),
        (None, None, 1, 1),
    ],
)
def test_attempts_are_those_of_the_accommodation_else_the_assignment_else_the_exam(
    candidate, of_exam, of_assignment, accommodated, expected
):
    exam = make_exam(is_offered=False, attempts_allowed=of_exam)
    assignment = assign(exam, candidate, attempts_allowed=of_assignment)
    Accommodation.objects.create(assignment=assignment, candidate=candidate, attempts_allowed=accommodated)

    for number in range(expected or 5):
        terms = terms_of(candidate, exam, START)
        assert (terms.attempts_allowed, terms.attempts_made) == (expected, number)
        close(start(exam, candidate))

    if expected:
        assert terms_of(candidate, exam, START).state(START) == "used"
        with pytest.raises(NoAttemptLeft, match="only attempt" if expected == 1 else f"all {expected} attempts"):
            start(exam, candidate)


def test_offered_exam_counts_what_was_not_an_assignment(candidate):
    exam = make_exam(attempts_allowed=1)
    assign(exam, candidate, closes_at=START + HOUR)
    close(start(exam, candidate))

    assert close(start(exam, candidate, START + HOUR)).assignment is None
    with pytest.raises(NoAttemptLeft):
        start(exam, candidate, START + HOUR)


def test_start_without_an_attempt_left_returns_the_one_under_way(exam, candidate):
    assign(exam, candidate, attempts_allowed=1)
    attempt = start(exam, candidate)

    assert start(exam, candidate) == attempt


def test_twenty_starts_at_once_make_one_attempt_and_use_up_one(exam, candidate, threaded_db):
    exam, candidate = make_exam(is_offered=False), UserFactory()
    assign(exam, candidate, attempts_allowed=2)

    outcomes = at_once(*[lambda: start(exam, candidate)] * 20)

    assert {outcome.pk for outcome in outcomes} == {Attempt.objects.get().pk}
    assert terms_of(candidate, exam, START).attempts_left == 1


def test_starts_and_hand_ins_at_once_never_make_an_attempt_too_many(threaded_db):
    exam, candidate = make_exam(is_offered=False), UserFactory()
    assign(exam, candidate, attempts_allowed=3)

    outcomes = at_once(*[lambda: close(start(exam, candidate))] * 20)

    assert Attempt.objects.count() == 3
    refused = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert {type(outcome) for outcome in refused} <= {NoAttemptLeft}


# --- What is assigned ----------------------------------------------------------------------------------------


def test_assigned_exams_come_with_what_can_be_started_first(candidate):
    names = ["over", "upcoming", "used", "open"]
    exams = {name: make_exam(is_offered=False, title=name) for name in names}
    assign(exams["over"], candidate, closes_at=START - SECOND)
    assign(exams["upcoming"], candidate, opens_at=START + SECOND)
    assign(exams["used"], candidate, attempts_allowed=1)
    assign(exams["open"], candidate, closes_at=START + HOUR)
    close(start(exams["used"], candidate))
    assign(make_exam(is_offered=False), UserFactory())

    rows = assigned_terms(candidate, START)

    assert [(terms.exam.title, terms.state(START)) for terms in rows] == [
        ("open", "open"), ("used", "used"), ("upcoming", "upcoming"), ("over", "over"),
    ]  # fmt: skip


@pytest.mark.parametrize("count", [1, 12])
def test_assigned_exams_take_three_queries(candidate, count):
    for _ in range(count):
        assign(make_exam(is_offered=False), candidate)

    with count_queries() as counted:
        assert len(assigned_terms(candidate, START)) == count

    assert counted.number == 3
