from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.users import User

MAX_EXTRA_TIME = 300


class ExtraTime(models.Model):
    """One grant of extra time to a person, in every exam they start until it ends. The latest one holds.

    Append-only: rows are written by `accounts.granting.grant_extra_time`, which copies the latest to the person's row.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="extra_times")
    percent = models.PositiveSmallIntegerField(
        _("extra time (%)"),
        validators=[MaxValueValidator(MAX_EXTRA_TIME)],
        help_text=_("25 extends 180 minutes to 225; 0 ends an earlier grant."),
    )
    until_at = models.DateTimeField(_("until"))
    reason = models.CharField(max_length=300)
    granted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    granted_at = models.DateTimeField()

    class Meta:
        ordering = ["-granted_at", "-pk"]
        verbose_name, verbose_name_plural = _("grant of extra time"), _("extra time in every exam")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(percent__lte=MAX_EXTRA_TIME), name="granted_time_is_at_most_300_percent"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.percent} %"
