"""Mail that is due is a row: written in the transaction of the act, sent afterwards, tried again, and parked at last.

Celery carries the request to send, the row is the record. Retries are not Celery's own: those wait in a worker or in
Redis, and are lost with it. A try is claimed by one conditional UPDATE, so two workers never send the same mail side by
side. A worker that dies between the server's "accepted" and the row's `sent_at` makes the mail due again after `LEASE`:
a mail may come twice, with the same Message-ID, and is never lost.
"""

import datetime as dt
import logging
import smtplib
from collections.abc import Collection
from email.utils import make_msgid
from enum import Enum
from functools import partial

from celery import current_app
from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives, get_connection
from django.core.mail.utils import DNS_NAME
from django.db import transaction
from django.db.models import F, Q
from kombu.exceptions import OperationalError as BrokerError

from accounts import audit
from accounts.models import OutgoingMail, User

logger = logging.getLogger(__name__)

SEND_TASK = "accounts.send_mail"
# Longer than a task may last: whoever still holds a claim after it is dead.
LEASE = dt.timedelta(minutes=5)
# How long after each failed try the next one comes; the failure after the last of these parks the mail.
DELAYS = [dt.timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360, 720)]
MAX_TRIES = len(DELAYS) + 1
# A server that does not answer costs a worker EMAIL_TIMEOUT for each try. After a failure only the sweep tries, one
# mail at a time, so that scores do not wait behind mail.
PAUSE = dt.timedelta(seconds=90)
LINKS_EXPIRE_AFTER = dt.timedelta(days=3)
KEEP = dt.timedelta(days=30)


class Outcome(Enum):
    SENT = "sent"
    NOT_DUE = "not due"
    REFUSED = "refused"  # this mail
    UNREACHABLE = "unreachable"  # the server: the next mail would fare no better


# --- Queueing ---------------------------------------------------------------------------------------------


def queue(message: EmailMessage, *, now: dt.datetime) -> OutgoingMail:
    """Keep the message and ask for it to be sent once the transaction around this call is committed."""
    if message.attachments:
        raise ValueError("The outbox keeps no attachments.")
    headers = {"Message-ID": make_msgid(domain=DNS_NAME), **message.extra_headers}
    content = {
        "subject": str(message.subject),
        "body": str(message.body),
        "from_email": str(message.from_email),
        **{name: [str(address) for address in getattr(message, name)] for name in ("to", "cc", "bcc", "reply_to")},
        "headers": {name: str(value) for name, value in headers.items()},
        "subtype": message.content_subtype,
        "alternatives": [[str(part[0]), str(part[1])] for part in getattr(message, "alternatives", [])],
    }
    mail = OutgoingMail.objects.create(
        recipient=" ".join(", ".join(message.recipients()).split())[:1000],
        subject=" ".join(str(message.subject).split())[:1000],
        content=content,
        queued_at=now,
        due_at=now,
    )
    transaction.on_commit(partial(request_sending, mail.pk), robust=True)
    return mail


def request_sending(mail_id: int) -> None:
    """Ask a worker to send. Without a broker nothing is lost: the sweep finds the row."""
    try:
        current_app.tasks[SEND_TASK].apply_async((mail_id,), retry=False)
    except BrokerError as error:
        logger.warning("broker unreachable, mail %s will be sent by the sweep: %s", mail_id, error)


# --- Sending ----------------------------------------------------------------------------------------------


def is_delayed(*, now: dt.datetime) -> bool:
    """Tell whether the mail server did not answer a moment ago. Says nothing about anybody."""
    return OutgoingMail.objects.waiting().filter(failed_at__gt=now - PAUSE).exists()


def send_new(*, mail_id: int, now: dt.datetime) -> Outcome:
    """Send a mail that was just queued, unless the server is known to be out of reach."""
    return Outcome.NOT_DUE if is_delayed(now=now) else deliver(mail_id=mail_id, now=now)


