#!/usr/bin/env python3
"""Run a command with a PostgreSQL and a Redis of its own, named in DATABASE_URL and REDIS_URL.

Both listen on a free port of 127.0.0.1, keep everything in one temporary directory and are gone afterwards.
Usage: with_services.py COMMAND [ARGUMENT…]
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

# PostgreSQL refuses to run as root; Debian's package makes this user.
AS_USER: dict[str, Any] = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.getuid() == 0 else {}


def find(program: str) -> str:
    versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"), key=lambda path: int(path.parts[4]))
    found = str(versions[-1]) if versions else shutil.which(program)
    return found or sys.exit(f"{program} is not installed. Run: .ci/packages postgresql redis-server")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def says_pong(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(5) == b"+PONG"
    except OSError:
        return False


@contextmanager
def running(command: list[str], directory: Path, answers: Callable[[], bool]) -> Iterator[None]:
    """Run a server until the end of the block; enter the block when it answers."""
    log = directory / f"{Path(command[0]).name}.log"
    with log.open("w") as output:
        # A session of its own: Ctrl-C is for the command, the servers outlive it.
        server = subprocess.Popen(  # noqa: S603
            command, cwd=directory, stdout=output, stderr=output, start_new_session=True, **AS_USER
        )
    try:
        give_up_at = time.monotonic() + 30
        while not answers():
            if server.poll() is not None or time.monotonic() > give_up_at:
                sys.exit(f"{command[0]} did not start:\n{log.read_text()[-2000:]}")
            time.sleep(0.02)
        yield
    finally:
        server.send_signal(signal.SIGQUIT if "postgres" in command[0] else signal.SIGTERM)  # both at once
        server.wait()


def postgres(directory: Path) -> tuple[str, Any]:
    port, data = free_port(), directory / "postgres"
    initdb = [find("initdb"), f"--pgdata={data}", "--username=postgres", "--auth=trust", "--encoding=UTF8"]
    made = subprocess.run(  # noqa: S603
        [*initdb, "--locale=C.UTF-8", "--no-sync"],
        cwd=directory,
        capture_output=True,
        text=True,
        check=False,
        **AS_USER,
    )
    if made.returncode:
        sys.exit(f"initdb failed:\n{made.stderr}")
    settings = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": directory}
    # Nothing here has to survive a crash.
    settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    command = [find("postgres"), "-D", str(data), *(f"--{name}={value}" for name, value in settings.items())]
    is_ready = [find("pg_isready"), "--quiet", "--host=127.0.0.1", f"--port={port}"]
    server = running(command, directory, lambda: subprocess.run(is_ready, check=False).returncode == 0)  # noqa: S603
    return f"postgres://postgres@127.0.0.1:{port}/postgres", server


def redis(directory: Path) -> tuple[str, Any]:
    port = free_port()
    command = [find("redis-server"), "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no"]
    return f"redis://127.0.0.1:{port}/0", running(command, directory, lambda: says_pong(port))


def run(command: list[str]) -> int:
    """Run the command. When we are interrupted it gets the time to clean up, but not for ever."""
    process = subprocess.Popen(command)  # noqa: S603
    try:
        return process.wait()
    except (KeyboardInterrupt, SystemExit) as reason:
        if isinstance(reason, SystemExit):  # Ctrl-C reaches the command by itself, SIGTERM only us
            process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
        raise


def main(command: list[str]) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    # A shell that starts us with `&` has SIGINT ignored, and the command would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="services-")))
        if AS_USER:
            shutil.chown(directory, "postgres")
        for name, (url, server) in {"DATABASE_URL": postgres(directory), "REDIS_URL": redis(directory)}.items():
            stack.enter_context(server)
            os.environ[name] = url
        return run(command)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]) if len(sys.argv) > 1 else __doc__)
