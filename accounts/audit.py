"""The log of security-relevant acts: rows that a superuser reads, and a line each in the log that operators ship."""

import datetime as dt
import json
import logging
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any

from allauth.account.adapter import get_adapter
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.db.models import Model, Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.http import HttpRequest
from django.utils import translation

from accounts.models import AuditEvent, AuditPermit, User

logger = logging.getLogger("audit")
_request: ContextVar[HttpRequest | None] = ContextVar("audit_request", default=None)

# What is left of `before` and `after` when they named somebody who was erased.
ERASED = {"erased": True}
# So many old events go in one transaction.
BATCH = 5_000


@contextmanager
def of_request(request: HttpRequest) -> Iterator[None]:
    """Let what is recorded in this block say where it came from. Tasks and commands come from nowhere."""
    token = _request.set(request)
    try:
        yield
    finally:
        _request.reset(token)


def current_request() -> HttpRequest | None:
    """Return the request that this code serves, if it serves one."""
    return _request.get()


def actor() -> User | None:
    """Return whoever is signed in to the request that this code serves."""
    user = getattr(_request.get(), "user", None)
    return user if user is not None and user.is_authenticated else None


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
    # In the source's own words whatever the person reads: names are what later events and an erasure find rows by.
    with translation.override(None):
        event = AuditEvent.objects.create(
            action=action,
            actor=by,
            actor_name=by.email if by else "",
            address=get_adapter().get_client_ip(request) if request else None,
            request_id=request.META.get("REQUEST_ID", "") if request else "",
            target_type=target._meta.label_lower if target else "",
            target_id=str(target.pk) if target else "",
            target_name=str(target)[:300] if target else "",
            before=_as_json(before or {}),
            after=_as_json(after or {}),
        )
    transaction.on_commit(partial(_log, event))
    return event


def _as_json(values: Mapping[str, Any]) -> Any:
    """Return what JSON can hold; what it does not know, such as a row, is written as people read it."""

    class Encoder(DjangoJSONEncoder):
        def default(self, o: Any) -> Any:
            try:
                return super().default(o)
            except TypeError:
                return str(o)

    return json.loads(json.dumps(dict(values), cls=Encoder))


def _log(event: AuditEvent) -> None:
    """Write the line that is shipped. People are numbers in it, as in every line of the log."""
    target = f"{event.target_type} {event.target_id}".strip() or "-"
    fields = {
        "event_id": event.pk,
        "action": event.action,
        "actor_id": event.actor_id,
        "target_type": event.target_type,
        "target_id": event.target_id,
        "address": event.address,
    }
    logger.info(
        "%s by %s on %s from %s",
        *(event.action, event.actor_id or "-", target, event.address or "-"),
        extra={"audit": {name: value for name, value in fields.items() if value}},
    )


def recorded_actions() -> list[str]:
    """Return every action that was ever recorded, by one step in the index for each: DISTINCT would read all rows."""
    table = connection.ops.quote_name(AuditEvent._meta.db_table)
    following = f"SELECT min(action) FROM {table}"  # noqa: S608  # our own table
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH RECURSIVE found(action) AS ({following} UNION ALL "  # noqa: S608
            f"SELECT ({following} WHERE action > found.action) FROM found WHERE found.action IS NOT NULL) "
            "SELECT action FROM found WHERE action IS NOT NULL"
        )
        return [action for (action,) in cursor.fetchall()]


# --- The two exceptions from "append-only" ---------------------------------------------------------------------------


@contextmanager
def _permitted(reason: str) -> Iterator[QuerySet[AuditEvent]]:
    """Yield the events as ordinary rows; the triggers let them change until the end of the block."""
    with transaction.atomic():
        permit = AuditPermit.objects.create(reason=reason)
        yield QuerySet(AuditEvent)
        permit.delete()


def events_about(
    person: User, *, addresses: Collection[str] = (), targets: Mapping[str, Collection[Any]] | None = None
) -> list[int]:
    """Return the ids of the events that were done to this person: to the account, to these rows of theirs (their ids by
    `app.model`), or with one of their addresses in what is kept of them."""
    own = {User._meta.label_lower: [person.pk], **(targets or {})}
    about = Q()
    for label, ids in own.items():
        about |= Q(target_type=label, target_id__in=[str(pk) for pk in ids])
    found = set(AuditEvent.objects.filter(about).values_list("pk", flat=True))
    texts = {name: Cast(name, TextField()) for name in ("before", "after")}
    texts = {f"{name}_text": text for name, text in texts.items()}
    for address in addresses:
        containing = Q(target_name__icontains=address)
        for text in {address, json.dumps(address)[1:-1]}:  # SQLite keeps letters beyond ASCII as JSON escapes them
            containing |= Q(before_text__icontains=text) | Q(after_text__icontains=text)
        # Whole addresses only: who owns m@example.com cannot erase what names jim@example.com.
        whole = re.compile(rf"(?<![\w.+-]){re.escape(address)}(?![\w.-])", re.IGNORECASE)
        for event in AuditEvent.objects.alias(**texts).filter(containing):
            if whole.search(" ".join([event.target_name, str(event.before), str(event.after)])):
                found.add(event.pk)
    return sorted(found)


def erase_names(*, person: User, about: Sequence[int]) -> None:
    """Take out of the log what names a person who is erased: names, addresses, values. Acts and numbers stay."""
    with _permitted("erasure") as events:
        events.filter(actor=person).update(actor_name="", address=None)
        for start in range(0, len(about), BATCH):
            chosen = events.filter(pk__in=about[start : start + BATCH])
            chosen.exclude(before={}).update(before=ERASED)
            chosen.exclude(after={}).update(after=ERASED)
            chosen.update(target_name="")


def delete_older_than(*, moment: dt.datetime) -> int:
    """Delete the events of before this moment, in batches; return how many. Leaves an event that says so."""
    deleted = 0
    while True:
        with _permitted("retention") as events:
            oldest = list(events.filter(at__lt=moment).order_by("at").values_list("pk", flat=True)[:BATCH])
            count, _ = events.filter(pk__in=oldest).delete()
        deleted += count
        if count < BATCH:
            break
    if deleted:
        record("audit.expired", by=None, after={"events": deleted, "before": moment})
    return deleted
