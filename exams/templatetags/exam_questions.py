"""The questions of the exam page, which a whole room opens in the same minute (docs/performance.md).

Questions that nobody has touched differ from others of their shape (kind, number of options, …) in texts and numbers
alone. So each shape is rendered once, by the template of all others, with a slot for each of these; a question fills
the slots. What is kept holds no word of any question, and nothing that could tell a key.
"""

import re
from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any

from django import template
from django.template.loader import get_template, render_to_string
from django.urls import reverse
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from exams.attempts.models import Attempt
from exams.attempts.queries.taking import ShownItem
from questions.kinds import kind_of
from questions.kinds.showing import Shape
from questions.rendering import NOTHING

register = template.Library()

# Two characters that Unicode leaves to each program: escaping lets them pass, and no template has them.
SLOT = re.compile("\ue000(\\w+)\ue001")


@register.simple_tag
def exam_questions(
    items: Sequence[ShownItem], *, attempt: Attempt, page: str, unsaved: Collection[int] = ()
) -> SafeString:
    """`unsaved`: the positions whose answers this browser has kept and the server has not."""
    # Sent to one address each, that of question 0 but for the number: to look up 65 took as long as to fill 65.
    answers = reverse("exams:answer-save", args=[attempt.pk, 0]).removesuffix("0/")
    same = {"answers": answers, "page": page, "total": len(items)}
    language = get_language()
    questions = []
    for item in items:
        is_first = item is items[0]
        if item.is_untouched and item.position not in unsaved:
            # Rendered and filled, every value is as safe as in the template: `texts_of` escapes.
            form = format_of(*shape_of(item), is_first=is_first, language=language)
            questions.append(form % (texts_of(item) | same))
        else:
            questions.append(rendered(item, **same, is_first=is_first, is_kept=item.position in unsaved))
    return mark_safe("\n".join(questions))  # noqa: S308


@register.simple_tag
def exam_palette(items: Sequence[ShownItem]) -> SafeString:
    entries = (palette_entry(item.state, item.is_flagged) % {"position": item.position} for item in items)
    return mark_safe(f"<ol>{''.join(entries)}</ol>")  # noqa: S308


@register.simple_tag
def exam_words(*, total: int) -> SafeString:
    """What dialogs and script say beside the questions: nothing of the attempt but how many it has."""
    return words_in(get_language(), total)


@lru_cache(maxsize=500)
def words_in(language: str | None, total: int) -> SafeString:
    """Return these words in the language that is active: to translate them took a tenth of the page."""
    parts = (render_to_string(f"exams/attempts/{name}.html", {"total": total}) for name in ("_dialogs", "_texts"))
    return mark_safe("".join(parts))  # noqa: S308


@lru_cache
def palette_entry(state: str, is_flagged: bool) -> str:
    """Return the HTML of such a question in the list of all, as a format string."""
    entry = {"position": _slot("position"), "state": state, "is_flagged": is_flagged}
    return _as_format(get_template("exams/attempts/_palette_entry.jinja", using="jinja2").render(entry))


def rendered(item: ShownItem, **context: Any) -> str:
    return get_template("exams/attempts/_question.jinja", using="jinja2").render({"item": item, **context})


def shape_of(item: ShownItem) -> tuple[str, bool, Shape]:
    return item.kind, bool(item.case), item.asked.shape


def texts_of(item: ShownItem) -> dict[str, Any]:
    """Return what an untouched question says beside its shape, safe to stand in HTML, by the names of its slots."""
    texts = {name: conditional_escape(text) for name, text in item.asked.texts.items()}
    return {"position": item.position, "case": item.case, "stem": item.stem, **texts}


def _slot(name: str) -> Any:
    return mark_safe(f"\ue000{name}\ue001")  # noqa: S308


@lru_cache(maxsize=500)
def format_of(kind: str, has_case: bool, shape: Shape, *, is_first: bool, language: str | None) -> str:
    """Return the HTML of an untouched question of this shape as a format string, in the language that is active."""
    item = ShownItem(
        position=_slot("position"),
        case=_slot("case") if has_case else NOTHING,
        stem=_slot("stem"),
        asked=kind_of(kind).of_shape(shape, _slot),
        is_flagged=False,
        seconds_spent=0,
        sequence=0,
    )
    same = {name: _slot(name) for name in ("answers", "page", "total")}
    html = rendered(item, **same, is_first=is_first, is_kept=False)
    return _as_format(html)


def _as_format(html: str) -> str:
    return SLOT.sub(r"%(\1)s", html.replace("%", "%%"))
