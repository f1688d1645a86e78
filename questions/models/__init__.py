import json
import random
import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from questions.content import LETTERS, QuestionContent, Reference
from questions.exceptions import RevisionIsImmutable
from questions.kinds import KIND_CHOICES, kind_of
from questions.models.outline import Certification, Domain, Skill, Task

__all__ = [
    "Certification",
    "Domain",
    "ImportDraft",
    "Question",
    "QuestionEvent",
    "QuestionQuerySet",
    "QuestionTask",
    "Revision",
    "Skill",
    "StemMark",
    "Tag",
    "Task",
    "new_code",
    "new_draw_key",
]


class Tag(models.Model):
    """A word that questions are found, drawn or left out by."""

    name = models.SlugField(unique=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


def new_code() -> str:
    return f"q-{uuid.uuid4().hex[:10]}"


class QuestionQuerySet(models.QuerySet["Question"]):
    def published(self) -> "QuestionQuerySet":
        return self.filter(status=Question.Status.PUBLISHED)


class Question(models.Model):
    """One item of the bank: what stays the same while its content is revised."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        IN_REVIEW = "in_review", _("in review")
        PUBLISHED = "published", _("published")
        RETIRED = "retired", _("retired")

    class Difficulty(models.TextChoices):
        EASY = "easy", _("easy")
        MEDIUM = "medium", _("medium")
        HARD = "hard", _("hard")

    code = models.SlugField(
        unique=True, default=new_code, help_text=_("The question's permanent name in files and reports.")
    )
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT, editable=False, db_index=True)
    difficulty = models.CharField(
        max_length=10, choices=Difficulty, default=Difficulty.MEDIUM, help_text=_("Your estimate.")
    )
    tags = models.ManyToManyField(Tag, blank=True, related_name="questions")
    is_reserved = models.BooleanField(
        _("reserved for exams"), default=False, db_default=False, help_text=_("Candidates cannot practise it.")
    )
    source_id = models.CharField(max_length=50, blank=True, db_index=True)
    source_chapter = models.PositiveSmallIntegerField(null=True, blank=True)
    source_title = models.CharField(max_length=200, blank=True)
    tasks = models.ManyToManyField(Task, through="QuestionTask", related_name="questions")
    published_revision = models.OneToOneField(
        "Revision", models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    loaded_digest = models.CharField(
        max_length=64,
        blank=True,
        editable=False,
        help_text=_("Digest of the last imported version. If the question differs from it, it was edited here."),
    )
    copied_from = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, editable=False, related_name="copies"
    )
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="questions_to_review",
        help_text=_("Who was asked to review the question."),
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = QuestionQuerySet.as_manager()

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(status="published") | models.Q(published_revision__isnull=False),
                name="published_question_has_a_published_revision",
            ),
        ]

    def __str__(self) -> str:
        return self.code


def new_draw_key() -> float:
    """Return where a question stands in its domain's random order: drawing starts at a random point of it."""
    return random.random()  # noqa: S311  # spreads the draw, keeps no secret


class QuestionTask(models.Model):
    """Where a question counts: one task of a certification, with what drawing needs to be one index look-up.

    `skill` is finer than the task and belongs to it; nothing is drawn or scored by it.
    """

    question = models.ForeignKey(Question, models.CASCADE, related_name="placements")
    task = models.ForeignKey(Task, models.PROTECT, related_name="placements")
    skill = models.ForeignKey(Skill, models.PROTECT, null=True, blank=True, related_name="placements")
    # Both follow from the task. They stand here because a constraint and an index need them in this table.
    certification = models.ForeignKey(Certification, models.PROTECT, related_name="placements", editable=False)
    domain = models.ForeignKey(Domain, models.PROTECT, related_name="placements", editable=False)
    draw_key = models.FloatField(default=new_draw_key, editable=False)

    class Meta:
        verbose_name = _("task")
        ordering = ["certification"]
        constraints = [
            models.UniqueConstraint(
                fields=["question", "certification"], name="one_task_per_question_and_certification"
            ),
        ]
        indexes = [models.Index(fields=["domain", "draw_key"], name="draw_from_a_domain")]

    def __str__(self) -> str:
        return gettext("%(question)s in %(task)s") % {"question": self.question, "task": self.task}

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.skill and self.skill.task_id != self.task_id:
            raise ValueError(f"{self.skill} is not a skill of {self.task}")
        self.domain = self.task.domain
        self.certification = self.domain.certification
        super().save(*args, **kwargs)


class Revision(models.Model):
    """The content of a question at one time. Published, it never changes: attempts pin it.

    What a candidate sees (`stem`, `options`) and what only a review may show (`key`, `rationales`, …) are separate
    columns, so that a page before hand-in does not even load the latter. Shapes: `options` is a list of Markdown texts,
    `rationales` a list as long. `key` has the shape of a response: see `questions.kinds`.
    """

    question = models.ForeignKey(Question, models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=KIND_CHOICES)
    shuffle_options = models.BooleanField(default=True)
    case_text = models.TextField(blank=True, default="", db_default="")
    stem = models.TextField()
    options = models.JSONField()
    choices = models.JSONField(
        default=list,
        db_default=models.Value([], models.JSONField()),
        help_text=_("What options can be matched with."),
    )
    prompt = models.JSONField(
        default=dict,
        db_default=models.Value({}, models.JSONField()),
        help_text=_("Other parts of the answer that candidates see, such as its unit."),
    )
    choose = models.PositiveSmallIntegerField(
        null=True,
        editable=False,
        help_text=_("How many options candidates are told to choose. If empty, they are not told."),
    )
    key = models.JSONField()
    rationales = models.JSONField()
    explanation = models.TextField(blank=True)
    service_note = models.TextField(blank=True)
    references = models.JSONField(default=list)
    valid_as_of = models.DateField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    published_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["question", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["question", "number"], name="one_revision_per_number"),
            models.UniqueConstraint(
                fields=["question"],
                condition=models.Q(published_at__isnull=True),
                name="one_unpublished_revision_per_question",
            ),
        ]

    def __str__(self) -> str:
        return gettext("%(question)s revision %(number)s") % {"question": self.question, "number": self.number}

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk and Revision.objects.filter(pk=self.pk, published_at__isnull=False).exists():
            raise RevisionIsImmutable(
                gettext("%(revision)s is published and cannot change. Create a new revision.") % {"revision": self}
            )
        super().save(*args, **kwargs)

    def set_content(self, content: QuestionContent) -> None:
        self.kind = content.kind
        self.shuffle_options = content.shuffle
        self.case_text = content.case
        self.stem = content.stem
        self.choices = content.choices
        self.options = [option.text for option in content.options]
        self.choose = content.choose
        self.prompt = content.prompt
        self.key = content.key
        self.rationales = [option.rationale for option in content.options]
        self.explanation = content.explanation
        self.service_note = content.service_note
        self.references = [reference.model_dump(exclude_defaults=True) for reference in content.references]
        self.valid_as_of = content.valid_as_of

    @property
    def content(self) -> QuestionContent:
        written = kind_of(self.kind).written(self, self.rationales)
        return QuestionContent(
            kind=self.kind,
            shuffle=self.shuffle_options,
            case=self.case_text,
            stem=self.stem,
            **written,
            explanation=self.explanation,
            service_note=self.service_note,
            references=tuple(Reference(**reference) for reference in self.references),
            valid_as_of=self.valid_as_of,
        )


