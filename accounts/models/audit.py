from collections.abc import Iterable
from typing import Any, Never

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _


class AuditIsAppendOnly(TypeError):
    """Code tried to change or delete what was written down. The database refuses it, too."""


class AuditEventQuerySet(models.QuerySet["AuditEvent"]):
    def update(self, **kwargs: Any) -> Never:
        raise AuditIsAppendOnly("The audit log is never changed.")

    def delete(self) -> Never:
        raise AuditIsAppendOnly("The audit log is never deleted from.")

    def bulk_update(self, objs: Iterable[Any], fields: Any, batch_size: int | None = None) -> Never:
        self.update()


class AuditEvent(models.Model):
    """One security-relevant act: who did what to whom or what, from where, and what it was before and after.

    Append-only: `accounts.audit.record` writes rows, and triggers refuse every later change. Names are kept as they
    were, so that a row can be read after what it names has gone; two functions of `accounts.audit` are the exceptions,
    one for a person who is erased and one for the end of the retention time.
    """

    at = models.DateTimeField(default=timezone.now, db_index=True)
    action = models.CharField(max_length=60, db_index=True)
    # A number for good, also of an account that is gone: nothing may change the row, so no constraint may either.
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.DO_NOTHING, null=True, blank=True, related_name="+", db_constraint=False
    )
    actor_name = models.CharField(max_length=254, blank=True)
    address = models.GenericIPAddressField(null=True, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    target_type = models.CharField(max_length=100, blank=True)
    target_id = models.CharField(max_length=64, blank=True)
    target_name = models.CharField(max_length=300, blank=True)
    before = models.JSONField(default=dict, blank=True, encoder=DjangoJSONEncoder)
    after = models.JSONField(default=dict, blank=True, encoder=DjangoJSONEncoder)

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        # What the superuser's list is searched and filtered by stays fast at a million rows.
        indexes = [
            models.Index(fields=["target_type", "target_id"], name="audit_events_of_a_target"),
            models.Index(fields=["actor_name"], name="audit_events_by_a_name"),
            models.Index(fields=["target_name"], name="audit_events_of_a_name"),
            models.Index(fields=["address"], name="audit_events_from_an_address"),
        ]

    def __str__(self) -> str:
        return _("%(action)s by %(actor)s") % {"action": self.action, "actor": self.actor_name or _("nobody")}

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AuditIsAppendOnly("The audit log is never changed.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Never:
        raise AuditIsAppendOnly("The audit log is never deleted from.")


class AuditPermit(models.Model):
    """While a transaction holds a row of this table, the triggers let it erase names or delete what is too old.

    No other transaction sees the row, and it is deleted before the commit: outside of `accounts.audit` the table is
    always empty. Both PostgreSQL and SQLite have triggers that can ask for it.
    """

    reason = models.CharField(max_length=60)

    def __str__(self) -> str:
        return self.reason
