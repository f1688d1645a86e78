"""The log of security-relevant acts: rows that a superuser reads, and a line each in the log that operators ship."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any

from allauth.account.adapter import get_adapter
from django.db import transaction
from django.db.models import Model
from django.http import HttpRequest

from accounts.models import AuditEvent, User

logger = logging.getLogger("audit")
_request: ContextVar[HttpRequest | None] = ContextVar("audit_request", default=None)


@contextmanager
def of_request(request: HttpRequest) -> Iterator[None]:
    """Let what is recorded in this block say where it came from. Tasks and commands come from nowhere."""
    token = _request.set(request)
    try:
        yield
    finally:
        _request.reset(token)


def record(
    action: str,
    *,
    by: User | None,
    target: Model | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> AuditEvent:
    """Write one event, in the transaction of the act itself: what is rolled back was not done.

    `action` is `<subject>.<verb in the past>`, such as `cohort.member_removed`. `before` and `after` hold only what
    changed, as JSON; no password, key, token or answer belongs there.
    """
    request = _request.get()
    event = AuditEvent.objects.create(
        action=action,
        actor=by,
        actor_name=by.email if by else "",
        address=get_adapter().get_client_ip(request) if request else None,
        request_id=request.META.get("REQUEST_ID", "") if request else "",
        target_type=target._meta.label_lower if target else "",
        target_id=str(target.pk) if target else "",
        target_name=str(target)[:300] if target else "",
        before=dict(before or {}),
        after=dict(after or {}),
    )
    transaction.on_commit(partial(_log, event))
    return event


def _log(event: AuditEvent) -> None:
    """Write the line that is shipped. People are numbers in it, as in every line of the log."""
    target = f"{event.target_type} {event.target_id}".strip() or "-"
    logger.info("%s by %s on %s from %s", event.action, event.actor_id or "-", target, event.address or "-")
