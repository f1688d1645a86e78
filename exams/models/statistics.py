from django.db import models
from django.db.models import Q

from exams.models.exams import Exam, ExamForm
from questions.models import Revision


class QuestionStatistics(models.Model):
    """How one revision did in all scored attempts that are counted: sums, and what follows from them.

    The sums are those of `exams.tallying.QuestionSums`. The other columns stand here to be sorted and filtered by.
    """

    revision = models.OneToOneField(Revision, models.CASCADE, related_name="statistics")
    cells = models.JSONField(default=dict)
    seconds = models.JSONField(default=dict)
    not_reached = models.PositiveIntegerField(default=0)
    reached = models.PositiveIntegerField(default=0)
    right = models.PositiveIntegerField(default=0)
    share_right = models.FloatField(null=True, db_index=True)
    discrimination = models.FloatField(null=True, db_index=True)
    median_seconds = models.FloatField("median time", null=True)
    # How likely what the next two flags say is by chance alone; see `exams.item_analysis`.
    key_p = models.FloatField(null=True, editable=False)
    negative_p = models.FloatField(null=True, editable=False)
    is_key_suspect = models.BooleanField("key suspect", default=False)
    is_negative = models.BooleanField("negative discrimination", default=False)
    is_too_easy = models.BooleanField("too easy", default=False)
    is_too_hard = models.BooleanField("too hard", default=False)
    has_dead_distractor = models.BooleanField("dead distractor", default=False)

    class Meta:
        verbose_name = verbose_name_plural = "question statistics"
        ordering = ["revision"]

    def __str__(self) -> str:
        return str(self.revision)


class ExamStatistics(models.Model):
    """The sums of `exams.tallying.ExamSums`, of one fixed form or, without a form, of the drawn attempts at an exam."""

    exam = models.ForeignKey(Exam, models.CASCADE, related_name="statistics")
    form = models.OneToOneField(ExamForm, models.CASCADE, null=True, related_name="statistics")
    scores = models.JSONField(default=dict)
    right = models.JSONField(default=dict)
    empty = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = verbose_name_plural = "exam statistics"
        constraints = [
            models.UniqueConstraint(fields=["exam"], condition=Q(form=None), name="one_statistics_of_drawn_attempts")
        ]

    def __str__(self) -> str:
        return str(self.form or self.exam)


class Counting(models.Model):
    """The one row that whoever counts scores updates first: they take turns at it."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    counted_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="one_counting")]

    def __str__(self) -> str:
        return f"counted at {self.counted_at:%Y-%m-%d %H:%M} UTC"
