from collections.abc import Sequence

from django import template
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe

from exams.results.queries.outcomes import STATES, Outcome

register = template.Library()

CELL = '<a class="cell {}"{} href="../{}/{}">{} <i>{}</i></a>\n'
CURRENT = mark_safe(' aria-current="page"')


@register.simple_tag
def review_palette(outcomes: Sequence[Outcome], current: int, query: str) -> SafeString:
    """A link to each question with what became of it: as a loop of the template it took as long as all else there."""
    words = {state: str(word) for state, word in STATES.items()}
    rows = []
    for outcome in outcomes:
        is_current = outcome.position == current
        state = f"{outcome.state} now" if is_current else outcome.state
        mark = CURRENT if is_current else ""
        rows.append((state, mark, outcome.position, query, outcome.position, words[outcome.state]))
    return format_html_join("", CELL, rows)
