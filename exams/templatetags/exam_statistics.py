"""How a question or an exam did, for their pages in the admin."""

from django import template
from django.utils import timezone

from exams.blueprints.models import Exam
from exams.statistics import services
from exams.statistics.item_analysis import MINIMUM_FOR_ABILITY, MINIMUM_FOR_DISTRIBUTION, MINIMUM_FOR_RELIABILITY
from exams.statistics.models import QuestionStatistics
from exams.statistics.queries import statistics as queries
from questions.models import Question

register = template.Library()
MINIMUMS = {"ability": MINIMUM_FOR_ABILITY, "exam": MINIMUM_FOR_DISTRIBUTION, "reliability": MINIMUM_FOR_RELIABILITY}


@register.inclusion_tag("admin/exams/statistics/question.html")
def question_statistics(question: Question) -> dict[str, object]:
    """All its revisions that were answered."""
    services.count_in_process(now=timezone.now())
    return {"panels": queries.question_panels(question), "counted_at": queries.counted_at(), "minimums": MINIMUMS}


@register.inclusion_tag("admin/exams/statistics/question.html")
def revision_statistics(row: QuestionStatistics) -> dict[str, object]:
    return {"panels": [queries.question_panel(row)], "counted_at": queries.counted_at(), "minimums": MINIMUMS}


@register.inclusion_tag("admin/exams/statistics/exam.html")
def exam_statistics(exam: Exam) -> dict[str, object]:
    services.count_in_process(now=timezone.now())
    return {"panels": queries.exam_panels(exam), "counted_at": queries.counted_at(), "minimums": MINIMUMS}
