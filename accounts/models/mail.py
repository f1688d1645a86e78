import datetime as dt

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class OutgoingMailQuerySet(models.QuerySet["OutgoingMail"]):
    def waiting(self) -> "OutgoingMailQuerySet":
        return self.filter(sent_at=None, parked_at=None)

    def due(self, now: dt.datetime) -> "OutgoingMailQuerySet":
        return self.waiting().filter(due_at__lte=now)

    def parked(self) -> "OutgoingMailQuerySet":
        return self.exclude(parked_at=None)


class OutgoingMail(models.Model):
    """A mail that is to be sent, was sent, or cannot be sent. Written by `accounts.outbox` and by nothing else.

    `content` is the whole message and may hold a link that lets its reader in, so it goes as soon as the mail is sent,
    and when a parked mail's links have expired. No page shows it, except the demo's own.
    """

    recipient = models.CharField(max_length=1000)
    subject = models.CharField(max_length=1000)
    content = models.JSONField(null=True, editable=False)
    queued_at = models.DateTimeField()
    due_at = models.DateTimeField(
        help_text=_("The next attempt happens no earlier than this. Postponed while the mail is being sent.")
    )
    tries = models.PositiveSmallIntegerField(default=0)
    failed_at = models.DateTimeField(null=True, help_text=_("When the mail server was last unreachable for this mail."))
    error = models.CharField(max_length=500, blank=True)
    sent_at = models.DateTimeField(null=True)
    parked_at = models.DateTimeField(null=True)

    objects = OutgoingMailQuerySet.as_manager()

    class Meta:
        verbose_name = _("mail")
        verbose_name_plural = _("mail")
        ordering = ["-queued_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(sent_at=None) | Q(parked_at=None), name="mail_is_sent_or_parked_but_not_both"
            ),
            models.CheckConstraint(
                condition=~Q(sent_at=None, parked_at=None, content=None), name="mail_that_waits_has_its_content"
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(sent_at=None, parked_at=None), name="mail_that_waits"),
            models.Index(fields=["-queued_at"], name="mail_newest_first"),
        ]

    def __str__(self) -> str:
        return gettext("%(subject)s to %(recipient)s") % {"subject": self.subject, "recipient": self.recipient}
