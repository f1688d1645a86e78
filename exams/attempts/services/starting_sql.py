"""Two statements of a start in plain SQL, because a whole room begins in the same minute: Django took 9 ms for the
items of an attempt alone (docs/performance.md). tests/exams/test_starting_sql.py compares them with the ORM."""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from exams.attempts.models import Attempt

# The columns that differ from one item to another, each with its type in PostgreSQL.
_PINNED = {
    "position": "integer",
    "question_id": "bigint",
    "revision_id": "bigint",
    "task_id": "bigint",
    "is_scored": "boolean",
    "option_order": "jsonb",
}
# Those that begin alike in each item; what the model has as their defaults.
_UNTOUCHED = {
    "response": "NULL",
    "is_flagged": "FALSE",
    "struck": "'[]'",
    "is_sure": "NULL",
    "first_response": "NULL",
    "changed_after": "NULL",
    "seconds_spent": "0",
    "sequence": "0",
    "saved_by_page": "''",
    "page_count": "0",
}
_NAMES = ", ".join(_PINNED)
# One parameter holds all items: 65 of six columns are 390, and each costs some microseconds to adapt.
_ROWS_OF = {
    "postgresql": f"""jsonb_to_recordset(CAST(%s AS jsonb))
        AS item({", ".join(f"{name} {column}" for name, column in _PINNED.items())})""",
    "sqlite": f"""(SELECT {", ".join(f"json_extract(value, '$.{name}') AS {name}" for name in _PINNED)}
        FROM json_each(%s)) AS item""",  # noqa: S608  # column names, all from above
}
_INSERT = f"""
    INSERT INTO exams_attemptitem (attempt_id, {_NAMES}, {", ".join(_UNTOUCHED)})
    SELECT %s, {_NAMES}, {", ".join(_UNTOUCHED.values())} FROM
"""  # noqa: S608  # as above


# The person's row alone is locked. SQLite has no row locks and needs none; see `saving_sql`.
_TURN = """
    SELECT
        attempt.id, attempt.exam_id, attempt.deadline_at,
        EXISTS (SELECT 1 FROM exams_attempt past WHERE past.candidate_id = person.id)
    FROM accounts_user person
    LEFT JOIN exams_attempt attempt ON attempt.candidate_id = person.id AND attempt.state = %s
    WHERE person.id = %s
"""
_LOCK = "FOR NO KEY UPDATE OF person"


@dataclass(frozen=True)
class UnderWay:
    attempt_id: UUID
    exam_id: int
    deadline_at: dt.datetime


def lock_candidate(candidate_id: int) -> tuple[list[UnderWay], bool]:
    """Lock the candidate's row, so that their starts wait for each other: each counts the attempts before it and draws
    none of their questions. Return what is under way, as it was before the wait, and whether there was any attempt."""
    sql = _TURN + _LOCK if connection.features.has_select_for_no_key_update else _TURN
    with connection.cursor() as cursor:
        cursor.execute(sql, [Attempt.State.IN_PROGRESS.value, candidate_id])
        rows = cursor.fetchall()
    under_way = [_under_way(*row[:3]) for row in rows if row[0] is not None]
    return under_way, any(row[3] for row in rows)


def _under_way(attempt_id: UUID | str, exam_id: int, deadline_at: dt.datetime) -> UnderWay:
    """SQLite keeps UUIDs as text and moments without their zone, which is UTC."""
    return UnderWay(
        attempt_id if isinstance(attempt_id, UUID) else UUID(attempt_id),
        exam_id,
        deadline_at if deadline_at.tzinfo else deadline_at.replace(tzinfo=dt.UTC),
    )


@dataclass(frozen=True)
class Pinned:
    """A question of an attempt, as the attempt keeps it; see `AttemptItem`."""

    position: int
    question_id: int
    revision_id: int
    task_id: int
    is_scored: bool
    option_order: list[int]


def insert_items(attempt_id: UUID, items: Sequence[Pinned]) -> None:
    """Add these items to the attempt, nobody having touched them."""
    rows = json.dumps([vars(item) for item in items])
    sql = f"{_INSERT} {_ROWS_OF[connection.vendor]} ORDER BY position"
    with connection.cursor() as cursor:
        cursor.execute(sql, [Attempt._meta.pk.get_db_prep_value(attempt_id, connection), rows])
