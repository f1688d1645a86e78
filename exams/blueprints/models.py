from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from exams.blueprints.bounds import (
    MAX_ATTEMPTS,
    MAX_CHAPTER,
    MAX_MINUTES,
    MAX_QUESTIONS,
    MAX_SCALE,
    in_this_century,
    moment_field,
)
from exams.blueprints.rules import CHOICES, PARTIAL_RULE, RULE
from questions.models import Certification, Domain, Question, Tag, Task


class ExamQuerySet(models.QuerySet["Exam"]):
    def offered(self) -> "ExamQuerySet":
        return self.filter(is_offered=True)


# What an exam has of its certification where it does not say otherwise: a default of our own would be wrong for some.
OF_CERTIFICATION = ("minutes", "cut_score", "scale_min", "scale_max")
AS_CERTIFIED = _("If empty, the value of the certification applies.")


class Exam(models.Model):
    """An exam blueprint: what a form holds and how it is timed and scored."""

    class FormKind(models.TextChoices):
        DRAWN = "drawn", _("drawn for every attempt")
        FIXED = "fixed", _("fixed")

    class Release(models.TextChoices):
        AT_ONCE = "at_once", _("as soon as there is a score")
        AFTER_WINDOW = "after_window", _("after the exam has closed")
        NEVER = "never", _("never")

    slug = models.SlugField(unique=True)
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True, max_length=5000)
    certification = models.ForeignKey(Certification, models.PROTECT, related_name="exams")
    domain = models.ForeignKey(
        Domain,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="exams",
        help_text=_("Cover one domain only. If empty, questions come from all domains by weight."),
    )
    chapter = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MaxValueValidator(MAX_CHAPTER)],
        help_text=_("Cover one chapter of the study material only, with the chapter's mix of domains."),
    )
    question_count = models.PositiveSmallIntegerField(
        _("questions"), validators=[MaxValueValidator(MAX_QUESTIONS)], help_text=_("Scored and unscored together.")
    )
    unscored_count = models.PositiveSmallIntegerField(
        _("of these unscored"),
        default=0,
        validators=[MaxValueValidator(MAX_QUESTIONS)],
        help_text=_("Mixed in without a mark, reported separately, never counted."),
    )
    minutes = models.PositiveSmallIntegerField(
        blank=True, validators=[MaxValueValidator(MAX_MINUTES)], help_text=AS_CERTIFIED
    )
    cut_score = models.PositiveSmallIntegerField(
        _("pass mark"),
        blank=True,
        validators=[MaxValueValidator(MAX_SCALE)],
        help_text=format_lazy("{} {}", _("On the scale."), AS_CERTIFIED),
    )
    scale_min = models.PositiveSmallIntegerField(
        _("scale from"), blank=True, validators=[MaxValueValidator(MAX_SCALE)], help_text=AS_CERTIFIED
    )
    scale_max = models.PositiveSmallIntegerField(
        _("scale to"), blank=True, validators=[MaxValueValidator(MAX_SCALE)], help_text=AS_CERTIFIED
    )
    scoring_rule = models.CharField(
        _("a question counts"),
        max_length=50,
        choices=CHOICES,
        default=RULE,
        db_default=RULE,
        help_text=_(
            "For attempts started from now on; earlier attempts keep their rule. With part marks, "
            "right options add and wrong options subtract, but no question scores below zero."
        ),
    )
    prefers_unseen = models.BooleanField(
        _("unseen questions first"),
        default=True,
        help_text=_("Prefer questions that the candidate has not seen, as far as the bank allows."),
    )
    include_tags = models.ManyToManyField(
        Tag,
        blank=True,
        related_name="+",
        help_text=_("Draw only questions with at least one of these tags. If empty, any question can be drawn."),
    )
    exclude_tags = models.ManyToManyField(
        Tag, blank=True, related_name="+", help_text=_("Never draw questions with one of these tags.")
    )
    form_kind = models.CharField(
        _("forms"),
        max_length=10,
        choices=FormKind,
        default=FormKind.DRAWN,
        db_default=FormKind.DRAWN,
        help_text=_("A fixed form asks everyone the same questions; several fixed forms take turns."),
    )
    attempts_allowed = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MAX_ATTEMPTS)],
        help_text=_("Per candidate. If empty, the number is unlimited."),
    )
    show_score = models.CharField(max_length=15, choices=Release, default=Release.AT_ONCE, db_default=Release.AT_ONCE)
    show_key = models.CharField(
        max_length=15,
        choices=Release,
        default=Release.AT_ONCE,
        db_default=Release.AT_ONCE,
        help_text=_("The questions again, with the right answers."),
    )
    show_explanations = models.CharField(
        max_length=15, choices=Release, default=Release.AT_ONCE, db_default=Release.AT_ONCE
    )
    is_offered = models.BooleanField(
        _("offered to candidates"),
        default=True,
        help_text=_("Without this, only cohorts to which the exam is assigned can take it."),
    )
    opens_at = moment_field(help_text=_("If empty, the exam is open at once."))
    closes_at = moment_field(help_text=_("Nobody can start after this moment; attempts under way keep their time."))

    objects = ExamQuerySet.as_manager()

    class Meta:
        ordering = [
            "certification",
            F("chapter").asc(nulls_first=True),
            F("domain__number").asc(nulls_first=True),
            "-question_count",
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(unscored_count__lt=F("question_count")),
                name="exam_has_a_scored_question",
                violation_error_message=_("At least one question must be scored."),
            ),
            models.CheckConstraint(
                condition=Q(scale_min__lt=F("scale_max"), cut_score__gte=F("scale_min"), cut_score__lte=F("scale_max")),
                name="exam_cut_score_lies_on_the_scale",
                violation_error_message=_("The pass mark must lie on the scale."),
            ),
            models.CheckConstraint(
                condition=Q(minutes__gte=1),
                name="exam_has_time",
                violation_error_message=_("Give at least one minute."),
            ),
            models.CheckConstraint(
                condition=Q(opens_at=None) | Q(closes_at=None) | Q(opens_at__lt=F("closes_at")),
                name="exam_opens_before_it_closes",
                violation_error_message=_("The exam must open before it closes."),
            ),
            in_this_century("exam_opens_and_closes_in_this_century", "opens_at", "closes_at"),
        ]

    def __str__(self) -> str:
        return self.title

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.fill_from_certification()
        super().save(*args, **kwargs)

    def fill_from_certification(self) -> None:
        for name in OF_CERTIFICATION:
            if getattr(self, name) is None and self.certification_id is not None:
                setattr(self, name, getattr(self.certification, name))

    def clean(self) -> None:
        self.fill_from_certification()
        if self.domain and self.domain.certification_id != self.certification_id:
            raise ValidationError({"domain": gettext("Choose a domain of the exam's certification.")})
        before = Exam.objects.filter(pk=self.pk, attempts__isnull=False).first()
        pinned = ["certification_id", "domain_id", "chapter"]
        if before and any(getattr(before, name) != getattr(self, name) for name in pinned):
            raise ValidationError(
                gettext(
                    "This exam has been taken. Changing its certification, domain or chapter would change "
                    "what old results mean. Create another exam."
                )
            )
        order = list(self.Release)
        if order.index(self.Release(self.show_explanations)) < order.index(self.Release(self.show_key)):
            raise ValidationError(
                {
                    "show_explanations": gettext(
                        "Explanations reveal the right answer, so they cannot appear before the key."
                    )
                }
            )
        if self.domain and self.chapter:
            raise ValidationError(gettext("Choose a domain or a chapter, not both."))

    @property
    def has_fixed_forms(self) -> bool:
        return self.FormKind(self.form_kind) is self.FormKind.FIXED

    @property
    def is_practice(self) -> bool:
        """Whether it asks one domain or chapter only: its result says nothing about the whole exam."""
        return self.domain_id is not None or self.chapter is not None

    @property
    def gives_part_marks(self) -> bool:
        return self.scoring_rule == PARTIAL_RULE

    @property
    def withholds_something(self) -> bool:
        """Whether a candidate sees anything of score, key and explanations later than at once, or never."""
        return {self.show_score, self.show_key, self.show_explanations} != {self.Release.AT_ONCE}

    @property
    def scored_count(self) -> int:
        return self.question_count - self.unscored_count


