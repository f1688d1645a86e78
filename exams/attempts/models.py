import datetime as dt
import uuid
from fractions import Fraction

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from exams.attempts import timing
from exams.blueprints.models import Exam, ExamForm
from questions.models import Question, Revision, Task


class AttemptQuerySet(models.QuerySet["Attempt"]):
    def in_progress(self) -> "AttemptQuerySet":
        return self.filter(state=Attempt.State.IN_PROGRESS)

    def overdue(self, now: dt.datetime) -> "AttemptQuerySet":
        """Those still open although nothing can be saved in them any more."""
        return self.in_progress().filter(deadline_at__lt=now - timing.GRACE)

    def due_for_scoring(self) -> "AttemptQuerySet":
        return self.filter(state=Attempt.State.SUBMITTED, scoring_tries__lt=Attempt.MAX_SCORING_TRIES)

    def parked(self) -> "AttemptQuerySet":
        """Those whose scoring was given up: see `Attempt.is_parked`."""
        return self.filter(state=Attempt.State.SUBMITTED, scoring_tries__gte=Attempt.MAX_SCORING_TRIES)


class Attempt(models.Model):
    """One candidate's sitting of an exam, with everything pinned that its score depends on.

    Never deleted, nor what its terms come from: `exams.people.erasing.erase_person` makes it nobody's instead.
    """

    class State(models.TextChoices):
        IN_PROGRESS = "in_progress", _("in progress")
        SUBMITTED = "submitted", _("submitted")
        SCORED = "scored", _("scored")

    class ClosedBy(models.TextChoices):
        CANDIDATE = "candidate", _("submitted")
        DEADLINE = "deadline", _("time ran out")

    # An attempt that fails this often is parked with its reason instead of keeping the workers busy for ever.
    MAX_SCORING_TRIES = 5

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    candidate = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="attempts")
    exam = models.ForeignKey(Exam, models.PROTECT, related_name="attempts")
    assignment = models.ForeignKey(
        "Assignment", models.PROTECT, null=True, blank=True, editable=False, related_name="attempts"
    )
    form = models.ForeignKey(ExamForm, models.PROTECT, null=True, blank=True, editable=False, related_name="attempts")
    state = models.CharField(max_length=12, choices=State, default=State.IN_PROGRESS)
    started_at = models.DateTimeField()
    deadline_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.CharField(max_length=10, choices=ClosedBy, blank=True)
    # The exam's at the start, without any extra time: what is given later is a share of these. Null only where the
    # version before this column started the attempt while the site was being upgraded.
    minutes = models.PositiveSmallIntegerField(null=True, editable=False)
    seed = models.BigIntegerField()
    extra_time_percent = models.PositiveSmallIntegerField(default=0)
    cut_score = models.PositiveSmallIntegerField()
    scale_min = models.PositiveSmallIntegerField()
    scale_max = models.PositiveSmallIntegerField()
    scoring_rule = models.CharField(max_length=50)
    scoring_requested_at = models.DateTimeField(null=True, blank=True)
    scoring_tries = models.PositiveSmallIntegerField(default=0)
    scoring_error = models.TextField(blank=True)

    objects = AttemptQuerySet.as_manager()

    class Meta:
        ordering = ["-started_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["candidate", "exam"], condition=Q(state="in_progress"), name="one_open_attempt_per_exam"
            ),
            models.CheckConstraint(
                condition=Q(state="in_progress", submitted_at=None) | (~Q(state="in_progress") & ~Q(submitted_at=None)),
                name="attempt_is_submitted_at_a_moment",
            ),
            models.CheckConstraint(condition=Q(deadline_at__gt=F("started_at")), name="attempt_deadline_follows_start"),
        ]
        indexes = [
            models.Index(fields=["deadline_at"], condition=Q(state="in_progress"), name="attempts_to_close"),
            models.Index(fields=["submitted_at"], condition=Q(state="submitted"), name="attempts_to_score"),
            models.Index(fields=["candidate", "-started_at"], name="attempts_of_a_candidate"),
            models.Index(fields=["-started_at", "-id"], name="attempts_newest_first"),
        ]

    def __str__(self) -> str:
        moment = f"{self.started_at:%Y-%m-%d %H:%M}"
        return gettext("%(exam)s, %(candidate)s, %(moment)s UTC") % {
            "exam": self.exam,
            "candidate": self.candidate,
            "moment": moment,
        }

    @property
    def is_in_progress(self) -> bool:
        return self.state == self.State.IN_PROGRESS

    @property
    def is_parked(self) -> bool:
        """Whether scoring has been given up until an operator mends the reason in `scoring_error`."""
        return self.state == self.State.SUBMITTED and self.scoring_tries >= self.MAX_SCORING_TRIES

    @property
    def last_extension_id(self) -> int:
        """Return the id of the latest extension, 0 for none: what a page that gives time sends along."""
        return self.extensions.order_by("-pk").values_list("pk", flat=True).first() or 0

    @property
    def pass_share(self) -> Fraction:
        """The share of right answers that the linear estimate puts at the pass mark, exactly."""
        return Fraction(self.cut_score - self.scale_min, self.scale_max - self.scale_min)


