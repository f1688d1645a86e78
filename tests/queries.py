"""Counting what a piece of code asks of the database."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.test.utils import CaptureQueriesContext

# Marks of a transaction are not statements: how many there are depends on the test around the code.
TRANSACTION_MARK = re.compile(r"(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE)\b", re.IGNORECASE)


class CountedQueries:
    """The statements run in a block of `count_queries`, known when the block ends."""

    def __init__(self) -> None:
        self.statements: list[str] = []

    @property
    def number(self) -> int:
        return len(self.statements)

    def __repr__(self) -> str:
        return f"{self.number} queries, see the captured output"


@contextmanager
def count_queries() -> Iterator[CountedQueries]:
    """with count_queries() as counted: …; assert counted.number <= 4. pytest shows the SQL when that fails."""
    counted = CountedQueries()
    with CaptureQueriesContext(connection) as captured:
        yield counted
    # psycopg does not tell the text of some statements that it has prepared: they count all the same.
    statements = [query["sql"] or "(prepared)" for query in captured.captured_queries]
    counted.statements = [sql for sql in statements if not TRANSACTION_MARK.match(sql.lstrip())]
    for number, sql in enumerate(counted.statements, start=1):
        sys.stdout.write(f"query {number}: {sql}\n")
