"""What the benchmarks share: a site like production on private services, candidates, and CPU time."""

import gzip
import http.client
import os
import re
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

ROOT = Path(__file__).resolve().parent.parent
TICK = os.sysconf("SC_CLK_TCK")
# One process of each kind would do; this is what docs/operations.md tells operators to run.
WEB = ["-m", "gunicorn", "benchmarks.wsgi", "--workers", "4", "--threads", "2", "--no-control-socket"]
WORKER = ["-m", "celery", "--quiet", "-A", "config", "worker", "--loglevel", "WARNING", "--concurrency", "1"]


def set_up_django() -> None:
    """Use the production settings in this process and those it starts, and an empty, migrated database."""
    for name in ("DATABASE_URL", "REDIS_URL"):
        if name not in os.environ:
            sys.exit(f"{name} is missing; run: make bench")
    static_root = tempfile.TemporaryDirectory(prefix="benchmark-")
    globals()["_static_root"] = static_root  # gone with the process
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
        "SECRET_KEY": secrets.token_hex(32),
        "ALLOWED_HOSTS": "localhost",
        "BEHIND_TLS_PROXY": "on",
        "LOG_LEVEL": "WARNING",
        "BENCHMARK_STATIC_ROOT": static_root.name,
    }
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)


def load_bank() -> None:
    from django.core.management import call_command

    with open(os.devnull, "w") as nowhere:
        call_command("load_bank", "fixtures", stdout=nowhere)
        call_command("create_exams", stdout=nowhere)


# --- Processes --------------------------------------------------------------------------------------


@dataclass
class Site:
    port: int
    roots: dict[str, int]

    def cpu(self) -> dict[str, float]:
        """Return the CPU seconds that each kind of process has used up to now, with all its children."""
        return {name: tree_cpu(pid) for name, pid in self.roots.items()}


def _stat(pid: int) -> list[str]:
    """Return the fields of /proc/PID/stat from the state on; see proc(5)."""
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()


def tree_cpu(root: int) -> float:
    """Return the CPU seconds of a process and its descendants, those that have ended included."""
    children: dict[int, list[int]] = {}
    used: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = _stat(int(entry.name))
            except OSError:
                continue  # ended while we looked; its parent accounts for it
            children.setdefault(int(fields[1]), []).append(int(entry.name))
            used[int(entry.name)] = sum(map(int, fields[11:15]))
    ticks, todo = 0, [root]
    while todo:
        pid = todo.pop()
        ticks += used.get(pid, 0)
        todo += children.get(pid, [])
    return ticks / TICK


def postmaster() -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(_stat(cursor.fetchone()[0])[1])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def started(arguments: Sequence[str]) -> Iterator[int]:
    process = subprocess.Popen([sys.executable, *arguments], cwd=ROOT)
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait()


@contextmanager
def running_site(*, with_worker: bool = False) -> Iterator[Site]:
    port = free_port()
    with ExitStack() as stack:
        web = stack.enter_context(started([*WEB, "--bind", f"127.0.0.1:{port}", "--log-level", "warning"]))
        roots = {"web": web, "PostgreSQL": postmaster()}
        if with_worker:
            roots["worker"] = stack.enter_context(started([*WORKER, "--without-gossip", "--without-mingle"]))
        give_up_at = time.monotonic() + 30
        while True:
            try:
                http.client.HTTPConnection("127.0.0.1", port).request("GET", "/health/", headers={"Host": "localhost"})
                break
            except OSError:
                if time.monotonic() > give_up_at:
                    sys.exit("the web server did not start")
                time.sleep(0.05)
        yield Site(port, roots)


# --- Rows ---------------------------------------------------------------------------------------------


def execute(sql: str, *params: Any) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql, params)


def copy_rows(name: str, by: str, model: UUID | int, changed: dict[str, str | None], where: str = "") -> None:
    """Copy the rows of a table that belong to the model attempt, once for each row of the temporary table `grown` (g).

    Columns as the models have them, whatever they are: `changed` gives other values, None leaves the column out.
    """
    from django.db import connection

    with connection.cursor() as cursor:
        columns = [column.name for column in connection.introspection.get_table_description(cursor, name)]
    kept = [column for column in columns if changed.get(column, "") is not None]
    values = ", ".join(changed.get(column) or f'm."{column}"' for column in kept)
    names = ", ".join(f'"{column}"' for column in kept)
    sql = f"INSERT INTO {name} ({names}) SELECT {values} FROM {name} m, grown g WHERE m.{by} = %s{where}"  # noqa: S608
    execute(sql, model)


# --- Candidates -------------------------------------------------------------------------------------


PASSWORD = secrets.token_hex(8)


def make_people(count: int) -> list[str]:
    """Create people who may log in with `PASSWORD`; return their addresses."""
    from allauth.account.models import EmailAddress
    from django.contrib.auth.hashers import make_password

    from accounts.models import User

    tag, password = secrets.token_hex(4), make_password(PASSWORD)
    users = User.objects.bulk_create(
        User(email=f"bench-{tag}-{number}@example.com", password=password) for number in range(count)
    )
    EmailAddress.objects.bulk_create(
        EmailAddress(user=user, email=user.email, verified=True, primary=True) for user in users
    )
    return [user.email for user in users]


