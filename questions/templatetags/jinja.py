"""Puts a Jinja template into a Django template: `{% jinja "questions/_asked.jinja" item=asked %}`.

Jinja compiles a template to Python, so that 65 questions take a tenth of the time (docs/performance.md).
"""

from typing import Any

from django import template
from django.template.loader import get_template
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


@register.simple_tag
def jinja(name: str, **context: Any) -> SafeString:
    # Safe, because the engine has escaped all that did not say so itself.
    return mark_safe(get_template(name, using="jinja2").render(context))  # noqa: S308
