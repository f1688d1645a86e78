"""Mail is a row first: queued with the act, sent once, tried again, parked with its reason."""

import datetime as dt
import smtplib

import pytest
from allauth.account import app_settings
from django.conf import settings as site
from django.core import mail
from django.core.mail import EmailMultiAlternatives, send_mail
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerError

from accounts import outbox
from accounts.models import AuditEvent, OutgoingMail
from accounts.outbox import Outcome
from tests.factories import UserFactory

NOW = dt.datetime(2026, 11, 27, 9, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)

pytestmark = pytest.mark.django_db


class Failing(BaseEmailBackend):
    """Fails with `error` for these recipients, or for all; keeps what it was asked to send."""

    error: Exception = OSError("no route to host")
    only: set[str] = set()
    asked: list[str] = []

    def send_messages(self, messages):
        (to,) = messages[0].to
        self.asked.append(to)
        if not self.only or to in self.only:
            raise self.error
        return 1


@pytest.fixture(autouse=True)
def _outbox(settings):
    settings.EMAIL_BACKEND = "accounts.mail.OutboxBackend"


@pytest.fixture
def failing(settings, monkeypatch):
    settings.OUTBOX_BACKEND = f"{__name__}.Failing"
    monkeypatch.setattr(Failing, "asked", [])
    monkeypatch.setattr(Failing, "only", set())
    monkeypatch.setattr(Failing, "error", OSError("no route to host"))
    return Failing


def queue(to="ada@example.com", *, now=NOW):
    return outbox.queue(EmailMultiAlternatives("Hello", "A secret link", "site@example.com", [to]), now=now)


# --- Queued -------------------------------------------------------------------------------------------------


