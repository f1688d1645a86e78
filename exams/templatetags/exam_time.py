import datetime as dt

from django import template
from django.utils import timezone
from django.utils.translation import gettext as _

from exams.attempts import timing

register = template.Library()
register.filter("in_words", timing.in_words)
register.filter("in_seconds", timing.in_seconds)


@register.filter
def time_left(deadline_at: dt.datetime) -> str:
    """Return how much time is left now, such as “2 h 07 min left”."""
    return _("%(duration)s left") % {"duration": timing.in_words(timing.remaining(deadline_at, timezone.now()))}
