"""The fault suite. `FAULTS=full` runs the counts of docs/faults.md (`make faults`); without it they are small.

Tests note the lines of the table that is printed at the end: `table(fault, rounds, name=value, …)`.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.db import connection

from config import celery_app
from tests.faults.candidates import Audit
from tests.services.processes import Process

IS_FULL = os.environ.get("FAULTS") == "full"
# SQLite is the demo on one machine: it has no workers, no broker, and no connections that could be cut.
collect_ignore = [] if os.environ.get("DATABASE_URL") else ["test_workers.py", "test_connections.py", "test_floods.py"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = terminalreporter.getreports("passed") + terminalreporter.getreports("failed")
    rounds: Counter[tuple[str, str]] = Counter()
    for report in reports:
        for name, line in report.user_properties:
            if name == "fault":
                fault, number, found = line
                rounds[fault, found] += number  # the cases of one parametrised test are one line
    if rounds:
        terminalreporter.section(f"faults, {connection.vendor}")
        for (fault, found), number in rounds.items():
            terminalreporter.write_line(f"{fault:42} {number:>6}  {found}")


@pytest.fixture
def table(record_property: Callable[[str, object], None]) -> Callable[..., None]:
    def note(fault: str, rounds: int, found: Audit | None = None, **figures: object) -> None:
        values = (vars(found) if found else {}) | figures
        cells = "  ".join(f"{name.replace('_', ' ')} {value}" for name, value in values.items())
        record_property("fault", (fault, rounds, cells))

    return note


@pytest.fixture
def times() -> Callable[[int, int], int]:
    """times(bounded, full, on_sqlite) returns how often to do it in this run."""

    def choose(bounded: int, full: int, on_sqlite: int | None = None) -> int:
        if not IS_FULL:
            return bounded
        return on_sqlite if on_sqlite is not None and connection.vendor == "sqlite" else full

    return choose


@pytest.fixture
def site(web_server: Callable[..., Process]) -> Process:
    """Two web processes of four threads. They score in process: with a broker see test_workers.py."""
    return web_server(threads=4, REDIS_URL="")


@pytest.fixture
def _real_workers() -> Iterator[None]:
    """Send tasks to workers instead of running them here."""
    assert settings.REDIS_URL
    celery_app.conf.task_always_eager = False
    yield
    celery_app.conf.task_always_eager = True
