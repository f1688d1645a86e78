from fractions import Fraction

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from exams.attempts.models import Attempt, AttemptItem
from exams.blueprints.rules import FULL, RULES
from exams.scoring import estimates as scoring
from questions.models import Question, Revision, Task


class Score(models.Model):
    """What an attempt was worth, by one scoring. A re-score adds a version and keeps the old one."""

    attempt = models.ForeignKey(Attempt, models.PROTECT, related_name="scores")
    version = models.PositiveIntegerField()
    is_current = models.BooleanField(default=True)
    rule = models.CharField(max_length=50)
    reason = models.CharField(max_length=300, blank=True)
    rescore = models.ForeignKey("Rescore", models.PROTECT, null=True, blank=True, related_name="scores")
    correct = models.PositiveSmallIntegerField()
    total = models.PositiveSmallIntegerField()
    unscored_correct = models.PositiveSmallIntegerField()
    unscored_total = models.PositiveSmallIntegerField()
    scaled = models.PositiveSmallIntegerField()
    is_passed = models.BooleanField(_("passed"))
    # What the scored questions earned, in parts (`exams.FULL` for a point). Null never: see the constraint. The
    # column is nullable because the version before it does not know it.
    earned = models.PositiveIntegerField(null=True, editable=False)
    # What domains and tasks were called then: see `exams.scoring.outline`.
    outline = models.JSONField()
    created_at = models.DateTimeField()
    # Whether `exams.statistics.services` has taken note of it. One mark a score tells what is new without reading
    # sixty-five answers of each.
    is_counted = models.BooleanField(default=False, db_default=False, editable=False)
    # When `exams.study` is to learn from it what the candidate knows; null: it has, or could not for that reason.
    learn_at = models.DateTimeField(null=True, db_default=Now(), editable=False)
    learning_error = models.TextField(blank=True, default="", db_default="", editable=False)

    class Meta:
        ordering = ["attempt", "-version"]
        indexes = [
            models.Index(fields=["learn_at"], condition=Q(learn_at__isnull=False), name="scores_to_learn_from"),
            models.Index(fields=["id"], condition=Q(is_current=True, is_counted=False), name="scores_to_count"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["attempt", "version"], name="one_score_per_version"),
            models.UniqueConstraint(fields=["attempt"], condition=Q(is_current=True), name="one_current_score"),
            models.UniqueConstraint(fields=["attempt", "rescore"], name="one_score_per_rescore"),
            models.CheckConstraint(condition=Q(correct__lte=F("total")), name="score_is_at_most_its_total"),
            # A version that does not write the judged answers cannot write a score either: its attempt stays due.
            models.CheckConstraint(
                condition=Q(earned__isnull=False)
                & Q(earned__gte=F("correct") * FULL)
                & Q(earned__lte=F("total") * FULL),
                name="score_has_earned_what_it_can",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scaled} ({self.shown_points}/{self.total})"

    @property
    def points(self) -> Fraction:
        """What the scored questions earned, in questions: the number of right ones where it is all or nothing."""
        return Fraction(self.earned or 0, FULL)

    @property
    def shown_points(self) -> str:
        return scoring.shown_points(self.points)

    @property
    def is_partial(self) -> bool:
        return self.rule in RULES and RULES[self.rule].is_partial

    @property
    def unit(self) -> str:
        """What is counted, as people read it: “right” or “points”."""
        return gettext("points") if self.is_partial else gettext("right")

    @property
    def share(self) -> Fraction:
        return self.points / self.total

    @property
    def rank(self) -> tuple[bool, Fraction]:
        """Compares scores by different marks and scales: passed first, then by the share right."""
        return self.is_passed, self.share

    @property
    def exact(self) -> str:
        """The estimate before rounding, where `scaled` is not simply that rounded: it was just short of the mark."""
        attempt, parts, all_parts = self.attempt, self.earned or 0, self.total * FULL
        exact = attempt.scale_min + (attempt.scale_max - attempt.scale_min) * self.share
        if self.scaled == scoring.scaled_estimate(
            parts, all_parts, scale_min=attempt.scale_min, scale_max=attempt.scale_max
        ):
            return ""
        return scoring.shown_number(exact, attempt.cut_score)

    @property
    def _standing(self) -> scoring.Standing:
        attempt = self.attempt
        return scoring.standing(
            self.earned or 0,
            self.total * FULL,
            cut_score=attempt.cut_score,
            scale_min=attempt.scale_min,
            scale_max=attempt.scale_max,
        )

    @property
    def is_passed_by_rounding(self) -> bool:
        """Whether the rounding of an earlier rule passed it: what was decided once is not decided again."""
        return self.is_passed and self._standing is scoring.Standing.BELOW

    @property
    def standing(self) -> str:
        """Where the score is, for example "at the pass mark"."""
        standing = scoring.Standing.AT if self.is_passed_by_rounding else self._standing
        words = {
            scoring.Standing.BELOW: gettext("below the pass mark"),
            scoring.Standing.AT: gettext("at the pass mark"),
            scoring.Standing.ABOVE: gettext("above the pass mark"),
        }
        return words[standing]


class JudgedAnswerQuerySet(models.QuerySet["JudgedAnswer"]):
    def counted(self) -> "JudgedAnswerQuerySet":
        """Those that count now: of current scores, and of practice."""
        return self.filter(Q(score=None) | Q(score__is_current=True))


class JudgedAnswer(models.Model):
    """What one answer was worth: the row that reports, statistics and what a person knows are queries over.

    Each version of a score has rows of its own, which are never changed; those that count are those of the current
    score, by a join: whoever asks for an answer needs the sums of its score besides, and a mark of its own would be 65
    updates for each re-score.

    An answer in practice is judged once, when it is checked, and belongs to no score.
    """

    class Given(models.IntegerChoices):
        ANSWER = 1, _("answered")
        BLANK = 2, _("left blank")
        NOT_REACHED = 3, _("not reached")
        NOTHING = 4, _("in an attempt without any answer")

    candidate = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    item = models.ForeignKey(AttemptItem, models.PROTECT, null=True, related_name="judged", db_index=False)
    score = models.ForeignKey(Score, models.CASCADE, null=True, related_name="answers", db_index=False)
    practice_item = models.OneToOneField("PracticeItem", models.PROTECT, null=True, related_name="judged")
    question = models.ForeignKey(Question, models.PROTECT, related_name="+")
    revision = models.ForeignKey(Revision, models.PROTECT, related_name="+")
    task = models.ForeignKey(Task, models.PROTECT, related_name="+")
    # In parts: `exams.FULL` for a right answer.
    earned = models.PositiveSmallIntegerField()
    is_scored = models.BooleanField()
    # Whether the person had not answered this question before: by the moments of hand-in, in practice of the check.
    is_first = models.BooleanField(_("first meeting"))
    is_sure = models.BooleanField(null=True)
    given = models.PositiveSmallIntegerField(choices=Given)
    seconds = models.PositiveIntegerField()
    answered_at = models.DateTimeField()

    objects = JudgedAnswerQuerySet.as_manager()

    class Meta:
        ordering = ["score", "item"]
        indexes = [
            models.Index(fields=["candidate", "question"], name="answers_of_a_candidate"),
            models.Index(fields=["candidate", "answered_at"], name="answers_by_day"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["score", "item"], name="one_judged_answer_per_score"),
            models.CheckConstraint(condition=Q(earned__lte=FULL), name="answer_earns_at_most_its_point"),
            models.CheckConstraint(
                condition=Q(item__isnull=False, score__isnull=False, practice_item=None)
                | Q(item=None, score=None, practice_item__isnull=False),
                name="answer_in_an_exam_or_in_practice",
            ),
        ]

    def __str__(self) -> str:
        return gettext("%(earned)s/%(full)s for item %(item)s") % {
            "earned": self.earned,
            "full": FULL,
            "item": self.item_id,
        }

    @property
    def is_right(self) -> bool:
        return self.earned == FULL

    @property
    def exam_item(self) -> AttemptItem:
        """The question of the attempt, which every answer of a score has."""
        if self.item is None:
            raise TypeError("an answer in practice is to no question of an attempt")
        return self.item


class Rescore(models.Model):
    """The order to re-score one question in all attempts that were asked its old revision and had begun by then.

    Each such attempt gets one score version more, which names this order; those under way get it after their score.
    """

    class Rule(models.TextChoices):
        KEY = "key", _("by the corrected key")
        CREDIT = "credit", _("as right for everyone")

    question = models.ForeignKey(Question, models.PROTECT, related_name="rescores")
    old_revision = models.ForeignKey(Revision, models.PROTECT, related_name="rescores")
    revision = models.ForeignKey(Revision, models.PROTECT, related_name="+", verbose_name=_("corrected revision"))
    rule = models.CharField(_("judged"), max_length=10, choices=Rule)
    reason = models.CharField(max_length=200, help_text=_("The candidates will see it."))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    ordered_at = models.DateTimeField()
    requested_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("re-score")
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
        return gettext("%(question)s, revision %(number)s, %(rule)s") % {
            "question": self.question,
            "number": self.old_revision.number,
            "rule": self.get_rule_display(),
        }


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
        return gettext("%(rescore)s: attempt %(attempt)s") % {"rescore": self.rescore, "attempt": self.attempt_id}

    @property
    def is_parked(self) -> bool:
        return self.tries >= self.MAX_TRIES
