"""Several people, tabs or workers at the same moment."""

import threading
from concurrent.futures import ThreadPoolExecutor

from django.db import connection

from tests.services.processes import wait_until


def at_once(*calls):
    """Run the calls side by side, each on its own connection; return what each returned or raised."""
    barrier = threading.Barrier(len(calls))

    def run(call):
        try:
            barrier.wait(timeout=30)
            return call()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


class Behind:
    """A call in a thread that has to wait for what this thread's transaction holds."""

    def __init__(self, call):
        self._call, self._begun, self._outcome = call, threading.Event(), None
        self._backend = 0
        self._thread = threading.Thread(target=self._run)

    def start(self):
        """Return when the call waits for a lock, as far as the database tells: SQLite does not."""
        self._thread.start()
        assert self._begun.wait(timeout=30)
        if connection.vendor == "postgresql":
            wait_until(self._is_blocked, what="the call in the other thread waits for a lock")

    def outcome(self):
        self._thread.join(timeout=30)
        assert not self._thread.is_alive()
        return self._outcome

    def _run(self):
        try:
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_backend_pid()")
                    self._backend = cursor.fetchone()[0]
            self._begun.set()
            self._outcome = self._call()
        except Exception as error:
            self._outcome = error
        finally:
            connection.close()

    def _is_blocked(self):
        with connection.cursor() as cursor:
            cursor.execute("SELECT cardinality(pg_blocking_pids(%s))", [self._backend])
            return cursor.fetchone()[0] > 0
