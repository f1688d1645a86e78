"""Queries whose SQL is made once per process, for the few that every saved answer needs.

Django makes a query's SQL anew for each call, which costs several times what the database takes to run it
(docs/performance.md). Here a queryset with a `Slot` for each value becomes SQL once; a call only fills in the values.
PostgreSQL gets them as prepared statements. So only for look-ups by a key, whose plan does not depend on the values.
"""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from django.db import connection
from django.db.models import Expression, QuerySet
from django.db.models.sql import UpdateQuery


class Slot(Expression):
    """The place of a value that is given at each call and stored as `field` stores it."""

    def __init__(self, name: str, field: Any) -> None:
        super().__init__(output_field=field)
        self.name = name

    def as_sql(self, *args: Any, **kwargs: Any) -> Any:
        return "%s", [self]


def _cursor() -> Any:
    if connection.vendor != "postgresql":
        return connection.cursor()
    import psycopg

    # As Django's own cursors: a connection that broke since the last request is replaced before anybody needs it.
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    # Django's own cursors put the values into the SQL, which leaves nothing to prepare.
    wrap: Any = connection._prepare_cursor  # type: ignore[attr-defined]  # the stubs leave it out
    return wrap(psycopg.Cursor(connection.connection))


def _fill(params: Sequence[Any], values: dict[str, Any]) -> list[Any]:
    return [
        param.output_field.get_db_prep_save(values[param.name], connection) if isinstance(param, Slot) else param
        for param in params
    ]


class CompiledRows:
    """A `values_list` queryset: called with the values of its slots it returns the rows as lists.

    `locking` names a table of it whose rows are locked, as by `select_for_update(no_key=True)`, where the database can.
    """

    def __init__(self, build: Callable[[], QuerySet[Any, Any]], *, locking: str = "") -> None:
        self.build = build
        self.locking = locking

    @cached_property
    def parts(self) -> tuple[str, Sequence[Any], list[tuple[int, list[Any], Any]]]:
        compiler = self.build().query.get_compiler(connection=connection)
        sql, params = compiler.as_sql()
        if self.locking and connection.features.has_select_for_no_key_update:
            sql += f" FOR NO KEY UPDATE OF {connection.ops.quote_name(self.locking)}"
        converters = compiler.get_converters([expression for expression, _, _ in compiler.select])
        return sql, params, [(position, *pair) for position, pair in converters.items()]

    def __call__(self, **values: Any) -> list[list[Any]]:
        sql, params, converters = self.parts
        with _cursor() as cursor:
            cursor.execute(sql, _fill(params, values))
            rows = [list(row) for row in cursor.fetchall()]
        for position, functions, expression in converters:
            for row in rows:
                for function in functions:
                    row[position] = function(row[position], expression, connection)
        return rows


class CompiledUpdate:
    """An UPDATE of a queryset's rows: called with the values of all slots it returns how many rows matched."""

    def __init__(self, build: Callable[[], QuerySet[Any, Any]], **fields: Slot) -> None:
        self.build = build
        self.fields = fields

    @cached_property
    def parts(self) -> tuple[str, Sequence[Any]]:
        query: Any = self.build().query.chain(UpdateQuery)
        query.add_update_values(self.fields)
        sql, params = query.get_compiler(connection=connection).as_sql()
        return sql, params

    def __call__(self, **values: Any) -> int:
        sql, params = self.parts
        with _cursor() as cursor:
            cursor.execute(sql, _fill(params, values))
            return int(cursor.rowcount)
