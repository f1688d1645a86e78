"""Reads used in more than one place; they never write."""

from exams.queries.backlog import Backlog, backlog, parked_attempts
from exams.queries.drawing import exam_quotas, form_pool, seen_among, short_domains
from exams.queries.reporting import attempts_of, focus, headline, report, trend
from exams.queries.reviewing import answered_in_chapter, reviewed_items
from exams.queries.taking import item_states, shown_items
from exams.queries.usage import QuestionUsage, usage_of

__all__ = [
    "Backlog",
    "QuestionUsage",
    "answered_in_chapter",
    "attempts_of",
    "backlog",
    "exam_quotas",
    "focus",
    "form_pool",
    "headline",
    "item_states",
    "parked_attempts",
    "report",
    "reviewed_items",
    "seen_among",
    "short_domains",
    "shown_items",
    "trend",
    "usage_of",
]
