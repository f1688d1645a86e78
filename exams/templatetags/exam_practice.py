"""The question of a practice: that of the exam page, by itself."""

from django import template
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from exams.attempts.queries.taking import ShownItem
from exams.study.models import Practice
from exams.templatetags.exam_questions import rendered

register = template.Library()


@register.simple_tag
def practice_question(
    item: ShownItem, *, practice: Practice, page: str, total: int, is_kept: bool | str = False
) -> SafeString:
    """`is_kept`: the page holds an answer that is not saved; where the page does not say, it is ""."""
    answers = reverse("exams:practice-answer", args=[practice.pk, 0]).removesuffix("0/")
    html = rendered(
        item,
        answers=answers,
        page=page,
        total=total,
        is_first=True,
        is_kept=bool(is_kept),
        is_checked_alone=practice.feedback == Practice.Feedback.EACH,
    )
    return mark_safe(html)  # noqa: S308  # rendered by a template, which escapes
