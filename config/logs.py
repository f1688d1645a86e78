"""What a log line says: which request, person, attempt and task it belongs to, and what happened.

A person is a number here. E-mail addresses, the keys of links, queries, and the values that PostgreSQL quotes in its
errors are taken out of every line, whoever writes it; passwords and answers are in no message.
"""

import json
import logging
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest

SANE_ID = re.compile(r"[\w.-]{8,64}", re.ASCII)
# It begins where a word does: to try each of 4,000 letters before an @ took a tenth of a second.
ADDRESS = re.compile(r"(?<![^\s@'\"<>(){}\[\],:;=])[^\s@'\"<>(){}\[\],:;=]+@[^\s@'\"<>(){}\[\],:;]+\.\w+")
# Of links that let in whoever has them. By its form, for not every path that is logged was resolved. Each expression
# here reads a text once: none looks ahead further than it takes.
SECRET = re.compile(r"(/join/|/confirm-email/|/password/reset/key/)[^\s?\"']*[^\s?\"'/]", re.IGNORECASE)
QUERY = re.compile(r"(?<=\S)\?[^\s\"'<>]+")
NAMED = re.compile(
    r"((?:session|csrf|passw|token|secret|otp|authorization|cookie|referer)[\w-]{0,30}[\"']?\s{0,3}[:=]\s{0,3}[\"']?"
    r"(?:Bearer )?|\bcode=)[^\s\"'&,;)}\]]+",
    re.IGNORECASE,
)
# A long part of a path may be the key of a link that leads nowhere: mistyped, or of another version of this site.
LONG_PART = re.compile(r"(?<=/)[\w.:~%+=-]{20,}", re.ASCII)
NO_SECRET = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"  # an attempt
    r"|[\w.-]+\.(?:py|js|css|svg|png|ico|woff2?|map|txt|pdf|csv|xlsx)",
    re.ASCII,
)
DETAIL = re.compile(r"^(DETAIL|CONTEXT):.*\n?", re.MULTILINE)


@dataclass(frozen=True)
class Context:
    """What the lines of this moment belong to. The request tells its user and attempt once they are known."""

    request_id: str = ""
    request: HttpRequest | None = None
    task_id: str = ""
    attempt_id: str = ""

    @property
    def arguments(self) -> dict[str, Any]:
        """Return what the URL conf read from the address."""
        match = self.request.resolver_match if self.request else None
        return match.kwargs if match else {}

    def fields(self) -> dict[str, str]:
        user = getattr(self.request, "user", None)
        # Not through the lazy user: a line of the log must not cause a query.
        user_id = getattr(getattr(user, "_wrapped", user), "pk", None)
        found = {
            "request_id": self.request_id,
            "user_id": user_id,
            "attempt_id": self.attempt_id or self.arguments.get("attempt_id"),
            "task_id": self.task_id,
        }
        return {name: str(value) for name, value in found.items() if value}


NOTHING = Context()
_context: ContextVar[Context] = ContextVar("log_context", default=NOTHING)


def current() -> Context:
    return _context.get()


@contextmanager
def of_request(request: HttpRequest) -> Iterator[str]:
    """Mark the lines of this block with the request, and yield its id: the proxy's if it is sane, or a new one."""
    # Not from `request.headers`, which would take apart all of them for this one.
    given = request.META.get("HTTP_X_REQUEST_ID", "")
    request_id = given if SANE_ID.fullmatch(given) else uuid.uuid4().hex
    token = _context.set(Context(request_id, request))
    try:
        yield request_id
    finally:
        _context.reset(token)


def begin_task(*, task_id: str, attempt_id: str, request_id: str) -> None:
    """Mark the lines from here on with the task, until `end_task`. Within a request, it stays the request's too."""
    _context.set(
        replace(current(), task_id=task_id, attempt_id=attempt_id, request_id=request_id or current().request_id)
    )


def end_task() -> None:
    request = current().request
    _context.set(Context(current().request_id, request) if request else NOTHING)


def clean(text: str) -> str:
    """Take out what must not be in a log."""
    for name in ("key", "token"):  # of such a link, wherever it stands
        if secret := current().arguments.get(name):
            text = text.replace(secret, "…")
    text = LONG_PART.sub(_masked, SECRET.sub(r"\1…", QUERY.sub("?…", NAMED.sub(r"\1…", text))))
    return ADDRESS.sub("…@…", DETAIL.sub("", text)) if "@" in text or "DETAIL" in text else text


def _masked(found: re.Match[str]) -> str:
    """Leave out a part of a path that looks like a secret: one long piece with digits or mixed letters."""
    part = found[0]
    if NO_SECRET.fullmatch(part):
        return part
    has_long = any(len(piece) > 15 and not piece.isalpha() for piece in re.split(r"[.:~%+=-]", part))
    is_mixed = all(re.search(letters, part) for letters in ("[a-z]", "[A-Z]", "[0-9]"))
    return "…" if has_long or is_mixed else part


class Lines(logging.Formatter):
    """Lines for people: what happened, then what it belongs to."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        marks = "".join(f" {name}={value}" for name, value in current().fields().items())
        return clean(super().formatMessage(record)) + marks

    def formatException(self, ei: Any) -> str:
        return clean(super().formatException(ei))

    def formatStack(self, stack_info: str) -> str:
        return clean(super().formatStack(stack_info))


class JsonLines(Lines):
    """One JSON object a line, with these fields and no others: a record may carry a whole request."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": clean(record.getMessage()),
            **current().fields(),
            **getattr(record, "access", {}),
            **getattr(record, "audit", {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)
