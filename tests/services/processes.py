"""Real processes for tests: started, awaited by what they answer, stopped or killed."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

import kombu.pools
import redis
from django.conf import settings
from django.db import connection
from django.test import override_settings

from config import celery_app

MARK = "process-under-test"


def wait_until(predicate: Callable[[], object], timeout: float = 15, what: object = "") -> None:
    """Return as soon as the predicate holds; fail after `timeout` seconds, saying `what` was waited for."""
    give_up_at = time.monotonic() + timeout
    while not predicate():
        if time.monotonic() > give_up_at:
            raise AssertionError(f"not within {timeout} s: {what or predicate}")
        time.sleep(0.02)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def redis_at(url: str) -> Iterator[None]:
    """Send this process's tasks, and those of the processes it starts, to another Redis."""
    before = celery_app.conf.broker_url
    with override_settings(REDIS_URL=url, CELERY_BROKER_URL=url):
        _publish_to(url)
        try:
            yield
        finally:
            _publish_to(before)


def _publish_to(url: str) -> None:
    kombu.pools.reset()
    celery_app._after_fork()  # forgets the pools just closed
    celery_app.conf.broker_url = url


def database_url() -> str:
    """Return the address of the test database, for other processes."""
    name = str(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()


@dataclass
class Process:
    popen: subprocess.Popen[bytes]
    log: Path
    url: str = ""

    @property
    def pid(self) -> int:
        return self.popen.pid

    @property
    def is_running(self) -> bool:
        return self.popen.poll() is None

    @property
    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def __str__(self) -> str:
        return f"{self.log.stem}, whose output ends with:\n{self.output[-2000:]}"

    def kill(self) -> None:
        """End the process and all its children at once, as a power cut would."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self.popen.wait(timeout=15)

    def stop(self) -> None:
        """Ask the process to end in order; a worker finishes the task it has."""
        if self.is_running:
            self.popen.terminate()
            try:
                self.popen.wait(timeout=15)
            finally:
                self.kill()


def start(
    command: list[str], log: Path, is_ready: Callable[[Process], bool], url: str = "", **variables: str
) -> Process:
    """Start a process in its own group, on the test database, and return when it is ready."""
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "DATABASE_URL": database_url(),
        "REDIS_URL": settings.REDIS_URL,
        "PGAPPNAME": MARK,
        **variables,
    }
    # A test run that is killed takes its processes along.
    command = ["setpriv", "--pdeathsig", "KILL", *command]
    with log.open("wb") as output:
        popen = subprocess.Popen(
            command, cwd=settings.BASE_DIR, env=environment, stdout=output, stderr=output, start_new_session=True
        )
    process = Process(popen, log, url)
    wait_until(lambda: not process.is_running or is_ready(process), 30, process)
    if not process.is_running:
        raise AssertionError(f"It ended at once: {process}")
    return process


def start_worker(log: Path, pool: str = "solo", concurrency: int = 1, *options: str, **variables: str) -> Process:
    command = [sys.executable, "-m", "celery", "-A", "config", "worker", "-l", "INFO", "-n", f"{log.stem}@test"]
    size = ["-P", pool, "-c", str(concurrency), "--without-mingle", "--without-gossip"]
    return start([*command, *size, *options], log, lambda process: " ready." in process.output, **variables)


def start_beat(log: Path, schedule: Path | None = None) -> Process:
    command = [sys.executable, "-m", "celery", "-A", "config", "beat", "-l", "INFO"]
    command += ["-s", str(schedule or log.with_suffix(".db"))]
    return start(command, log, lambda process: "beat: Starting..." in process.output)


def start_web(
    log: Path, workers: int = 2, threads: int = 1, port: int = 0, asking: str = "/ready/", **variables: str
) -> Process:
    url = f"http://127.0.0.1:{port or free_port()}"
    command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--no-control-socket"]
    command += ["-w", str(workers), "--threads", str(threads)]
    return start([*command, "-b", url.removeprefix("http://")], log, lambda p: is_up(p.url, asking), url, **variables)


def is_up(url: str, asking: str = "/ready/") -> bool:
    try:
        with urlopen(f"{url}{asking}", timeout=5) as response:  # noqa: S310 (our own address)
            return bool(response.status == 200)
    except OSError:
        return False


class Broker:
    """A Redis that a test may stop and start. It keeps nothing: stopping it loses every message."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = ["redis-server", "--bind", "127.0.0.1", "--port", str(self.port), "--save", ""]
        self.process = subprocess.Popen(command, cwd=self.directory, stdout=subprocess.DEVNULL, start_new_session=True)
        wait_until(self.answers, what="Redis answers")

    def stop(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def answers(self) -> bool:
        with redis.Redis.from_url(self.url, retry=None) as client:
            try:
                return bool(client.ping())
            except redis.ConnectionError:
                return False
