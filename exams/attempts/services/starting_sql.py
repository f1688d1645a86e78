"""The items of a new attempt, in one plain statement: Django took 9 ms for 65 of them, while a whole room begins
(docs/performance.md). tests/exams/test_starting_sql.py compares it with the ORM."""

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
    "seconds_spent": "0",
    "sequence": "0",
    "saved_by_page": "''",
    "page_count": "0",
}
_NAMES = ", ".join(_PINNED)
# One parameter holds all items: 65 of six columns are 390, and each costs some microseconds to adapt.
_ROWS_OF = {
    "postgresql": f"""jsonb_to_recordset(CAST(%s AS jsonb))
        AS item({", ".join(f"{name} {kind}" for name, kind in _PINNED.items())})""",
    "sqlite": f"""(SELECT {", ".join(f"json_extract(value, '$.{name}') AS {name}" for name in _PINNED)}
        FROM json_each(%s)) AS item""",  # noqa: S608  # column names, all from above
}
_INSERT = f"""
    INSERT INTO exams_attemptitem (attempt_id, {_NAMES}, {", ".join(_UNTOUCHED)})
    SELECT %s, {_NAMES}, {", ".join(_UNTOUCHED.values())} FROM
"""  # noqa: S608  # as above


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
