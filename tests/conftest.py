import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.db.backends.postgresql.operations import DatabaseOperations
from django.db.backends.sqlite3.base import (  # type: ignore[attr-defined]
    DatabaseOperations as SQLiteOperations,  # from here, as its own module needs this one first
)
from hypothesis import settings as hypothesis_settings

from accounts import limits
from config import celery_app
from tests.services.processes import MARK, Broker, Process, redis_at, start_beat, start_web, start_worker


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--impure", action="store_true", help="Leave out the tests that use neither database nor processes."
    )


TESTS = Path(__file__).parent
IMPURE = {"db", "transactional_db", "threaded_db", "live_server", "client", "start_process", "broker"}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What uses no service passes on one database as on the other: with --impure it is not run twice."""
    if not config.getoption("impure"):
        return
    kept: list[pytest.Item] = []
    left_out: list[pytest.Item] = []
    for item in items:
        is_pure = not item.get_closest_marker("django_db") and not IMPURE & set(getattr(item, "fixturenames", ()))
        # What the Makefile runs once, runs here.
        runs_here_alone = item.path.relative_to(TESTS).parts[0] in {"browser", "services", "faults", "ops", "security"}
        (left_out if is_pure and not runs_here_alone else kept).append(item)
    items[:] = kept
    config.hook.pytest_deselected(items=left_out)


# The same examples each time: whoever changes something else is not stopped by a find. To look for more:
# pytest --hypothesis-profile=default
hypothesis_settings.register_profile("same", derandomize=True, database=None)
hypothesis_settings.load_profile("same")


PERMIT = "accounts_auditpermit"


def _delete_all(operations: DatabaseOperations, style: object, tables: list[str], **_: object) -> list[str]:
    """The audit log lets nobody delete it who holds no permit, so the table of permits comes first and last."""
    permit = f"INSERT INTO {PERMIT} (reason) VALUES ('tests')"  # noqa: S608
    tables = [*(table for table in tables if table != PERMIT), PERMIT]
    return [permit, *(f"DELETE FROM {operations.quote_name(table)};" for table in tables)]  # noqa: S608


def pytest_configure(config: pytest.Config) -> None:
    # How tests with several connections empty the database: TRUNCATE takes 0.1 s however little there is. In one
    # transaction the order does not matter, for foreign keys are checked at its end.
    for operations in (DatabaseOperations, SQLiteOperations):
        operations.sql_flush = _delete_all  # type: ignore[assignment,method-assign]
    # Tests call tasks in process, with Redis or without; only tests/services sends them to workers.
    celery_app.conf.task_always_eager = True
    if settings.REDIS_URL:
        # Tests that run side by side need a queue each.
        number = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
        own = ExitStack()
        own.enter_context(redis_at(urlsplit(settings.REDIS_URL)._replace(path=f"/{number}").geturl()))
        config.add_cleanup(own.close)


def pytest_report_header() -> str:
    engine = settings.DATABASES["default"]["ENGINE"].rpartition(".")[2]
    return f"database: {engine}, Redis: {'yes' if settings.REDIS_URL else 'no'}"


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    cache.clear()
    limits.reset()


@pytest.fixture
def threaded_db(transactional_db: None, tmp_path: Path) -> Iterator[None]:
    """The database, for threads that write side by side.

    SQLite's in-memory test database is shared by threads without waiting for each other's locks; production has a
    file. So the tests that need threads get a copy of the empty database in a file.
    """
    if connection.vendor != "sqlite" or not connection.is_in_memory_db():  # type: ignore[attr-defined]  # SQLite's own
        yield
        return
    in_memory, name = connection.connection, connection.settings_dict["NAME"]
    path = tmp_path / "threaded.sqlite3"
    with closing(sqlite3.connect(path)) as copy:
        in_memory.backup(copy)
    connection.connection, connection.settings_dict["NAME"] = None, str(path)
    yield
    connection.close()
    connection.connection, connection.settings_dict["NAME"] = in_memory, name


# --- Real processes ---------------------------------------------------------------------------------


@pytest.fixture
def start_process(threaded_db: None, tmp_path: Path) -> Iterator[Callable[..., Process]]:
    """Start processes that see the rows of this test, and end them with it."""
    processes: list[Process] = []

    def start(starter: Callable[..., Process], *args: object, **kwargs: object) -> Process:
        log = tmp_path / f"{starter.__name__.removeprefix('start_')}-{len(processes)}.log"
        processes.append(starter(log, *args, **kwargs))
        return processes[-1]

    yield start
    for process in processes:
        process.kill()
    if connection.vendor == "sqlite":
        return
    with connection.cursor() as cursor:
        # PostgreSQL notices late that a client was killed, and until then its locks block emptying the tables.
        cursor.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name = %s",
            [MARK],
        )


@pytest.fixture
def celery_worker(start_process: Callable[..., Process]) -> Callable[..., Process]:
    """celery_worker(pool="solo" or "prefork", concurrency=1, *options) starts a worker and returns its handle."""
    return lambda *args, **kwargs: start_process(start_worker, *args, **kwargs)


@pytest.fixture
def celery_beat(start_process: Callable[..., Process]) -> Callable[..., Process]:
    return lambda **kwargs: start_process(start_beat, **kwargs)


@pytest.fixture
def web_server(start_process: Callable[..., Process]) -> Callable[..., Process]:
    """web_server(workers=2, threads=1, NAME="value") starts gunicorn with these variables; the handle has its `url`."""
    return lambda *args, **kwargs: start_process(start_web, *args, **kwargs)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    """A running Redis for this test alone. Ask for it before anything that starts a process."""
    broker = Broker(tmp_path)
    broker.start()
    with redis_at(broker.url):
        yield broker
    broker.stop()
