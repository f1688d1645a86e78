from collections.abc import Sequence
from functools import lru_cache

from django import template
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from exams.results.queries.outcomes import STATES, Outcome

register = template.Library()


@register.simple_tag
def review_palette(outcomes: Sequence[Outcome], current: int, query: str) -> SafeString:
    """A link to each question with what became of it. Rendered by the template, sixty-five took as long as all else."""
    after, language = conditional_escape(query), get_language()
    cells = [
        cell_of(outcome.state, outcome.position == current, language) % (outcome.position, after, outcome.position)
        for outcome in outcomes
    ]
    return mark_safe("\n".join(cells))  # noqa: S308  # numbers, and what was escaped


@lru_cache
def cell_of(state: str, is_current: bool, language: str | None) -> str:
    """Return such a link, in the language that is active, as a format of number, query and number."""
    classes, mark = (f"{state} now", ' aria-current="page"') if is_current else (state, "")
    words = conditional_escape(STATES[state]).replace("%", "%%")
    return f'<a class="cell {classes}"{mark} href="../%s/%s">%s <i>{words}</i></a>'