def _option_line(option: dict[str, Any]) -> str:
    match, key = option.get("match"), " (key)" if option.get("key") else ""
    rationale = f" — {option['rationale']}" if option.get("rationale") else ""
    return f"{option['text']}{f' → {match}' if match else ''}{key}{rationale}"


class QuestionEvent(models.Model):
    """One step in the life of a question: who did what and when, with what they had to say."""

    class Kind(models.TextChoices):
        WRITTEN = "written", _("wrote a draft")
        SENT_TO_REVIEW = "sent_to_review", _("sent to review")
        COMMENTED = "commented", _("commented")
        SENT_BACK = "sent_back", _("sent back to its author")
        APPROVED = "approved", _("approved")
        PUBLISHED = "published", _("published")
        RETIRED = "retired", _("retired")
        RESTORED = "restored", _("brought back an earlier revision")
        IMPORTED = "imported", _("imported")

    question = models.ForeignKey(Question, models.CASCADE, related_name="events")
    revision = models.ForeignKey(Revision, models.SET_NULL, null=True, blank=True, related_name="events")
    kind = models.CharField(max_length=20, choices=Kind)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField()
    text = models.TextField(blank=True)
    losses = models.TextField(
        blank=True,
        default="",
        db_default="",
        help_text=_("What the imported file contained and the question does not."),
    )
    earlier = models.JSONField(null=True, help_text=_("The draft's content before an import replaced it."))

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["question", "-at"], name="events_of_a_question")]

    def __str__(self) -> str:
        return f"{self.question}: {self.get_kind_display()}"

    @property
    def did(self) -> "QuestionEvent.Kind":
        return self.Kind(self.kind)

    @property
    def earlier_lines(self) -> list[tuple[str, str]]:
        """Return what stood there before, field by field, for the history."""
        lines = []
        for name, value in (self.earlier or {}).items():
            if name == "options":
                lines += [
                    (gettext("option %(letter)s") % {"letter": letter}, _option_line(option))
                    for letter, option in zip(LETTERS, value, strict=False)
                ]
            else:
                lines.append((name.replace("_", " "), value if isinstance(value, str) else json.dumps(value)))
        return lines


class StemMark(models.Model):
    """Some hashes of the latest stem's runs of words, by which questions that ask nearly the same find each other."""

    question = models.ForeignKey(Question, models.CASCADE, related_name="stem_marks", db_index=False)
    mark = models.BigIntegerField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["question", "mark"], name="one_mark_of_a_kind")]

    def __str__(self) -> str:
        return f"{self.question}: {self.mark}"


class ImportDraft(models.Model):
    """A file that was uploaded and looked at, until its questions are imported or a day has passed."""

    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    name = models.CharField(_("file name"), max_length=200)
    format = models.CharField(max_length=20)
    data = models.BinaryField()
    # What else the person chose: task, difficulty and tags for questions whose file names none.
    defaults = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.name
