"""Where questions were asked, for instructors."""

from dataclasses import dataclass

from django.db.models import Count

from exams.models import AttemptItem
from questions.models import Question


@dataclass(frozen=True)
class QuestionUsage:
    attempts: int
    exams: list[tuple[str, int]]


def usage_of(question: Question) -> QuestionUsage:
    """Return in how many attempts a question stood, and in those of which exams."""
    rows = (
        AttemptItem.objects.filter(question=question)
        .values("attempt__exam__title")
        .annotate(count=Count("pk"))
        .order_by("-count")
        .values_list("attempt__exam__title", "count")
    )
    exams = list(rows)
    return QuestionUsage(sum(count for _, count in exams), exams)
