"""Promise 1 while the database and the web processes fail: never a 2xx for what was not stored."""

import os
import random
import signal
import threading
from contextlib import ExitStack, closing, contextmanager, suppress
from http.client import HTTPException
from itertools import cycle

import psycopg
from django.db import connection

from tests.exams.helpers import make_mls_exam
from tests.faults.candidates import Tab, assert_nothing_lost, audit, sit_down
from tests.faults.conftest import IS_FULL
from tests.faults.test_races import LANES, in_lanes
from tests.faults.test_workers import pool_of
from tests.services.processes import MARK

OFTEN = 0.3
EVERY = 2 if IS_FULL else OFTEN


@contextmanager
def repeatedly(strike, every=EVERY):
    """Do it every so many seconds, from the first to the end of the block."""
    is_over = threading.Event()

    def run():
        with closing(connection):
            while not is_over.wait(every):
                strike()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def cut_connections():
    with connection.cursor() as cursor:
        # Tests that run side by side have servers of their own in the same PostgreSQL.
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name = %s",
            [MARK],
        )


@contextmanager
def failing_writes(code, *, at_commit):
    """Make every fifth save fail in the database with this SQLSTATE, at the statement or as late as the commit."""
    moment = "DEFERRABLE INITIALLY DEFERRED" if at_commit else "NOT DEFERRABLE"
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION injected() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF random() < 0.2 THEN"
            f" RAISE EXCEPTION 'injected' USING ERRCODE = '{code}'; END IF; RETURN NULL; END $$"
        )
        cursor.execute(
            f"CREATE CONSTRAINT TRIGGER injected AFTER UPDATE ON exams_attemptitem {moment}"
            " FOR EACH ROW EXECUTE FUNCTION injected()"
        )
        try:
            yield
        finally:
            cursor.execute("DROP FUNCTION injected CASCADE")


@contextmanager
def no_connection_left():
    """Take every connection the server has, and give them back, by turns."""
    held = ExitStack()
    name = connection.ops.quote_name(connection.settings_dict["NAME"])

    def take_all():
        # From another database, and with the door of this one shut meanwhile: the site would be back first.
        other = held.enter_context(psycopg.connect(os.environ["DATABASE_URL"], autocommit=True))
        connection.ensure_connection()
        other.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        try:
            cut_connections()
            with suppress(psycopg.OperationalError):
                while True:
                    held.enter_context(psycopg.connect(os.environ["DATABASE_URL"]))
        finally:
            other.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")

    turns = cycle([take_all, held.close])
    with held, repeatedly(lambda: next(turns)()):
        yield


def web_processes_killed(site, log):
    """Kill one of the two whenever 15 more saves were answered: a slow machine gets the time to start another."""
    answered = 0

    def strike():
        nonlocal answered
        if len(log) >= answered + 15 and (pool := pool_of(site)):
            answered = len(log)
            with suppress(ProcessLookupError):
                os.kill(random.choice(pool), signal.SIGKILL)

    return repeatedly(strike, OFTEN)  # most of the time, a process has no save in hand


def until_it_is_answered(send):
    """Send again until the server says yes, as a page does; return that answer and how often it was sent again."""
    for tries in range(5_000):
        with suppress(OSError, HTTPException):
            answer = send(is_repeat=tries > 0)
            if answer.status < 400:
                return answer, tries
            assert answer.status >= 500, answer
    raise AssertionError("never answered")


FAULTS = {
    "connections cut": lambda site, log: repeatedly(cut_connections),
    "web process killed": web_processes_killed,
    "deadlocks": lambda site, log: failing_writes("40P01", at_commit=False),
    "serialization failures at commit": lambda site, log: failing_writes("40001", at_commit=True),
}
if IS_FULL:  # not in a short run: others use the same server
    FAULTS["no connection left"] = lambda site, log: no_connection_left()


def test_acknowledged_save_is_stored_whatever_fails(site, table, times):
    saves, exam = times(60, 4_000), make_mls_exam()
    for name, fault in FAULTS.items():
        seats, log, repeats = sit_down(LANES, exam), [], []

        def sit(seat, log=log, repeats=repeats):
            tab, known = Tab(site.url, seat, log), dict.fromkeys(range(1, 66), 0)
            for number in range(saves // LANES):
                position = number % 65 + 1
                option = (number // 65 + position) % 4

                def send(is_repeat, at=position, option=option, tab=tab, known=known):
                    return tab.save(at, option, known=known[at], is_repeat=is_repeat)

                saved, tries = until_it_is_answered(send)
                known[position] = saved.sequence
                repeats.append(tries)

        with fault(site, log):
            in_lanes(sit, seats)
        for seat in seats:
            until_it_is_answered(lambda is_repeat, seat=seat: Tab(site.url, seat).hand_in())

        found = audit(log, [seat.attempt_id for seat in seats])
        table(f"saves, {name}", saves, found, sent_again=sum(repeats))
        assert_nothing_lost(found)
        assert found.acknowledged == saves // LANES * LANES
        assert sum(repeats) or not IS_FULL, "a fault that never struck shows nothing"
