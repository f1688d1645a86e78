"""The plain SQL of a saved answer does what the ORM would do, on each database."""

import datetime as dt
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from exams.attempts.models import AttemptItem
from exams.attempts.services import saving_sql
from questions.kinds import KINDS
from tests.exams.helpers import MINUTE, START, make_exam_of
from tests.factories import make_attempt, make_content

pytestmark = pytest.mark.django_db

ANSWERS = [
    {},
    {"response": [], "struck": []},
    {"response": [1, 0], "is_flagged": True, "struck": [0, 2], "seconds_spent": 2**31 - 1, "sequence": 2**31 - 1},
    {"response": [None, 2, 0, None], "saved_by_page": "5f'; -- %s \\ “q”", "page_count": 2**31 - 1},
]


@pytest.fixture
def attempt(clock):
    return make_attempt(exam=make_exam_of(*(make_content(f"of {name}", kind=name) for name in KINDS)), now=START)


def by_orm(attempt, position):
    return AttemptItem.objects.select_related("attempt", "revision").get(attempt=attempt, position=position)


def read(attempt, position=1, **changes):
    wanted = {"candidate_id": attempt.candidate_id, "attempt_id": attempt.pk, "position": position}
    return saving_sql.read(**{**wanted, **changes})


def loaded(instance):
    return {name: getattr(instance, name) for name in instance.__dict__ if not name.startswith("_")}


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("position", range(1, len(KINDS) + 1))
def test_read_gives_what_the_orm_reads(attempt, position, answer):
    attempt.items.filter(position=position).update(**answer)

    item = read(attempt, position)

    expected = by_orm(attempt, position)
    for mine, other in ((item, expected), (item.attempt, expected.attempt), (item.revision, expected.revision)):
        values = loaded(mine)
        values.pop("attempt", None), values.pop("revision", None)
        assert values == {name: getattr(other, name) for name in values}
        assert {name: type(value) for name, value in values.items()} == {
            name: type(getattr(other, name)) for name in values
        }
    assert (item.attempt.deadline_at.utcoffset(), item.pk) == (dt.timedelta(0), expected.pk)


def test_moment_between_two_seconds_is_read_exactly(attempt):
    deadline = START + 7 * MINUTE + dt.timedelta(microseconds=1)
    type(attempt).objects.filter(pk=attempt.pk).update(deadline_at=deadline)

    assert read(attempt).attempt.deadline_at == deadline


@pytest.mark.parametrize(
    "changes", [{"candidate_id": 0}, {"attempt_id": uuid.UUID(int=7)}, {"position": 99}, {"position": 32767}]
)
def test_what_is_not_there_or_not_theirs_is_not_read(attempt, changes):
    with pytest.raises(AttemptItem.DoesNotExist):
        read(attempt, **changes)


@pytest.mark.parametrize("answer", ANSWERS)
def test_write_stores_what_the_orm_stores(attempt, answer):
    first, second = attempt.items.order_by("position")[:2]
    for name, value in answer.items():
        setattr(first, name, value)

    is_stored = saving_sql.write(first, if_sequence=0)

    AttemptItem.objects.filter(pk=second.pk).update(**answer)
    columns = ", ".join(saving_sql.SAVED_FIELDS)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM exams_attemptitem ORDER BY id")  # noqa: S608  # column names
        mine, other = cursor.fetchall()[:2]
    assert is_stored is True
    assert mine == other


def test_write_leaves_alone_what_another_save_changed(attempt):
    item = read(attempt)
    attempt.items.filter(pk=item.pk).update(sequence=1, response=[2])
    item.response = [3]

    is_stored = saving_sql.write(item, if_sequence=0)

    assert is_stored is False
    assert by_orm(attempt, 1).response == [2]


@pytest.mark.parametrize("state", ["submitted", "scored"])
def test_write_leaves_alone_what_was_handed_in_since_it_was_read(attempt, state):
    item = read(attempt)
    type(attempt).objects.filter(pk=attempt.pk).update(state=state, submitted_at=START + MINUTE, closed_by="candidate")
    item.response = [3]

    is_stored = saving_sql.write(item, if_sequence=0)

    assert (is_stored, by_orm(attempt, 1).response) == (False, None)


def test_write_takes_back_no_seconds_that_another_save_counted(attempt):
    item = read(attempt)
    attempt.items.filter(pk=item.pk).update(seconds_spent=40)
    item.seconds_spent = 39

    is_stored = saving_sql.write(item, if_sequence=0)

    assert (is_stored, by_orm(attempt, 1).seconds_spent) == (False, 40)


def test_write_touches_one_row(attempt):
    item = read(attempt)
    before = list(attempt.items.exclude(pk=item.pk).order_by("pk").values())
    item.response, item.sequence = [1], 1

    saving_sql.write(item, if_sequence=0)

    assert list(attempt.items.exclude(pk=item.pk).order_by("pk").values()) == before


@pytest.mark.parametrize("is_locking", [False, True])
def test_read_locks_the_row_of_the_attempt_alone_if_asked_to(attempt, is_locking):
    with CaptureQueriesContext(connection) as captured:
        read(attempt, is_locking=is_locking)

    (query,) = captured
    locks = is_locking and connection.features.has_select_for_no_key_update
    assert query["sql"].strip().endswith("FOR NO KEY UPDATE OF attempt") == locks
    assert "revision.key" not in query["sql"]


def test_write_locks_the_row_of_the_attempt(attempt):
    item = read(attempt)
    with CaptureQueriesContext(connection) as captured:
        saving_sql.write(item, if_sequence=0)

    (query,) = captured
    assert ("FOR NO KEY UPDATE OF attempt" in query["sql"]) == connection.features.has_select_for_no_key_update