def test_mail_goes_out_once_what_made_it_is_committed(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        send_mail("Hello", "A link", "site@example.com", ["ada@example.com"])
        assert mail.outbox == []

    assert [message.to for message in mail.outbox] == [["ada@example.com"]]
    row = OutgoingMail.objects.get()
    assert (row.recipient, row.subject, row.tries, row.content) == ("ada@example.com", "Hello", 1, None)
    assert row.sent_at is not None


def test_mail_of_what_was_rolled_back_is_never_sent(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        send_mail("Hello", "A link", "site@example.com", ["ada@example.com"])
        transaction.set_rollback(True)

    assert (OutgoingMail.objects.count(), mail.outbox) == (0, [])


def test_everything_of_a_message_arrives():
    message = EmailMultiAlternatives(
        "Hello",
        "text",
        "site@example.com",
        ["ada@example.com"],
        ["bcc@example.com"],
        cc=["cc@example.com"],
        reply_to=["reply@example.com"],
        headers={"List-Unsubscribe": "<https://example.com/>"},
        alternatives=[("<p>html</p>", "text/html")],
    )
    row = outbox.queue(message, now=NOW)

    assert outbox.deliver(mail_id=row.pk, now=NOW) is Outcome.SENT

    (sent,) = mail.outbox
    assert (sent.subject, sent.body, sent.from_email) == ("Hello", "text", "site@example.com")
    assert (sent.to, sent.cc, sent.bcc, sent.reply_to) == (message.to, message.cc, message.bcc, message.reply_to)
    assert sent.extra_headers["List-Unsubscribe"] == "<https://example.com/>"
    assert [tuple(part) for part in sent.alternatives] == [("<p>html</p>", "text/html")]


def test_dead_broker_leaves_the_mail_to_the_sweep(monkeypatch, django_capture_on_commit_callbacks):
    def refuse(*args, **kwargs):
        raise BrokerError

    monkeypatch.setattr("accounts.tasks.send_mail.apply_async", refuse)
    with django_capture_on_commit_callbacks(execute=True):
        send_mail("Hello", "A link", "site@example.com", ["ada@example.com"])
    assert mail.outbox == []

    outbox.sweep(now=timezone.now())

    assert len(mail.outbox) == 1


# --- Sent once ------------------------------------------------------------------------------------------------


def test_message_delivered_three_times_sends_one_mail():
    row = queue()

    outcomes = [outbox.deliver(mail_id=row.pk, now=NOW) for _ in range(3)]

    assert outcomes == [Outcome.SENT, Outcome.NOT_DUE, Outcome.NOT_DUE]
    assert len(mail.outbox) == 1


def test_mail_that_is_being_sent_is_not_sent_by_another_worker(monkeypatch, failing):
    row = queue()
    seen = []
    monkeypatch.setattr(failing, "send_messages", lambda self, messages: seen.append(second()) or 1)

    def second():
        return outbox.deliver(mail_id=row.pk, now=NOW + MINUTE)

    assert outbox.deliver(mail_id=row.pk, now=NOW) is Outcome.SENT
    assert seen == [Outcome.NOT_DUE]


def test_worker_killed_while_sending_costs_a_lease_and_repeats_the_same_message_id(monkeypatch, failing):
    row = queue()
    ids = []

    def send_and_die(self, messages):
        ids.append(messages[0].message()["Message-ID"])
        if len(ids) == 1:
            raise KeyboardInterrupt  # the nearest to a kill: nothing after the server's answer runs
        return 1

    monkeypatch.setattr(failing, "send_messages", send_and_die)
    with pytest.raises(KeyboardInterrupt):
        outbox.deliver(mail_id=row.pk, now=NOW)
    outbox.sweep(now=NOW + outbox.LEASE - dt.timedelta(seconds=1))
    assert len(ids) == 1

    outbox.sweep(now=NOW + outbox.LEASE)

    assert len(ids) == 2
    assert ids[0] == ids[1]


def test_mail_that_kills_its_worker_each_time_is_parked():
    row = queue()
    OutgoingMail.objects.filter(pk=row.pk).update(tries=outbox.MAX_TRIES)

    outbox.sweep(now=NOW)

    row.refresh_from_db()
    assert (row.parked_at, mail.outbox) == (NOW, [])
    assert "its process was stopped" in row.error


# --- Tried again, parked -----------------------------------------------------------------------------------------


def test_failed_mail_is_tried_with_growing_waits_and_then_parked(failing):
    row = queue()
    now, waits = NOW, []
    while True:
        assert outbox.deliver(mail_id=row.pk, now=now) is Outcome.UNREACHABLE
        row.refresh_from_db()
        if row.parked_at:
            break
        assert outbox.deliver(mail_id=row.pk, now=row.due_at - dt.timedelta(seconds=1)) is Outcome.NOT_DUE
        waits.append(row.due_at - now)
        now = row.due_at

    assert waits == outbox.DELAYS == sorted(outbox.DELAYS)
    assert (row.tries, row.error) == (outbox.MAX_TRIES, "OSError: no route to host")


@pytest.mark.parametrize(
    ("error", "outcome", "is_parked"),
    [
        (ConnectionRefusedError("refused"), Outcome.UNREACHABLE, False),
        (TimeoutError("timed out"), Outcome.UNREACHABLE, False),
        (smtplib.SMTPServerDisconnected("gone"), Outcome.UNREACHABLE, False),
        (smtplib.SMTPAuthenticationError(535, b"no"), Outcome.UNREACHABLE, False),
        (smtplib.SMTPDataError(451, b"later"), Outcome.REFUSED, False),
        (smtplib.SMTPRecipientsRefused({"a@b.example": (450, b"grey-listed")}), Outcome.REFUSED, False),
        (smtplib.SMTPRecipientsRefused({"a@b.example": (550, b"no such user")}), Outcome.REFUSED, True),
        (ValueError("not a mail"), Outcome.REFUSED, True),
        (mail.BadHeaderError("a line break"), Outcome.REFUSED, True),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_what_the_mail_server_says_decides_what_comes_next(failing, monkeypatch, error, outcome, is_parked):
    monkeypatch.setattr(failing, "error", error)
    row = queue()

    assert outbox.deliver(mail_id=row.pk, now=NOW) is outcome

    row.refresh_from_db()
    assert (row.parked_at is not None, bool(row.error)) == (is_parked, True)


def test_one_bad_mail_holds_up_no_other(failing, monkeypatch):
    monkeypatch.setattr(failing, "only", {"bad@example.com"})
    monkeypatch.setattr(failing, "error", smtplib.SMTPRecipientsRefused({"bad@example.com": (550, b"no")}))
    for to in ("bad@example.com", "ada@example.com", "bob@example.com"):
        queue(to)

    outbox.sweep(now=NOW)

    sent = OutgoingMail.objects.exclude(sent_at=None).values_list("recipient", flat=True)
    assert sorted(sent) == ["ada@example.com", "bob@example.com"]


def test_dead_mail_server_is_asked_once_and_not_once_for_each_mail(failing):
    rows = [queue(f"person-{number}@example.com") for number in range(5)]

    outbox.sweep(now=NOW)
    for row in rows:
        outbox.send_new(mail_id=row.pk, now=NOW + MINUTE)

    assert failing.asked == ["person-0@example.com"]


def test_mail_server_that_answers_again_gets_what_waited(failing, monkeypatch):
    for number in range(3):
        queue(f"person-{number}@example.com")
    outbox.sweep(now=NOW)
    assert outbox.is_delayed(now=NOW + MINUTE)
    monkeypatch.setattr(failing, "only", {"nobody@example.com"})

    outbox.sweep(now=NOW + MINUTE)

    assert OutgoingMail.objects.waiting().count() == 0
    assert not outbox.is_delayed(now=NOW + MINUTE)


def test_header_injection_is_parked_and_nothing_leaves(settings):
    settings.OUTBOX_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    row = outbox.queue(
        EmailMultiAlternatives("Hi\nBcc: victim@example.com", "x", "a@b.example", ["c@d.example"]), now=NOW
    )

    assert outbox.deliver(mail_id=row.pk, now=NOW) is Outcome.REFUSED

    row.refresh_from_db()
    assert (row.parked_at, mail.outbox) == (NOW, [])


# --- An operator tries again ----------------------------------------------------------------------------------------


def test_parked_mail_is_sent_when_an_operator_tries_again(client, failing, monkeypatch):
    root = UserFactory(superuser=True)
    client.force_login(root)
    row = queue(now=timezone.now())
    OutgoingMail.objects.update(parked_at=timezone.now(), tries=outbox.MAX_TRIES, error="SMTPServerDisconnected")
    monkeypatch.setattr(failing, "only", {"nobody@example.com"})

    client.post("/admin/accounts/outgoingmail/", {"action": "try_again", "_selected_action": [row.pk]})
    outbox.sweep(now=timezone.now())

    row.refresh_from_db()
    assert (row.parked_at, row.sent_at is not None) == (None, True)
    assert AuditEvent.objects.filter(action="mail.requeued", actor=root, target_id=str(row.pk)).count() == 1


def test_no_page_of_the_admin_shows_what_a_mail_says(client):
    client.force_login(UserFactory(superuser=True))
    row = queue()

    pages = [client.get(f"/admin/accounts/outgoingmail/{page}") for page in ("", f"{row.pk}/change/", "?q=secret")]

    assert [page.status_code for page in pages] == [200, 200, 200]
    assert [page for page in pages if "secret link" in page.text] == []


# --- What is kept ---------------------------------------------------------------------------------------------------


def test_links_live_no_longer_than_the_outbox_thinks():
    confirmation = dt.timedelta(days=app_settings.EMAIL_CONFIRMATION_EXPIRE_DAYS)

    assert max(confirmation, dt.timedelta(seconds=site.PASSWORD_RESET_TIMEOUT)) <= outbox.LINKS_EXPIRE_AFTER


def test_parked_mail_loses_its_links_when_they_expire_and_is_not_sent_then():
    row = queue()
    OutgoingMail.objects.update(parked_at=NOW)

    outbox.sweep(now=NOW + outbox.LINKS_EXPIRE_AFTER + MINUTE)

    row.refresh_from_db()
    assert row.content is None
    assert outbox.requeue_parked(only=[row.pk], by=UserFactory(superuser=True), now=NOW) == 0


def test_old_rows_go_and_waiting_ones_stay(failing):
    sent, waiting = queue(), queue("bob@example.com")
    OutgoingMail.objects.filter(pk=sent.pk).update(sent_at=NOW, content=None)
    OutgoingMail.objects.filter(pk=waiting.pk).update(due_at=NOW + outbox.KEEP * 2)

    outbox.sweep(now=NOW + outbox.KEEP + MINUTE)

    assert list(OutgoingMail.objects.all()) == [waiting]