def deliver(*, mail_id: int, now: dt.datetime) -> Outcome:
    """Try once to send a mail that is due, and record what came of it. Raises nothing that the mail server does."""
    due = OutgoingMail.objects.due(now).filter(pk=mail_id, tries__lt=MAX_TRIES)
    if not due.update(due_at=now + LEASE, tries=F("tries") + 1):
        return Outcome.NOT_DUE
    mail = OutgoingMail.objects.get(pk=mail_id)
    try:
        _message(mail).send()
    except Exception as error:  # whatever the backend raises concerns this mail, and holds up no other
        return _record_failure(mail, error, now)
    # The demo has no mail server; its own page shows what was sent.
    content = mail.content if getattr(settings, "DEMO", False) else None
    OutgoingMail.objects.filter(pk=mail_id).update(sent_at=now, error="", failed_at=None, content=content)
    OutgoingMail.objects.waiting().exclude(failed_at=None).update(failed_at=None)  # the server answers again
    return Outcome.SENT


def _message(mail: OutgoingMail) -> EmailMultiAlternatives:
    content = mail.content or {}
    message = EmailMultiAlternatives(
        **{name: content[name] for name in ("subject", "body", "from_email", "to", "cc", "bcc", "reply_to", "headers")},
        alternatives=[tuple(part) for part in content["alternatives"]],
        connection=get_connection(settings.OUTBOX_BACKEND),
    )
    message.content_subtype = content["subtype"]
    return message


def _record_failure(mail: OutgoingMail, error: Exception, now: dt.datetime) -> Outcome:
    outcome = Outcome.UNREACHABLE if _is_of_the_server(error) else Outcome.REFUSED
    is_last = mail.tries >= MAX_TRIES or _is_final(error)
    reason = " ".join(f"{type(error).__name__}: {error}".split())[:500]
    logger.warning("mail %s failed, try %s%s: %s", mail.pk, mail.tries, ", parked" if is_last else "", reason)
    OutgoingMail.objects.filter(pk=mail.pk).update(
        error=reason,
        failed_at=now if outcome is Outcome.UNREACHABLE else None,
        **({"parked_at": now} if is_last else {"due_at": now + DELAYS[mail.tries - 1]}),
    )
    return outcome


def _is_final(error: Exception) -> bool:
    """Tell whether another try can bring nothing else: the recipient is refused, or it is not a mail."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in error.recipients.values())
    return not isinstance(error, OSError)


def _is_of_the_server(error: Exception) -> bool:
    about_this_mail = (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused, smtplib.SMTPDataError)
    return isinstance(error, OSError) and not isinstance(error, about_this_mail)


# --- The sweep --------------------------------------------------------------------------------------------


def sweep(*, now: dt.datetime, limit: int = 20) -> None:
    """Send what is due, park what has had all its tries, and forget what is old."""
    waiting = OutgoingMail.objects.waiting()
    waiting.filter(due_at__lte=now, tries__gte=MAX_TRIES).update(
        parked_at=now, error="The last try did not say how it ended: its process was stopped."
    )
    for mail_id in OutgoingMail.objects.due(now).order_by("due_at", "pk").values_list("pk", flat=True)[:limit]:
        if deliver(mail_id=mail_id, now=now) is Outcome.UNREACHABLE:
            break
    OutgoingMail.objects.parked().filter(queued_at__lt=now - LINKS_EXPIRE_AFTER).exclude(content=None).update(
        content=None
    )
    OutgoingMail.objects.filter(~Q(sent_at=None) | ~Q(parked_at=None), queued_at__lt=now - KEEP).delete()


@transaction.atomic
def requeue_parked(*, only: Collection[int], by: User, now: dt.datetime) -> int:
    """Give parked mail all its tries again; return how many. What has lost its content stays parked."""
    parked = OutgoingMail.objects.parked().filter(pk__in=only).exclude(content=None)
    mails = list(parked.select_for_update(no_key=True))
    OutgoingMail.objects.filter(pk__in=[mail.pk for mail in mails]).update(parked_at=None, tries=0, due_at=now)
    for mail in mails:
        audit.record("mail.requeued", by=by, target=mail, before={"error": mail.error})
        transaction.on_commit(partial(request_sending, mail.pk), robust=True)
    return len(mails)
