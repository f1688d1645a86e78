"""Celery's side: load by id, one service call. The database is the record of what is due."""

from celery import shared_task
from django.conf import settings
from django.core.management import call_command
from django.db import OperationalError
from django.utils import timezone

from accounts import expiring, outbox


# Retried only when the database was out of reach. What the mail server does is recorded with the mail, and the sweep
# tries again: its waits are longer than Redis keeps a message.
@shared_task(name=outbox.SEND_TASK, autoretry_for=(OperationalError,), max_retries=5, retry_backoff=1)
def send_mail(mail_id: int) -> None:
    outbox.send_new(mail_id=mail_id, now=timezone.now())


# Not retried: the next one comes in a minute.
@shared_task(name="accounts.send_due_mail")
def send_due_mail() -> None:
    outbox.sweep(now=timezone.now())


# Not retried: the next one comes tomorrow.
@shared_task(name="accounts.clear_sessions")
def clear_sessions() -> None:
    """Delete the sessions that are over; Django leaves them in the database."""
    call_command("clearsessions")


# Not retried: the next one comes in an hour.
@shared_task(name="accounts.delete_unconfirmed")
def delete_unconfirmed() -> None:
    expiring.delete_unconfirmed(days=settings.UNCONFIRMED_ACCOUNT_DAYS, now=timezone.now())
