from django.conf import settings
from django.db import models
from django.db.models import F, Q

from exams.models.attempts import Attempt
from questions.models import Question, Revision


class Rescore(models.Model):
    """The order to judge one question anew in all attempts that were asked its old revision and had begun by then.

    Each such attempt gets one score version more, which names this order; those under way get it after their score.
    """

    class Rule(models.TextChoices):
        KEY = "key", "by the corrected key"
        CREDIT = "credit", "as right for everyone"

    question = models.ForeignKey(Question, models.PROTECT, related_name="rescores")
    old_revision = models.ForeignKey(Revision, models.PROTECT, related_name="rescores")
    revision = models.ForeignKey(Revision, models.PROTECT, related_name="+", verbose_name="corrected revision")
    rule = models.CharField("judged", max_length=10, choices=Rule)
    reason = models.CharField(max_length=200, help_text="The candidates read it.")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    ordered_at = models.DateTimeField()
    requested_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "re-score"
        ordering = ["-ordered_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["old_revision", "revision", "rule"], name="one_rescore_of_a_kind"),
            models.CheckConstraint(
                condition=Q(rule="credit") | ~Q(old_revision=F("revision")),
                name="corrected_key_stands_in_another_revision",
            ),
        ]
        indexes = [models.Index(fields=["ordered_at"], condition=Q(finished_at=None), name="rescores_to_do")]

    def __str__(self) -> str:
        return f"{self.question}, revision {self.old_revision.number}, {self.get_rule_display()}"


class RescoreFailure(models.Model):
    """An attempt that an order could not judge again: how often it was tried, and why it failed the last time.

    After some tries it is parked, and holds up neither the order nor another attempt. The row goes with the success.
    """

    MAX_TRIES = 5

    rescore = models.ForeignKey(Rescore, models.CASCADE, related_name="failures")
    attempt = models.ForeignKey(Attempt, models.PROTECT, related_name="+")
    tries = models.PositiveSmallIntegerField()
    tried_at = models.DateTimeField()
    error = models.TextField()

    class Meta:
        ordering = ["tried_at", "pk"]
        constraints = [models.UniqueConstraint(fields=["rescore", "attempt"], name="one_failure_per_rescore")]

    def __str__(self) -> str:
        return f"{self.rescore}: attempt {self.attempt_id}"

    @property
    def is_parked(self) -> bool:
        return self.tries >= self.MAX_TRIES