def make_sessions(count: int) -> list[str]:
    """Create candidates who are logged in; return their session keys."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from accounts.access import LOGGED_IN_AT
    from accounts.models import User

    tag = secrets.token_hex(4)
    users = User.objects.bulk_create(User(email=f"bench-{tag}-{number}@example.com") for number in range(count))
    keys = []
    for user in users:
        session = SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session[LOGGED_IN_AT] = time.time()
        session.save()
        keys.append(str(session.session_key))
    return keys


@dataclass
class Reply:
    status: int
    headers: http.client.HTTPMessage
    body: bytes
    seconds: float


@dataclass
class Candidate:
    """A browser, as far as the server can tell: one lasting connection, cookies, the CSRF token of the page."""

    port: int
    session: str = ""
    token: str = field(default_factory=lambda: secrets.token_hex(16))
    attempt: str = ""
    page: str = ""
    sequences: dict[int, int] = field(default_factory=dict)
    options: dict[int, int] = field(default_factory=dict)
    counts: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def send(self, method: str, path: str, data: dict[str, object] | None = None, **headers: str) -> Reply:
        body = urlencode(data) if data is not None else None
        sent = {
            "Host": "localhost",
            "X-Forwarded-Proto": "https",
            "Cookie": f"__Host-sessionid={self.session}; __Host-csrftoken={self.token}",
            "Accept-Encoding": "gzip, deflate, br, zstd",
            "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0",
            **headers,
        }
        if method == "POST":
            sent |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": "https://localhost"}
            sent |= {"X-CSRFToken": self.token, "Referer": f"https://localhost{path}"}
        begun = time.perf_counter()
        try:
            self.connection.request(method, path, body, sent)
            answer = self.connection.getresponse()
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            # The server closed the idle connection, as it may at any time; a browser opens another.
            self.connection.close()
            self.connection.request(method, path, body, sent)
            answer = self.connection.getresponse()
        content = answer.read()
        return Reply(answer.status, answer.headers, content, time.perf_counter() - begun)

    def log_in(self, email: str) -> Reply:
        # From an address of their own: many log-ins from one are refused.
        source = ".".join(["10", *(str(byte) for byte in secrets.token_bytes(3))])
        data: dict[str, object] = {"login": email, "password": PASSWORD}
        reply = expect(self.send("POST", "/accounts/login/", data, **{"X-Forwarded-For": source}), 302)
        cookies = SimpleCookie("; ".join(reply.headers.get_all("Set-Cookie") or []))
        self.session = cookies["__Host-sessionid"].value
        self.token = cookies["__Host-csrftoken"].value  # a log-in changes it
        return reply

    def start(self, slug: str) -> Reply:
        reply = self.send("POST", f"/exams/{slug}/start/", {})
        self.attempt = expect(reply, 302).headers["Location"].split("/")[-2]
        return reply

    def open(self) -> Reply:
        """Load the exam page and learn from it what a save must send."""
        reply = expect(self.send("GET", f"/attempts/{self.attempt}/"), 200)
        text = gzip.decompress(reply.body).decode()
        self.page = re.findall(r'data-page="(\w+)"', text)[0]
        self.sequences = {int(q): int(n) for q, n in re.findall(r'name="q(\d+)-sequence" value="(\d+)"', text)}
        self.options = {q: len(re.findall(rf'id="q{q}-o\d"', text)) for q in self.sequences}
        return reply

    def save(self, position: int) -> Reply:
        """Choose another option than the last time, as the page would send it."""
        count = self.counts[position] = self.counts.get(position, 0) + 1
        prefix = f"q{position}"
        data: dict[str, object] = {
            f"{prefix}-choice": count % self.options[position],
            f"{prefix}-sequence": self.sequences[position],
            f"{prefix}-page": self.page,
            f"{prefix}-count": count,
            f"{prefix}-seconds": 30 + count,
        }
        path = f"/attempts/{self.attempt}/answers/{position}/"
        reply = expect(self.send("POST", path, data, **{"HX-Request": "true", "HX-Target": f"{prefix}-save"}), 200)
        self.sequences[position] += 1
        return reply

    def hand_in(self) -> Reply:
        return expect(self.send("POST", f"/attempts/{self.attempt}/hand-in/", {"then": "submit"}), 302)


def expect(reply: Reply, status: int) -> Reply:
    if reply.status != status:
        sys.exit(f"got {reply.status} instead of {status}: {reply.body[:500].decode(errors='replace')}")
    return reply


def expect_status(response: Any, status: int) -> None:
    if response.status_code != status:
        sys.exit(f"got {response.status_code} instead of {status}: {response.content[:500]}")


# --- Tables -----------------------------------------------------------------------------------------


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a Markdown table."""
    print("| " + " | ".join(head) + " |")
    print("|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join(f"{cell:.3g}" if isinstance(cell, float) else str(cell) for cell in row) + " |")
    print(flush=True)


def spread(values: Sequence[float], digits: int = 2) -> str:
    """Return the median with the least and the greatest of the runs."""
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f}–{max(values):.{digits}f})"
