from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from exams.blueprints.models import Exam, ExamForm
from questions.models import Revision


class Computed(models.Model):
    """Statistics that workers compute from the judged answers, when so many of these are new that it is worth it.

    What fails is tried some times and then parked with its reason, so that it holds up no other.
    """

    MAX_TRIES = 5

    # How many answers or attempts it was computed from, and how many have come since.
    counted = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    waiting = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    computed_at = models.DateTimeField(null=True, editable=False)
    tried_at = models.DateTimeField(null=True, editable=False)
    tries = models.PositiveSmallIntegerField(default=0, db_default=0, editable=False)
    error = models.TextField(blank=True, default="", db_default="", editable=False)

    class Meta:
        abstract = True

    @property
    def is_parked(self) -> bool:
        return self.tries >= self.MAX_TRIES


class QuestionStatistics(Computed):
    """How one revision did in all scored attempts: sums, and what follows from them.

    The sums are those of `tallying.QuestionSums`, kept because a page cannot read all answers to a question that
    many were asked: see docs/performance.md. The other columns are to be sorted and filtered by.
    """

    revision = models.OneToOneField(Revision, models.CASCADE, related_name="statistics")
    cells = models.JSONField(default=dict)
    seconds = models.JSONField(default=dict)
    not_reached = models.PositiveIntegerField(default=0)
    # `tallying.QuestionSums.first`; null: not counted yet.
    first = models.JSONField(null=True, editable=False)
    reached = models.PositiveIntegerField(default=0)
    right = models.PositiveIntegerField(default=0)
    share_right = models.FloatField(null=True, db_index=True)
    discrimination = models.FloatField(null=True, db_index=True)
    median_seconds = models.FloatField(_("median time"), null=True)
    # How likely what the next two flags say is by chance alone; see `exams.statistics.item_analysis`.
    key_p = models.FloatField(null=True, editable=False)
    negative_p = models.FloatField(null=True, editable=False)
    is_key_suspect = models.BooleanField(_("key suspect"), default=False)
    is_negative = models.BooleanField(_("negative discrimination"), default=False)
    is_too_easy = models.BooleanField(_("too easy"), default=False)
    is_too_hard = models.BooleanField(_("too hard"), default=False)
    has_dead_distractor = models.BooleanField(_("dead distractor"), default=False)

    class Meta:
        verbose_name = verbose_name_plural = _("question statistics")
        ordering = ["revision"]
        indexes = [models.Index(fields=["waiting"], condition=Q(waiting__gt=0), name="questions_to_compute")]

    def __str__(self) -> str:
        return str(self.revision)


class ExamStatistics(Computed):
    """The sums of `tallying.ExamSums`, of one fixed form or, without a form, of the drawn attempts at an exam."""

    exam = models.ForeignKey(Exam, models.CASCADE, related_name="statistics")
    form = models.OneToOneField(ExamForm, models.CASCADE, null=True, related_name="statistics")
    scores = models.JSONField(default=dict)
    right = models.JSONField(default=dict)
    squares = models.JSONField(null=True, editable=False)
    empty = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = verbose_name_plural = _("exam statistics")
        constraints = [
            models.UniqueConstraint(fields=["exam"], condition=Q(form=None), name="one_statistics_of_drawn_attempts")
        ]

    def __str__(self) -> str:
        return str(self.form or self.exam)
