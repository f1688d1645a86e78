from django.conf import settings
from django.db import models
from django.db.models import Q

from exams.models.attempts import AttemptItem, Score
from exams.scoring import FULL
from questions.models import Question, Revision, Task


class JudgedAnswer(models.Model):
    """What one answer was worth: the row that reports, statistics and what a person knows are queries over.

    Each version of a score has rows of its own, which are never changed; those that count are those of the current
    score, by a join: whoever asks for an answer needs the sums of its score besides, and a mark of its own would be 65
    updates for each re-score.
    """

    class Given(models.IntegerChoices):
        ANSWER = 1, "answered"
        BLANK = 2, "left blank"
        NOT_REACHED = 3, "not reached"
        NOTHING = 4, "in an attempt without any answer"

    candidate = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    item = models.ForeignKey(AttemptItem, models.PROTECT, related_name="judged", db_index=False)
    score = models.ForeignKey(Score, models.CASCADE, related_name="answers", db_index=False)
    question = models.ForeignKey(Question, models.PROTECT, related_name="+")
    revision = models.ForeignKey(Revision, models.PROTECT, related_name="+")
    task = models.ForeignKey(Task, models.PROTECT, related_name="+")
    # In parts: `exams.scoring.FULL` for a right answer.
    earned = models.PositiveSmallIntegerField()
    is_scored = models.BooleanField()
    # Whether the person had not handed in this question before, by the moments of hand-in.
    is_first = models.BooleanField("first meeting")
    given = models.PositiveSmallIntegerField(choices=Given)
    seconds = models.PositiveIntegerField()
    answered_at = models.DateTimeField()

    class Meta:
        ordering = ["score", "item"]
        indexes = [models.Index(fields=["candidate", "question"], name="answers_of_a_candidate")]
        constraints = [
            models.UniqueConstraint(fields=["score", "item"], name="one_judged_answer_per_score"),
            models.CheckConstraint(condition=Q(earned__lte=FULL), name="answer_earns_at_most_its_point"),
        ]

    def __str__(self) -> str:
        return f"{self.earned}/{FULL} for item {self.item_id}"

    @property
    def is_right(self) -> bool:
        return self.earned == FULL
