import datetime as dt

from django import template
from django.utils import timezone

from exams.attempts import timing

register = template.Library()
register.filter("in_words", timing.in_words)


@register.filter
def time_left(deadline_at: dt.datetime) -> str:
    """Return how much time is left now, such as “2 h 07 min left”."""
    return f"{timing.in_words(timing.remaining(deadline_at, timezone.now()))} left"
