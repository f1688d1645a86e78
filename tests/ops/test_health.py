import subprocess
import sys

import pytest
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from kombu.exceptions import OperationalError

from config import celery_app
from tests.queries import count_queries

pytestmark = pytest.mark.django_db


@pytest.fixture
def no_database(monkeypatch):
    def refuse(*args, **kwargs):
        raise DatabaseError("gone")

    monkeypatch.setattr(connection, "cursor", refuse)


def test_health_asks_nothing_of_the_database(client, no_database):
    response = client.get("/health/")

    assert (response.status_code, response.text) == (200, "ok\n")


def test_ready_with_a_database_that_is_up_to_date(client):
    response = client.get("/ready/")

    assert response.status_code == 200
    assert response.json() == {"database": "ok", "broker": "none: tasks run in the web process"}


def test_not_ready_without_a_database(client, no_database):
    response = client.get("/ready/")

    assert (response.status_code, response.json()) == (503, {"database": "unreachable"})


def test_not_ready_before_the_migrations_of_this_code(client):
    (newest,) = MigrationLoader(connection).graph.leaf_nodes("exams")
    MigrationRecorder(connection).record_unapplied(*newest)

    response = client.get("/ready/")

    assert (response.status_code, response.json()) == (503, {"database": "migrations are missing"})


def test_ready_with_migrations_of_newer_code(client):
    """While a new version is rolled out, the old one goes on."""
    MigrationRecorder(connection).record_applied("exams", "9999_of_the_next_version")

    assert client.get("/ready/").status_code == 200


def test_migrations_are_looked_up_once(client):
    client.get("/ready/")

    with count_queries() as counted:
        assert client.get("/ready/").status_code == 200

    assert counted.number == 1


@pytest.fixture
def _with_workers():
    celery_app.conf.task_always_eager = False
    yield
    celery_app.conf.task_always_eager = True


@pytest.mark.usefixtures("_with_workers")
def test_ready_while_the_broker_is_away(client, monkeypatch):
    class Broker:
        def __enter__(self):
            raise OperationalError("connection refused")

        def __exit__(self, *error):
            pass

    monkeypatch.setattr(celery_app, "connection_for_write", Broker)

    response = client.get("/ready/")

    assert (response.status_code, response.json()) == (200, {"database": "ok", "broker": "unreachable"})


@pytest.mark.parametrize("path", ["/health/", "/ready/"])
def test_answer_is_kept_in_no_cache(client, path):
    assert "no-store" in client.get(path).headers["Cache-Control"]


def test_thread_of_a_save_does_not_wait_long_behind_a_busy_one():
    code = "import sys, config.wsgi; print(sys.getswitchinterval())"
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)

    assert float(found.stdout) <= 0.001
