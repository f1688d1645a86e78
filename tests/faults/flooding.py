"""Somebody who floods the site from fifty addresses, in a process of their own.

`python -m tests.faults.flooding URL KIND N` sends N requests, or goes on for N seconds (`5s`). It prints how often each
status was answered; a connection that was cut counts as 0.
"""

import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException
from itertools import count
from urllib.parse import urlencode, urlsplit

ADDRESSES, THREADS = 50, 8
CSRF_TOKEN = "x" * 32
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
Request = tuple[str, str, bytes, dict[str, str]]


def production_headers(url: str, session: str = "") -> dict[str, str]:
    """Return what a proxy in front of production passes on."""
    cookies = f"__Host-csrftoken={CSRF_TOKEN}" + (f"; __Host-sessionid={session}" if session else "")
    origin = f"https://{urlsplit(url).hostname}"
    return {
        "Cookie": cookies,
        "Referer": f"{origin}/",
        "X-CSRFToken": CSRF_TOKEN,
    }


def posted(path: str, **fields: str) -> Request:
    return "POST", path, urlencode(fields).encode(), FORM


LARGE = b"a" * 9_000_000
WORDS = {"password1": "blue-heron-77", "password2": "blue-heron-77"}
KINDS: dict[str, Callable[[int], Request]] = {
    "failed log-ins": lambda n: posted("/accounts/login/", login=f"nobody-{n}@example.com", password="wrong-word-1"),
    "guesses": lambda n: posted("/accounts/login/", login="person-10@example.com", password=f"wrong-word-{n}"),
    "sign-ups": lambda n: posted("/accounts/signup/", email=f"new-{time.time_ns()}@example.com", **WORDS),
    "resets": lambda n: posted("/accounts/password/reset/", email=f"person-{n % 10}@example.com"),
    "long joins": lambda n: ("GET", f"/join/{'a' * 3900}/", b"", {}),
    "joins": lambda n: ("GET", f"/join/token-{n}/", b"", {}),
    "long paths": lambda n: ("GET", f"/{'a' * 3900}@", b"", {}),
    "home pages": lambda n: ("GET", "/", b"", {}),
    "made-up sessions": lambda n: ("GET", "/attempts/", b"", {"Cookie": f"__Host-sessionid=session-{n}"}),
    "large bodies": lambda n: ("POST", "/accounts/login/", b"a" * 65536, FORM | {"Content-Length": str(len(LARGE))}),
    "large bodies of nobody": lambda n: (
        "POST",
        "/attempts/",
        LARGE,  # all of it, as a proxy that buffers takes it
        FORM | {"Cookie": "__Host-sessionid=anything"},
    ),
}


def send(url: str, address: str, request: Request, headers: dict[str, str]) -> int:
    method, path, body, own = request
    connection = HTTPConnection(urlsplit(url).netloc, timeout=30, source_address=(address, 0))
    try:
        connection.request(method, path, body, {"Connection": "close"} | headers | own)
        return connection.getresponse().status
    except (OSError, HTTPException):
        return 0  # refused before all of it was sent
    finally:
        connection.close()


def flood(url: str, kind: str, number: str) -> Counter[int]:
    found: Counter[int] = Counter()
    ends_at = time.monotonic() + float(number[:-1]) if number.endswith("s") else float("inf")
    numbers = count() if number.endswith("s") else iter(range(int(number)))
    lock = threading.Lock()

    def run() -> None:
        while time.monotonic() < ends_at:
            with lock:
                n = next(numbers, None)
            if n is None:
                return
            status = send(url, f"127.0.1.{n % ADDRESSES}", KINDS[kind](n), production_headers(url))
            with lock:
                found[status] += 1

    threads = [threading.Thread(target=run) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


if __name__ == "__main__":
    sys.stdout.write(json.dumps(flood(*sys.argv[1:])))
