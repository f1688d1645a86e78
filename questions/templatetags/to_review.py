"""What waits for somebody's review, for the first page of the admin."""

from django import template
from django.db.models import QuerySet

from accounts.models import User
from questions.models import Question
from questions.queries import questions_to_review

register = template.Library()


@register.simple_tag
def to_review(reviewer: User) -> QuerySet[Question]:
    return questions_to_review(reviewer)
