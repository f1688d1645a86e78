"""Where a question was used, for the question's page in the admin: it stands a floor below and cannot ask itself."""

from collections.abc import Iterable

from django import template
from django.db.models import QuerySet

from accounts.models import User
from exams.blueprints.models import Exam
from exams.blueprints.queries.fixed_forms import to_mend
from exams.corrections.queries import Correction, open_corrections
from exams.problems.queries import reported_questions
from exams.statistics.queries.usage import QuestionUsage, Retirement, retirement_of, usage_of
from questions.models import Question

register = template.Library()


@register.simple_tag
def question_usage(question: Question) -> QuestionUsage:
    return usage_of(question)


@register.simple_tag
def question_corrections(question: Question) -> list[Correction]:
    return open_corrections(question)


@register.simple_tag
def what_retiring_touches(questions: Iterable[Question], instructor: User) -> Retirement:
    return retirement_of(list(questions), instructor)


@register.simple_tag
def exams_to_mend() -> QuerySet[Exam]:
    """Return the exams with fixed forms that cannot be given to candidates as they are."""
    return to_mend(Exam.objects.order_by("title"))


@register.simple_tag
def reported_problems() -> int:
    """Return how many questions have an open problem report."""
    return reported_questions().count()
