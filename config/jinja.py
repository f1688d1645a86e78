"""The environment of the templates whose names end in .jinja; why there are any: docs/performance.md."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext, ngettext
from jinja2 import Environment


def environment(**options: Any) -> Environment:
    # As the Django templates beside them are written: a tag on a line of its own leaves no line behind.
    environment: Any = Environment(**options, trim_blocks=True, lstrip_blocks=True)  # noqa: S701  # Django passes autoescape
    # Old style, `{{ _("… %(name)s …") | format(name=…) }}`: Django's makemessages finds a text only if it is alone in
    # `_()`, on one line, in a tag that begins with it.
    environment.add_extension("jinja2.ext.i18n")
    environment.install_gettext_callables(gettext, ngettext, newstyle=False)
    environment.globals["url"] = lambda name, *args: reverse(name, args=args)
    return environment  # type: ignore[no-any-return]  # the extension's method has no type
