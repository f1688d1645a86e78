"""The application and, under /floor/, the least a web server can do for a save: the same server, the same database."""

import os
import threading
from collections.abc import Callable, Iterable
from typing import Any

import psycopg

from config.wsgi import application as site

_thread = threading.local()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    return (floor if environ["PATH_INFO"].startswith("/floor/") else site)(environ, start_response)


def floor(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Update one row by its primary key, over a lasting connection, each update a transaction."""
    body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    if not hasattr(_thread, "connection"):
        _thread.connection = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)
    _thread.connection.execute(
        "UPDATE exams_attemptitem SET response = %s, sequence = sequence + 1 WHERE id = %s",
        [f"[{len(body) % 4}]", int(environ["PATH_INFO"].rsplit("/", 1)[1])],
    )
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "5")])
    return [b"Saved"]
