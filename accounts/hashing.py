"""Password hashes take turns, so that they leave processor and threads to those who sit an exam.

Argon2 with OWASP's first choice of parameters: 24 ms of CPU where PBKDF2 with a million rounds takes 290, and a guess
on a graphics card costs more (docs/decisions.md). Hashes made before are verified, and replaced at the next log-in.
"""

import fcntl
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from enum import Enum
from threading import BoundedSemaphore, local
from typing import Any

from django.conf import settings
from django.contrib.auth import hashers

# One hash at a time in a process, and two more that wait: of four threads (docs/operations.md) one is always left.
# Strangers have two of these three places. The third is for whoever comes from where a log-in lately succeeded.
# At the door, where no candidate waits for a thread, those who find no place wait for one.
AT_ONCE, FOR_STRANGERS, IN_ALL = 1, 2, 3
# The longest hash is one of the old ones, half a second on a busy machine.
LONGEST_WAIT = 2.0
# For so many seconds after two met, a hash that may not wait comes only after a rest as many times as long as the last.
CROWDED, REST = 2.0, 12


class Busy(Exception):
    """All turns are taken: try again in a moment."""


class _Turns:
    def __init__(self) -> None:
        self.begun = BoundedSemaphore(AT_ONCE)
        self.strangers = BoundedSemaphore(FOR_STRANGERS)
        self.all = BoundedSemaphore(IN_ALL)
        self.rested_at = self.crowded_until = 0.0
        self.own = local()

    def begin(self, *, is_impatient: bool) -> None:
        now = time.monotonic()
        if is_impatient and now < min(self.rested_at, self.crowded_until):
            raise Busy
        if self.begun.acquire(blocking=False):
            return
        self.crowded_until = now + CROWDED
        if is_impatient or not self.begun.acquire(timeout=LONGEST_WAIT):
            raise Busy


_turns = _Turns()


def _forget() -> None:
    """A forked process begins with all turns free, whatever its parent was doing."""
    global _turns
    _turns = _Turns()


os.register_at_fork(after_in_child=_forget)


class Patience(Enum):
    NONE = "takes what the others leave, at most a thirteenth of the time"
    STRANGER = "waits"
    KNOWN = "waits, with a place that strangers do not take"


@contextmanager
def patience(level: Patience) -> Iterator[None]:
    """Let the hashes of this block wait as it says."""
    own = _turns.own
    own.patience = level
    try:
        yield
    finally:
        own.patience = Patience.STRANGER


@contextmanager
def turn() -> Iterator[None]:
    """Run the block as one of few; within it, hashes need no other turn. Raise `Busy` rather than wait for long."""
    turns = _turns
    if getattr(turns.own, "has_turn", False):
        yield
        return
    level = getattr(turns.own, "patience", Patience.STRANGER)
    with ExitStack() as places:
        for place in [turns.all] if level is Patience.KNOWN else [turns.strangers, turns.all]:
            if not place.acquire(timeout=LONGEST_WAIT if settings.IS_DOOR and level is not Patience.NONE else 0):
                turns.crowded_until = time.monotonic() + CROWDED
                raise Busy
            places.callback(place.release)
        turns.begin(is_impatient=level is Patience.NONE)
        began = time.monotonic()
        try:
            turns.own.has_turn = True
            yield
        finally:
            turns.own.has_turn = False
            turns.rested_at = time.monotonic() + REST * (time.monotonic() - began)
            turns.begun.release()


@contextmanager
def _core() -> Iterator[None]:
    """Hash on at most half of the cores, whatever the number of processes: candidates have the others.

    A lock on a file, which ends with its process; each waits for as many hashes as there are processes at most.
    """
    name = f"exams-{os.getuid()}-hash-{os.getpid() % max(1, (os.cpu_count() or 1) // 2)}"
    path = os.path.join(tempfile.gettempdir(), name)
    try:
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError:  # somebody else's file, or no place for one: then without
        yield
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


class _TakesTurns:
    def encode(self, *args: Any, **kwargs: Any) -> str:
        with turn():
            return str(super().encode(*args, **kwargs))  # type: ignore[misc]

    def verify(self, *args: Any, **kwargs: Any) -> bool:
        with turn():
            return bool(super().verify(*args, **kwargs))  # type: ignore[misc]


class _OnFewCores:
    def encode(self, *args: Any, **kwargs: Any) -> str:
        with _core():
            return str(super().encode(*args, **kwargs))  # type: ignore[misc]

    def verify(self, *args: Any, **kwargs: Any) -> bool:
        with _core():
            return bool(super().verify(*args, **kwargs))  # type: ignore[misc]


class Argon2Hasher(_TakesTurns, _OnFewCores, hashers.Argon2PasswordHasher):
    memory_cost = 19 * 1024  # KiB, so four processes need 76 MB for a moment
    time_cost = 2
    parallelism = 1


class OldHasher(_TakesTurns, hashers.PBKDF2PasswordHasher):
    """Django's default, which made all hashes before. On all cores: it takes a third of a second and is the last."""

    def harden_runtime(self, password: str, encoded: str) -> None:
        """Nothing is gained by more rounds: the next log-in replaces the hash."""
