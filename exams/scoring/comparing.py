"""What an answer to one revision of a question means in another, whose key was corrected. Pure."""

from django.utils.translation import gettext as _

from exams.exceptions import Incomparable
from questions.kinds import Response, Revised, kind_of


def translated(old: Revised, new: Revised, answer: Response | None) -> Response | None:
    """Return an answer that was given to the old revision in the numbering of the new one. Raises `Incomparable`."""
    if kind_of(old.kind) is not kind_of(new.kind):
        raise Incomparable(_("its kind has changed from %(old)s to %(new)s") % {"old": old.kind, "new": new.kind})
    return kind_of(old.kind).translated(old, new, answer)


def is_judged_alike(old: Revised, new: Revised) -> bool:
    """Tell whether every answer is worth the same by both revisions' keys.

    Where texts of options were edited, those that were not must stand where they stood, and the key must be the same.
    """
    if kind_of(old.kind) is not kind_of(new.kind):
        return False
    try:
        return bool(translated(old, new, old.key) == new.key)
    except Incomparable:
        return bool(old.key == new.key) and kind_of(old.kind).keeps_numbering(old, new)