class AskedItem(models.Model):
    """One question as it was shown to a candidate, with the answer: in an exam, or in practice.

    Options are numbered as shown everywhere in this row: `struck` and what pages send; `response` alone is in the
    revision's own numbering, like its key. `option_order[shown] = own`.
    """

    position = models.PositiveSmallIntegerField()
    question = models.ForeignKey(Question, models.PROTECT, related_name="+")
    revision = models.ForeignKey(Revision, models.PROTECT, related_name="+")
    task = models.ForeignKey(Task, models.PROTECT, related_name="+")
    option_order = models.JSONField()
    response = models.JSONField(null=True, blank=True)
    is_flagged = models.BooleanField(default=False)
    struck = models.JSONField(default=list)
    # What the candidate said of the answer; null: nothing.
    is_sure = models.BooleanField(null=True, blank=True)
    # The first complete answer, numbered like `response`, and after how many seconds it was last changed; null: never.
    first_response = models.JSONField(null=True, blank=True)
    changed_after = models.PositiveIntegerField(null=True, blank=True)
    seconds_spent = models.PositiveIntegerField(default=0)
    # How often the answer was saved, and by which page: see `exams.attempts.services.saving.save_answer`.
    sequence = models.PositiveIntegerField(default=0)
    saved_by_page = models.CharField(max_length=32, blank=True)
    page_count = models.PositiveIntegerField(default=0)

    class Meta:
        abstract = True


class AttemptItem(AskedItem):
    """One question of an attempt, with the answer that will be scored."""

    attempt = models.ForeignKey(Attempt, models.PROTECT, related_name="items")
    question = models.ForeignKey(Question, models.PROTECT, related_name="attempt_items")
    revision = models.ForeignKey(Revision, models.PROTECT, related_name="attempt_items")
    is_scored = models.BooleanField()

    class Meta:
        ordering = ["attempt", "position"]
        constraints = [
            models.UniqueConstraint(fields=["attempt", "position"], name="one_item_per_position"),
            models.UniqueConstraint(fields=["attempt", "question"], name="no_question_twice_in_an_attempt"),
        ]

    def __str__(self) -> str:
        return gettext("question %(position)s of %(attempt)s") % {"position": self.position, "attempt": self.attempt_id}


class Extension(models.Model):
    """Minutes given to one attempt under way: the only thing that moves a deadline, and who moved it."""

    attempt = models.ForeignKey(Attempt, models.PROTECT, related_name="extensions")
    minutes = models.PositiveSmallIntegerField(validators=[MinValueValidator(1)])
    reason = models.CharField(max_length=300)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["attempt", "at"]

    def __str__(self) -> str:
        return ngettext("%(count)s minute for %(attempt)s", "%(count)s minutes for %(attempt)s", self.minutes) % {
            "count": self.minutes,
            "attempt": self.attempt_id,
        }
