"""The plain SQL of a start writes what the ORM would write, on each database."""

import uuid
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models.fields import NOT_PROVIDED

from exams.attempts.models import Attempt, AttemptItem
from exams.attempts.services import starting_sql
from exams.attempts.services.starting_sql import Pinned, insert_items, lock_candidate
from questions.kinds import KINDS
from tests.exams.helpers import MINUTE, START, close, make_exam_of
from tests.factories import UserFactory, make_attempt, make_content
from tests.queries import count_queries

pytestmark = pytest.mark.django_db


@pytest.fixture
def attempt(clock):
    return make_attempt(exam=make_exam_of(*(make_content(f"of {name}", kind=name) for name in KINDS)), now=START)


def other_attempt(attempt):
    """Return an attempt without items at the same exam."""
    Attempt.objects.filter(pk=attempt.pk).update(state=Attempt.State.SUBMITTED, submitted_at=START)
    fields = {field.attname: getattr(attempt, field.attname) for field in Attempt._meta.concrete_fields}
    return Attempt.objects.create(**fields | {"id": uuid.uuid4(), "state": Attempt.State.IN_PROGRESS})


def pinned(item, **changes):
    names = ("position", "question_id", "revision_id", "task_id", "is_scored", "option_order")
    return Pinned(**{name: getattr(item, name) for name in names} | changes)


@transaction.atomic
def insert_and_check(*args):
    insert_items(*args)
    connection.check_constraints()  # foreign keys are checked at the commit, which a test does not reach


def values_of(items):
    names = {field.attname for field in AttemptItem._meta.concrete_fields} - {"id", "attempt_id"}
    return list(items.order_by("position").values(*sorted(names)))


@pytest.mark.parametrize("changes", [{}, {"is_scored": False}, {"option_order": []}, {"option_order": [7, 0, 3]}])
def test_items_are_those_of_the_orm(attempt, changes):
    mine = [pinned(item, **changes) for item in attempt.items.order_by("position")]
    by_plain_sql, by_orm = other_attempt(attempt), attempt
    by_orm.items.all().delete()

    insert_items(by_plain_sql.pk, mine)

    AttemptItem.objects.bulk_create(AttemptItem(attempt=by_orm, **vars(item)) for item in mine)
    assert values_of(by_plain_sql.items) == values_of(by_orm.items)
    assert by_plain_sql.items.count() == len(KINDS)


def test_items_lie_in_the_order_of_their_positions(attempt):
    items = list(attempt.items.order_by("-position"))
    other = other_attempt(attempt)

    insert_items(other.pk, [pinned(item) for item in items])

    assert list(other.items.order_by("pk").values_list("position", flat=True)) == list(range(1, len(items) + 1))


def test_every_column_is_written(attempt):
    columns = {field.column for field in AttemptItem._meta.concrete_fields}

    assert {"id", "attempt_id", *starting_sql._PINNED, *starting_sql._UNTOUCHED} == columns


def test_columns_that_begin_alike_are_those_with_a_default(attempt):
    has_default = {
        field.column
        for field in AttemptItem._meta.concrete_fields
        if field.default is not NOT_PROVIDED or field.null or (field.empty_strings_allowed and field.blank)
    }

    assert set(starting_sql._UNTOUCHED) == has_default - {"id"}


def test_no_items_are_no_rows(attempt):
    other = other_attempt(attempt)

    insert_items(other.pk, [])

    assert other.items.count() == 0


@pytest.mark.parametrize("changes", [{"question_id": 0}, {"revision_id": 0}, {"task_id": 0}])
def test_what_does_not_exist_is_refused_by_the_database(attempt, changes):
    (item, *_), other = attempt.items.order_by("position"), other_attempt(attempt)

    with pytest.raises(IntegrityError):
        insert_and_check(other.pk, [pinned(item, **changes)])


@pytest.mark.parametrize("again", [{"position": 99}, {"question_id": 0}])
def test_the_same_place_or_question_twice_is_refused_by_the_database(attempt, again):
    (item, *_), other = attempt.items.order_by("position"), other_attempt(attempt)

    with pytest.raises(IntegrityError), transaction.atomic():
        insert_items(other.pk, [pinned(item), pinned(item, **again)])


def test_all_items_are_one_query(attempt):
    items, other = list(attempt.items.all()), other_attempt(attempt)

    with count_queries() as counted:
        insert_items(other.pk, [pinned(item) for item in items])

    assert counted.number == 1


def test_turn_tells_what_is_under_way_as_the_orm_does(attempt):
    others = [make_attempt(candidate=attempt.candidate, now=START + 7 * MINUTE) for _ in range(2)]
    close(make_attempt(candidate=attempt.candidate, now=START))
    make_attempt(now=START)

    under_way, has_past = lock_candidate(attempt.candidate_id)

    rows = Attempt.objects.in_progress().filter(candidate=attempt.candidate)
    assert {(row.attempt_id, row.exam_id, row.deadline_at) for row in under_way} == set(
        rows.values_list("pk", "exam_id", "deadline_at")
    )
    assert {row.attempt_id for row in under_way} == {attempt.pk, *(other.pk for other in others)}
    assert {row.deadline_at.utcoffset() for row in under_way} == {timedelta(0)}
    assert has_past is True


@pytest.mark.parametrize(("is_closed", "expected"), [(True, True), (False, True), (None, False)])
def test_turn_tells_whether_there_was_any_attempt(clock, is_closed, expected):
    candidate = UserFactory()
    if is_closed is not None:
        attempt = make_attempt(candidate=candidate, now=START)
        if is_closed:
            close(attempt)
    make_attempt(now=START)

    under_way, has_past = lock_candidate(candidate.pk)

    assert (len(under_way), has_past) == (int(is_closed is False), expected)


def test_turn_locks_the_row_of_the_person_alone(attempt):
    with count_queries() as counted:
        lock_candidate(attempt.candidate_id)

    (sql,) = counted.statements
    is_locking = connection.features.has_select_for_no_key_update
    assert sql.strip().endswith("FOR NO KEY UPDATE OF person") == is_locking
