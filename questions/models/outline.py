"""What an exam guide lays out: a certification, its domains, their tasks and, where the guide numbers them, skills."""

from fractions import Fraction

from django.db import models
from django.utils.translation import gettext_lazy as _


class Certification(models.Model):
    """A certification as its public exam guide describes it."""

    class Status(models.TextChoices):
        ACTIVE = "active", _("active")
        BETA = "beta", _("beta")
        RETIRED = "retired", _("retired")

    code = models.SlugField(unique=True)
    name = models.CharField(max_length=200)
    status = models.CharField(max_length=10, choices=Status)
    status_note = models.TextField(blank=True)
    study_material = models.CharField(
        max_length=200, blank=True, help_text=_("Whose chapters the questions follow. If empty, no chapters are shown.")
    )
    question_count = models.PositiveSmallIntegerField(help_text=_("Questions in one form, scored and unscored."))
    unscored_count = models.PositiveSmallIntegerField(help_text=_("How many of these do not count."))
    minutes = models.PositiveSmallIntegerField()
    cut_score = models.PositiveSmallIntegerField(_("pass mark"))
    scale_min = models.PositiveSmallIntegerField(default=100)
    scale_max = models.PositiveSmallIntegerField(default=1000)
    other_forms = models.JSONField(
        default=list,
        blank=True,
        db_default=models.Value([], models.JSONField()),
        help_text=_("Further forms that the exam is given in, such as that of its beta."),
    )

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(scale_min__lt=models.F("scale_max"))
                & models.Q(cut_score__gte=models.F("scale_min"), cut_score__lte=models.F("scale_max")),
                name="certification_cut_score_lies_on_the_scale",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code.upper()} {self.name}"

    @property
    def scored_count(self) -> int:
        return self.question_count - self.unscored_count

    @property
    def is_bookable(self) -> bool:
        """Whether the real exam can be booked, as its beta too can."""
        return self.status != self.Status.RETIRED

    @property
    def pass_share(self) -> Fraction:
        """The share of right answers that the linear estimate puts at the pass mark, exactly."""
        return Fraction(self.cut_score - self.scale_min, self.scale_max - self.scale_min)


class Domain(models.Model):
    certification = models.ForeignKey(Certification, models.CASCADE, related_name="domains")
    number = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=200)
    weight = models.PositiveSmallIntegerField(help_text=_("Percentage of the scored content."))

    class Meta:
        ordering = ["certification", "number"]
        constraints = [
            models.UniqueConstraint(fields=["certification", "number"], name="one_domain_per_number"),
        ]

    def __str__(self) -> str:
        return f"{self.certification.code.upper()} {self.label}"

    @property
    def label(self) -> str:
        """The domain as its certification's own pages name it."""
        return f"{self.number} {self.name}"


class Task(models.Model):
    domain = models.ForeignKey(Domain, models.CASCADE, related_name="tasks")
    code = models.CharField(max_length=10, help_text=_("For example 1.2"))
    name = models.CharField(max_length=300)

    class Meta:
        ordering = ["domain", "code"]
        constraints = [models.UniqueConstraint(fields=["domain", "code"], name="one_task_per_code")]

    def __str__(self) -> str:
        return f"{self.domain.certification.code.upper()} {self.label}"

    @property
    def label(self) -> str:
        """The task as its certification's own pages name it."""
        return f"{self.code} {self.name}"


class Skill(models.Model):
    """One level under a task. Optional: not every exam guide numbers its skills."""

    task = models.ForeignKey(Task, models.CASCADE, related_name="skills")
    code = models.CharField(max_length=15, help_text=_("For example 1.2.3"))
    name = models.CharField(max_length=300)
    # Codes sort as numbers, not as texts: 3.1.10 comes after 3.1.9.
    position = models.PositiveSmallIntegerField(default=0, editable=False)

    class Meta:
        ordering = ["task", "position"]
        constraints = [models.UniqueConstraint(fields=["task", "code"], name="one_skill_per_code")]

    def __str__(self) -> str:
        return f"{self.task.domain.certification.code.upper()} {self.label}"

    @property
    def label(self) -> str:
        """The skill as its certification's own pages name it."""
        return f"{self.code} {self.name}"
