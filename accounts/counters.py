"""Counts of limits in this process's own memory, for while Redis is down or where there is none."""

import hashlib
import secrets
import time
from array import array
from threading import Lock
from typing import Any, TypeAlias

from limits.storage import MovingWindowSupport, Storage

ROWS, CELLS, PARTS = 3, 1 << 13, 30
Sketch: TypeAlias = "list[array[int]]"


class _Window:
    """How often each key came in the last `expiry` seconds: a count-min sketch for each thirtieth of that time."""

    def __init__(self, expiry: int) -> None:
        self.part = expiry / PARTS
        self.numbers = [-1] * PARTS  # which part since 1970 each sketch counts
        self.sketches: list[Sketch] = [[] for _ in range(PARTS)]

    def now(self) -> int:
        return int(time.time() / self.part)

    def sketch_of(self, number: int) -> Sketch:
        at = number % PARTS
        if self.numbers[at] != number:
            self.numbers[at] = number
            self.sketches[at] = [array("H", bytes(2 * CELLS)) for _ in range(ROWS)]
        return self.sketches[at]

    def counts(self, cells: list[int]) -> list[tuple[int, int]]:
        """Return (part, count) for each part in which the key came, oldest first."""
        now, found = self.now(), []
        for number in range(now - PARTS + 1, now + 1):
            at = number % PARTS
            if self.numbers[at] == number and (count := _count(self.sketches[at], cells)):
                found.append((number, count))
        return found


def _count(sketch: Sketch, cells: list[int]) -> int:
    return min(row[cell] for row, cell in zip(sketch, cells, strict=True))


class BoundedStorage(Storage, MovingWindowSupport):
    """A storage of the library `limits` that has a fixed size and forgets no key before its time.

    At most 1.5 MB per length of window, whatever is sent. Keys that share cells are counted too high, never too low:
    who fills it makes it stricter and frees nobody. An entry is forgotten up to a thirtieth of the window early.
    """

    STORAGE_SCHEME = ["bounded"]
    base_exceptions = ()

    def __init__(self, uri: str | None = None, **options: Any) -> None:
        super().__init__(uri, **options)
        self._secret = secrets.token_bytes(16)  # nobody can look for keys that share cells
        self._windows: dict[int, _Window] = {}
        self._lock = Lock()

    def _cells(self, key: str) -> list[int]:
        digest = hashlib.blake2b(key.encode(), key=self._secret, digest_size=4 * ROWS).digest()
        return [int.from_bytes(digest[at : at + 4]) % CELLS for at in range(0, len(digest), 4)]

    def _window(self, expiry: int) -> _Window:
        if expiry not in self._windows:
            self._windows[expiry] = _Window(expiry)
        return self._windows[expiry]

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        cells = self._cells(key)
        with self._lock:
            window = self._window(expiry)
            if sum(count for _, count in window.counts(cells)) + amount > limit:
                return False
            for row, cell in zip(window.sketch_of(window.now()), cells, strict=True):
                row[cell] = min(row[cell] + amount, 65535)
        return True

    def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        with self._lock:
            window = self._window(expiry)
            counts = window.counts(self._cells(key))
        start = counts[0][0] * window.part if counts else time.time()
        return start, sum(count for _, count in counts)

    def clear(self, key: str) -> None:
        """Take the key's own count out of its cells. What others added to them stays."""
        cells = self._cells(key)
        with self._lock:
            for sketch in (sketch for window in self._windows.values() for sketch in window.sketches if sketch):
                own = _count(sketch, cells)
                for row, cell in zip(sketch, cells, strict=True):
                    row[cell] -= own

    def reset(self) -> int | None:
        with self._lock:
            self._windows.clear()
        return None

    def check(self) -> bool:
        return True

    # The library's other strategies, which nothing here uses.

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        raise NotImplementedError

    def get(self, key: str) -> int:
        raise NotImplementedError

    def get_expiry(self, key: str) -> float:
        raise NotImplementedError
