import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import connection

from config import celery_app
from tests.services.processes import MARK, Broker, Process, redis_at, start_beat, start_web, start_worker


@pytest.fixture(autouse=True)
def _real_services() -> Iterator[None]:
    if not (os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL")):
        pytest.fail(
            "DATABASE_URL or REDIS_URL is missing; run make test, or .ci/with_services.py pytest", pytrace=False
        )
    celery_app.conf.task_always_eager = False
    yield
    celery_app.conf.task_always_eager = True


@pytest.fixture
def start_process(transactional_db: None, tmp_path: Path) -> Iterator[Callable[..., Process]]:
    """Start processes that see the rows of this test, and end them with it."""
    processes: list[Process] = []

    def start(starter: Callable[..., Process], *args: object, **kwargs: object) -> Process:
        log = tmp_path / f"{starter.__name__.removeprefix('start_')}-{len(processes)}.log"
        processes.append(starter(log, *args, **kwargs))
        return processes[-1]

    yield start
    for process in processes:
        process.kill()
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
    return lambda: start_process(start_beat)


@pytest.fixture
def web_server(start_process: Callable[..., Process]) -> Callable[..., Process]:
    """web_server(workers=2, NAME="value") starts gunicorn with these variables; the handle has its `url`."""
    return lambda *args, **kwargs: start_process(start_web, *args, **kwargs)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    """A running Redis for this test alone. Ask for it before anything that starts a process."""
    broker = Broker(tmp_path)
    broker.start()
    with redis_at(broker.url):
        yield broker
    broker.stop()
