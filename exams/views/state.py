"""Whether an attempt still takes answers, as every page of it has to know."""

from django.http import HttpRequest
from django.utils import timezone

from accounts.access import signed_in
from exams import services, timing
from exams.models import Attempt


def is_open(attempt: Attempt, request: HttpRequest) -> bool:
    """Tell whether answers are still taken; an attempt that is overdue is closed here if no sweep has done it."""
    now = timezone.now()
    if attempt.is_in_progress and not timing.is_accepting(attempt.deadline_at, now):
        services.close_overdue(now=now, candidate=signed_in(request))
        return False
    return attempt.is_in_progress
