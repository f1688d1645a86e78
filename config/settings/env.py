"""Environment variables, read in one way: a bad value stops the start and says what would be right."""

import os
import zoneinfo

from django.core.exceptions import ImproperlyConfigured

YES, NO = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}


def text(name: str, default: str = "") -> str:
    """Return the value as it is, or the default where there is none or only blanks."""
    value = os.environ.get(name, "")
    return value if value.strip() else default


def required(name: str) -> str:
    value = text(name)
    if not value:
        raise ImproperlyConfigured(f"Set the environment variable {name}; see docs/operations.md.")
    return value


def flag(name: str, *, default: bool) -> bool:
    value = text(name, "on" if default else "off").strip().lower()
    if value not in YES | NO:
        raise ImproperlyConfigured(f"{name} is “{value}”; set it to on or off.")
    return value in YES


def number(name: str, default: int) -> int:
    value = text(name, str(default)).strip()
    if not (value.isascii() and value.isdigit()):
        raise ImproperlyConfigured(f"{name} is “{value}”; set it to a whole number such as {default}.")
    return int(value)


def zone(name: str, default: str) -> str:
    value = text(name, default).strip()
    if value not in zoneinfo.available_timezones():
        raise ImproperlyConfigured(f"{name} is “{value}”; set it to a time zone such as Europe/Berlin.")
    return value


def one_of(name: str, choices: list[str]) -> str:
    """Return one of the choices; the first is the default."""
    value = text(name, choices[0]).strip().lower()
    if value not in choices:
        raise ImproperlyConfigured(f"{name} is “{value}”; set it to {' or '.join(choices)}.")
    return value
