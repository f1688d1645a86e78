"""When an attempt ends. Functions of their arguments: nothing here reads a clock."""

import datetime as dt
from math import ceil

from django.utils.translation import gettext as _

# An answer given in the last second may still be on its way: the server takes it this long after the deadline.
GRACE = dt.timedelta(seconds=10)


def deadline(started_at: dt.datetime, minutes: int, extra_time_percent: int) -> dt.datetime:
    """Return the moment the attempt ends: `minutes`, lengthened by the percentage, in whole seconds rounded up."""
    seconds = -(-minutes * 60 * (100 + extra_time_percent) // 100)
    return started_at + dt.timedelta(seconds=seconds)


def is_accepting(deadline_at: dt.datetime, now: dt.datetime) -> bool:
    """Tell whether an answer that arrives now still counts: up to and including deadline + grace."""
    return now <= deadline_at + GRACE


def remaining(deadline_at: dt.datetime, now: dt.datetime) -> int:
    """Return the whole seconds left for the candidate, rounded up: a page that counts them down is never early."""
    return max(0, ceil((deadline_at - now).total_seconds()))


def pace(started_at: dt.datetime, deadline_at: dt.datetime, questions: int) -> float:
    """Return how many seconds each question may take if all are to be answered in time."""
    return (deadline_at - started_at).total_seconds() / questions


def in_seconds(seconds: float) -> str:
    """Return a duration to the second: “2 min 51 s”, “2 min”, “9 s”."""
    minutes, rest = divmod(round(seconds), 60)
    parts = [_("%(minutes)d min") % {"minutes": minutes}] if minutes else []
    parts += [_("%(seconds)d s") % {"seconds": rest}] if rest or not minutes else []
    return " ".join(parts)


def in_words(seconds: int) -> str:
    """Return a duration in whole minutes rounded down, which never promises more than there is: “2 h 07 min”."""
    hours, minutes = divmod(seconds // 60, 60)
    if hours:
        return _("%(hours)d h %(minutes)02d min") % {"hours": hours, "minutes": minutes}
    return _("%(minutes)d min") % {"minutes": minutes} if minutes else _("less than a minute")


def extra_minutes(minutes: int, percent: int) -> int:
    """Return that percentage of the minutes, in whole minutes rounded up."""
    return -(-minutes * percent // 100)
