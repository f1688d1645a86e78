"""CPU of beginning an exam: the start and the first page, in one process with the production settings.

Everybody in a room begins in the same minute, so this is the peak of an exam. CPU of the web process, without that of
PostgreSQL. The requests take turns; each is also given as a multiple of a page with nothing on it.
Usage: .ci/with_services.py python -m benchmarks.beginning
"""

import gc
import io
import statistics
import sys
import time
from typing import Any

from benchmarks import harness
from benchmarks.harness import make_sessions, spread, table

CANDIDATES = 30
WARM_UP = 10
RUNS = 3
EXAM = "mls-c01-full"
EMPTY = "/attempts/"  # of a candidate who has none yet
TOKEN = "x" * 32
SAME = {
    "QUERY_STRING": "",
    "SCRIPT_NAME": "",
    "SERVER_NAME": "localhost",
    "SERVER_PORT": "443",
    "SERVER_PROTOCOL": "HTTP/1.1",
    "REMOTE_ADDR": "10.0.0.1",
    "CONTENT_LENGTH": "0",
    "wsgi.url_scheme": "https",
    "wsgi.errors": sys.stderr,
    "HTTP_HOST": "localhost",
    "HTTP_X_FORWARDED_PROTO": "https",
    "HTTP_ACCEPT_ENCODING": "gzip",
    "HTTP_ORIGIN": "https://localhost",
    "HTTP_X_CSRFTOKEN": TOKEN,
}


class Browser:
    """Calls the WSGI application itself: neither a server nor a test client is part of the figure."""

    def __init__(self, application: Any, session: str) -> None:
        self.application, self.session = application, session

    def request(self, method: str, path: str) -> tuple[float, dict[str, str]]:
        """Return the CPU milliseconds of one request and the headers of its answer."""
        environ = {
            **SAME,
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "wsgi.input": io.BytesIO(),
            "HTTP_COOKIE": f"__Host-sessionid={self.session}; __Host-csrftoken={TOKEN}",
        }
        answer: list[Any] = []
        begun = time.process_time()
        response = self.application(environ, lambda *args: answer.extend(args))
        for _ in response:
            pass
        response.close()
        used = 1000 * (time.process_time() - begun)
        status = answer[0]
        if status[:3] not in {"200", "302"}:
            sys.exit(f"{method} {path} was answered {status}")
        return used, dict(answer[1])


def begin(browser: Browser) -> dict[str, float]:
    empty, _ = browser.request("GET", EMPTY)
    start, headers = browser.request("POST", f"/exams/{EXAM}/start/")
    page, _ = browser.request("GET", headers["Location"])
    return {"an empty page": empty, "start": start, "first page": page, "start and first page": start + page}


def main() -> None:
    harness.set_up_django()
    harness.load_bank()
    from config.wsgi import application

    keys = make_sessions(WARM_UP + RUNS * CANDIDATES)
    for key in keys[:WARM_UP]:
        begin(Browser(application, key))
    gc.collect()
    runs = []
    for run in range(RUNS):
        mine = keys[WARM_UP + run * CANDIDATES :][:CANDIDATES]
        used = [begin(Browser(application, key)) for key in mine]
        runs.append({name: statistics.median(one[name] for one in used) for name in used[0]})
    empty = [run["an empty page"] for run in runs]
    rows = []
    for name in runs[0]:
        values = [run[name] for run in runs]
        rows.append([name, spread(values), spread([a / b for a, b in zip(values, empty, strict=True)], 1)])
    table(["65 questions", "ms CPU", "× an empty page"], rows)


if __name__ == "__main__":
    main()
