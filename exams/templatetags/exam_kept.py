"""What marks a person's answers in a browser that others use too."""

from django import template

from accounts.models import User
from exams.attempts.views.keeping import browser_key as key_of

register = template.Library()


@register.filter
def browser_key(user: User) -> str:
    return key_of(user.pk)
