import uuid

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from exams.attempts.models import AskedItem
from exams.cohorts.models import Cohort
from exams.study.criteria import MAX_MINUTES_A_DAY
from questions.models import Certification, Question


class StudyPlan(models.Model):
    """What a candidate prepares for: until when, and with how much time a day."""

    candidate = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="study_plans")
    certification = models.ForeignKey(Certification, models.PROTECT, related_name="+")
    exam_date = models.DateField(_("exam date"), null=True, blank=True)
    minutes_a_day = models.PositiveSmallIntegerField(
        _("minutes a day"), default=20, validators=[MinValueValidator(5), MaxValueValidator(MAX_MINUTES_A_DAY)]
    )
    # Of several certifications the one chosen last is on the home page.
    chosen_at = models.DateTimeField()
    # The memory model's, fitted to this person's answers (docs/study.md); null: those of the library.
    parameters = models.JSONField(null=True, editable=False)
    fitted_answers = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        ordering = ["candidate", "-chosen_at"]
        constraints = [
            models.UniqueConstraint(fields=["candidate", "certification"], name="one_plan_per_certification")
        ]

    def __str__(self) -> str:
        return gettext("%(certification)s, %(candidate)s") % {
            "certification": self.certification,
            "candidate": self.candidate,
        }


class PracticeSet(models.Model):
    """What to practise, to come back to and to give to others: `criteria` as `exams.study.criteria.Criteria` says."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="practice_sets")
    certification = models.ForeignKey(Certification, models.PROTECT, related_name="+")
    title = models.CharField(_("title"), max_length=100)
    criteria = models.JSONField()
    created_at = models.DateTimeField()
    cohorts = models.ManyToManyField(Cohort, through="SetAssignment", related_name="practice_sets")

    class Meta:
        ordering = ["owner", "-created_at"]

    def __str__(self) -> str:
        return self.title


class SetAssignment(models.Model):
    """A set that an instructor gives to a cohort."""

    set = models.ForeignKey(PracticeSet, models.CASCADE, related_name="assignments")
    cohort = models.ForeignKey(Cohort, models.CASCADE, related_name="set_assignments")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["cohort", "-at"]
        constraints = [models.UniqueConstraint(fields=["set", "cohort"], name="one_assignment_of_a_set")]

    def __str__(self) -> str:
        return gettext("%(set)s for %(cohort)s") % {"set": self.set, "cohort": self.cohort}


class Practice(models.Model):
    """Some questions that a candidate practises, with the answers: at once or at the end, with a clock or without."""

    class Feedback(models.TextChoices):
        EACH = "each", _("after each question")
        END = "end", _("at the end")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    candidate = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="practices")
    certification = models.ForeignKey(Certification, models.PROTECT, related_name="+")
    set = models.ForeignKey(PracticeSet, models.SET_NULL, null=True, blank=True, related_name="practices")
    title = models.CharField(max_length=100)
    feedback = models.CharField(max_length=4, choices=Feedback, default=Feedback.EACH)
    started_at = models.DateTimeField()
    # Null: without a clock.
    deadline_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["candidate", "-started_at"]
        indexes = [
            models.Index(fields=["candidate", "-started_at"], name="practices_of_a_candidate"),
            models.Index(
                fields=["candidate", "-started_at"],
                condition=models.Q(finished_at=None),
                name="practices_under_way",
            ),
        ]

    def __str__(self) -> str:
        return gettext("%(title)s, %(candidate)s") % {"title": self.title, "candidate": self.candidate}


class PracticeItem(AskedItem):
    """One question of a practice. Checked, it is locked, and its judged answer is a row of `JudgedAnswer`."""

    class Reason(models.TextChoices):
        """Why it was chosen."""

        CHOSEN = "chosen", _("chosen")
        NEW = "new", _("new")
        DUE = "due", _("to be repeated")
        MISSED = "missed", _("missed before")
        UNSURE = "unsure", _("answered unsurely before")
        SIBLING = "sibling", _("on the same task as one you missed")

    practice = models.ForeignKey(Practice, models.PROTECT, related_name="items")
    question = models.ForeignKey(Question, models.PROTECT, related_name="practice_items")
    reason = models.CharField(max_length=8, choices=Reason, default=Reason.CHOSEN)
    checked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["practice", "position"]
        constraints = [
            models.UniqueConstraint(fields=["practice", "position"], name="one_practice_item_per_position"),
            models.UniqueConstraint(fields=["practice", "question"], name="no_question_twice_in_a_practice"),
        ]

    def __str__(self) -> str:
        return gettext("question %(position)s of %(practice)s") % {
            "position": self.position,
            "practice": self.practice_id,
        }


class Memory(models.Model):
    """How well a candidate knows a question. Derived: `exams.study.services.learning` makes it from judged answers."""

    candidate = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memories", db_index=False)
    question = models.ForeignKey(Question, models.CASCADE, related_name="+")
    # The first answer and the last: repeats are never mixed with first meetings.
    was_right_first = models.BooleanField()
    is_right = models.BooleanField()
    is_sure = models.BooleanField(null=True)
    answers = models.PositiveIntegerField()
    misses = models.PositiveIntegerField()
    last_at = models.DateTimeField()
    # In days, and from 1 to 10: as `fsrs` has them (docs/study.md).
    stability = models.FloatField()
    difficulty = models.FloatField()
    # Null: not again before the exam.
    due_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = _("memories")
        ordering = ["candidate", "due_at"]
        constraints = [models.UniqueConstraint(fields=["candidate", "question"], name="one_memory_of_a_question")]
        indexes = [models.Index(fields=["candidate", "due_at"], name="memories_by_due")]

    def __str__(self) -> str:
        return gettext("%(candidate)s, %(question)s") % {"candidate": self.candidate, "question": self.question}


class Note(models.Model):
    """What a candidate keeps of a question: a text, a bookmark."""

    candidate = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notes", db_index=False)
    question = models.ForeignKey(Question, models.CASCADE, related_name="+")
    text = models.TextField(_("note"), max_length=2000, blank=True)
    is_bookmarked = models.BooleanField(default=False)
    # How often it was changed: a form says which version it was opened on.
    version = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ["candidate", "question"]
        constraints = [models.UniqueConstraint(fields=["candidate", "question"], name="one_note_of_a_question")]

    def __str__(self) -> str:
        return gettext("%(candidate)s, %(question)s") % {"candidate": self.candidate, "question": self.question}
