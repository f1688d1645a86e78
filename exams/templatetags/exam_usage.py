"""Where a question was used, for the question's page in the admin: it stands a floor below and cannot ask itself."""

from django import template

from exams.queries import Correction, QuestionUsage, open_corrections, reported_questions, usage_of
from questions.models import Question

register = template.Library()


@register.simple_tag
def question_usage(question: Question) -> QuestionUsage:
    return usage_of(question)


@register.simple_tag
def question_corrections(question: Question) -> list[Correction]:
    return open_corrections(question)


@register.simple_tag
def reported_problems() -> int:
    """Return how many questions have an open problem report."""
    return reported_questions().count()