class ExamQuota(models.Model):
    """How many questions a domain or a task gives. An exam with quotas follows them instead of the domains' weights."""

    exam = models.ForeignKey(Exam, models.CASCADE, related_name="quotas")
    domain = models.ForeignKey(Domain, models.PROTECT, related_name="+")
    task = models.ForeignKey(
        Task,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("If empty, any task of the domain without its own quota."),
    )
    question_count = models.PositiveSmallIntegerField(
        _("questions"), validators=[MinValueValidator(1), MaxValueValidator(MAX_QUESTIONS)]
    )

    class Meta:
        ordering = ["domain", "task"]
        constraints = [
            models.UniqueConstraint(
                fields=["exam", "domain"], condition=Q(task=None), name="one_quota_per_whole_domain"
            ),
            models.UniqueConstraint(fields=["exam", "task"], name="one_quota_per_task"),
            models.CheckConstraint(condition=Q(question_count__gte=1), name="quota_asks_for_a_question"),
        ]

    def __str__(self) -> str:
        return gettext("%(count)s from %(name)s") % {"count": self.question_count, "name": self.task or self.domain}


class ExamForm(models.Model):
    """A fixed form of an exam: the same questions in the same order for everyone who gets it."""

    exam = models.ForeignKey(Exam, models.CASCADE, related_name="forms")
    number = models.PositiveSmallIntegerField()
    seed = models.BigIntegerField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["exam", "number"]
        constraints = [models.UniqueConstraint(fields=["exam", "number"], name="one_form_per_number")]

    def __str__(self) -> str:
        return gettext("%(exam)s, form %(number)s") % {"exam": self.exam, "number": self.number}


class FormQuestion(models.Model):
    """A question's place in a fixed form. Its published revision is pinned when an attempt starts."""

    form = models.ForeignKey(ExamForm, models.CASCADE, related_name="questions")
    position = models.PositiveSmallIntegerField()
    question = models.ForeignKey(Question, models.PROTECT, related_name="+")
    task = models.ForeignKey(Task, models.PROTECT, related_name="+")
    is_scored = models.BooleanField()

    class Meta:
        ordering = ["form", "position"]
        constraints = [
            models.UniqueConstraint(fields=["form", "position"], name="one_form_question_per_position"),
            models.UniqueConstraint(fields=["form", "question"], name="no_question_twice_in_a_form"),
        ]

    def __str__(self) -> str:
        return gettext("question %(position)s of %(form)s") % {"position": self.position, "form": self.form}
