"""The two statements of a saved answer, in plain SQL: the ORM makes them again for every answer, which costs more than
the database takes to run them (docs/performance.md). `test_saving_sql.py` compares them with the ORM."""

import datetime as dt
import json
from typing import Any
from uuid import UUID

from django.db import connection

from exams.attempts.models import Attempt, AttemptItem
from questions.models import Revision

SAVED_FIELDS = [
    *("response", "is_flagged", "struck", "is_sure", "first_response", "changed_after"),
    *("seconds_spent", "sequence", "saved_by_page", "page_count"),
]
# What a save needs to know: neither the question's texts nor its key.
_ITEM_FIELDS = ["id", "option_order", *SAVED_FIELDS]
_ATTEMPT_FIELDS = ["id", "state", "deadline_at"]
_REVISION_FIELDS = ["id", "kind", "choices", "choose"]
_JSON = {"option_order", "response", "first_response", "struck", "choices"}

_COLUMNS = ", ".join(
    f"{table}.{name}"
    for table, names in (("item", _ITEM_FIELDS), ("attempt", _ATTEMPT_FIELDS), ("revision", _REVISION_FIELDS))
    for name in names
)
# The attempt's row alone is locked: handing in takes the same lock. SQLite has no row locks and needs none: a
# transaction that will write waits for its turn before it reads (config.settings.base.database).
_READ = f"""
    SELECT {_COLUMNS}
    FROM exams_attemptitem item
    JOIN exams_attempt attempt ON attempt.id = item.attempt_id
    JOIN questions_revision revision ON revision.id = item.revision_id
    WHERE attempt.id = %s AND attempt.candidate_id = %s AND item.position = %s
"""  # noqa: S608  # column names, all from above
_LOCK = "FOR NO KEY UPDATE OF attempt"
# By itself it takes the locks in the order in which all take them: the attempt's first, as the sub-select is a value
# that is known before any item is looked at, then the item's. What waited for a hand-in finds no open attempt; what
# waited for another save finds another sequence.
_WRITE = f"""
    UPDATE exams_attemptitem SET {", ".join(f"{name} = %s" for name in SAVED_FIELDS)}
    WHERE id = %s AND sequence = %s AND seconds_spent <= %s
    AND attempt_id = (SELECT id FROM exams_attempt attempt WHERE id = %s AND state = %s {{lock}})
"""  # noqa: S608  # as above
_READ_LOCKED, _WRITE_LOCKING = _READ + _LOCK, _WRITE.format(lock=_LOCK)
_WRITE_PLAIN = _WRITE.format(lock="")


def read(*, candidate_id: int, attempt_id: UUID, position: int, is_locking: bool = False) -> AttemptItem:
    """Return the item at this position of the candidate's attempt, with attempt and revision.

    With `is_locking` lock the attempt's row first. Raises `AttemptItem.DoesNotExist`.
    """
    sql = _READ_LOCKED if is_locking and connection.features.has_select_for_no_key_update else _READ
    with connection.cursor() as cursor:
        cursor.execute(sql, [Attempt._meta.pk.get_db_prep_value(attempt_id, connection), candidate_id, position])
        row = cursor.fetchone()
    if row is None:
        raise AttemptItem.DoesNotExist
    attempt_from, revision_from = len(_ITEM_FIELDS), len(_ITEM_FIELDS) + len(_ATTEMPT_FIELDS)
    item = AttemptItem.from_db("default", _ITEM_FIELDS, _values(_ITEM_FIELDS, row[:attempt_from]))
    attempt = _values(_ATTEMPT_FIELDS, row[attempt_from:revision_from])
    item.attempt = Attempt.from_db("default", _ATTEMPT_FIELDS, attempt)
    revision = _values(_REVISION_FIELDS, row[revision_from:])
    item.revision = Revision.from_db("default", _REVISION_FIELDS, revision)
    return item


def _values(names: list[str], row: tuple[Any, ...]) -> list[Any]:
    return [_value(name, stored) for name, stored in zip(names, row, strict=True)]


def _value(name: str, stored: Any) -> Any:
    """Return what a model has for what a cursor gives: SQLite keeps moments without their zone and UUIDs as text."""
    if name in _JSON:
        return None if stored is None else json.loads(stored)
    if name == "deadline_at" and stored.tzinfo is None:
        return stored.replace(tzinfo=dt.UTC)
    if name == "id" and isinstance(stored, str):
        return UUID(stored)
    return stored


def write(item: AttemptItem, *, if_sequence: int) -> bool:
    """Store the item's answer if its row still has this sequence and the attempt is open; tell whether that was so."""
    values = [getattr(item, name) for name in SAVED_FIELDS]
    stored = [
        json.dumps(value) if name in _JSON and value is not None else value
        for name, value in zip(SAVED_FIELDS, values, strict=True)
    ]
    attempt_id = Attempt._meta.pk.get_db_prep_value(item.attempt_id, connection)
    conditions = [item.pk, if_sequence, item.seconds_spent, attempt_id, Attempt.State.IN_PROGRESS.value]
    with connection.cursor() as cursor:
        cursor.execute(
            _WRITE_LOCKING if connection.features.has_select_for_no_key_update else _WRITE_PLAIN,
            [*stored, *conditions],
        )
        return bool(cursor.rowcount)
