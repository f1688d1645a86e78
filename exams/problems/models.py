from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from exams.attempts.models import AttemptItem
from questions.models import Question, Revision


class ProblemReport(models.Model):
    """What a candidate says is wrong with a question they reviewed, and what came of it."""

    class Kind(models.TextChoices):
        WRONG_KEY = "wrong_key", _("the key is wrong")
        UNCLEAR = "unclear", _("unclear")
        OUT_OF_DATE = "out_of_date", _("out of date")
        TYPO = "typo", _("typing error")
        OTHER = "other", _("something else")

    class Outcome(models.TextChoices):
        CORRECTED = "corrected", _("corrected")
        KEPT = "kept", _("left unchanged")

    question = models.ForeignKey(Question, models.PROTECT, related_name="problem_reports")
    revision = models.ForeignKey(Revision, models.PROTECT, related_name="+")
    item = models.ForeignKey(AttemptItem, models.PROTECT, related_name="problem_reports")
    candidate = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="problem_reports")
    kind = models.CharField(max_length=15, choices=Kind)
    text = models.TextField(max_length=2000)
    created_at = models.DateTimeField()
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True)
    answer = models.TextField(blank=True, max_length=2000)
    resolved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    resolved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["item"], condition=Q(resolved_at=None), name="one_open_report_per_item"),
            models.CheckConstraint(
                condition=Q(outcome="", resolved_at=None) | (~Q(outcome="") & ~Q(resolved_at=None)),
                name="report_is_resolved_with_an_outcome",
            ),
        ]
        indexes = [models.Index(fields=["question"], condition=Q(resolved_at=None), name="open_problem_reports")]

    def __str__(self) -> str:
        return f"{self.question}: {self.get_kind_display()}"
