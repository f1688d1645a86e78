import sqlite3
from contextlib import closing

import pytest
import time_machine
from django.db import connection

from tests.exams.helpers import START


@pytest.fixture
def clock():
    """The time of day, standing at START until the test moves it."""
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


@pytest.fixture
def threaded_db(transactional_db, tmp_path):
    """The database, for threads that write side by side.

    SQLite's in-memory test database is shared by threads without waiting for each other's locks; production has a
    file. So the tests that need threads get a copy of the empty database in a file.
    """
    if connection.vendor != "sqlite" or not connection.is_in_memory_db():
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
