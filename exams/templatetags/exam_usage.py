"""Where a question was used, for the question's page in the admin: it stands a floor below and cannot ask itself."""

from django import template

from exams.queries import QuestionUsage, usage_of
from questions.models import Question

register = template.Library()


@register.simple_tag
def question_usage(question: Question) -> QuestionUsage:
    return usage_of(question)
