"""The environment of the templates whose names end in .jinja; why there are any: docs/performance.md."""

from typing import Any

from django.urls import reverse
from jinja2 import Environment


def environment(**options: Any) -> Environment:
    # As the Django templates beside them are written: a tag on a line of its own leaves no line behind.
    environment = Environment(**options, trim_blocks=True, lstrip_blocks=True)  # noqa: S701  # Django passes autoescape
    environment.globals["url"] = lambda name, *args: reverse(name, args=args)
    return environment
