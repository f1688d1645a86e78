"""A room per kind of question. What depends on the kind stands in its room, and no other file asks which one it is.

A new kind is a package here and a line in `KINDS`: see `base.Kind` for what it answers for.
"""

from questions.exceptions import UnknownKind
from questions.kinds.base import AnswerField, Given, Kind, Response, Revised
from questions.kinds.choice import Multiple, Single
from questions.kinds.matching import Matching
from questions.kinds.numeric import Numeric
from questions.kinds.ordering import Ordering
from questions.kinds.short_text import ShortText
from questions.kinds.showing import OnPaper, Told

__all__ = [
    "KINDS",
    "KIND_CHOICES",
    "AnswerField",
    "Given",
    "Kind",
    "OnPaper",
    "Response",
    "Revised",
    "Told",
    "UnknownKind",
    "kind_of",
    "kind_told_by",
]

KINDS: dict[str, Kind] = {
    kind.name: kind for kind in (Single(), Multiple(), Ordering(), Matching(), Numeric(), ShortText())
}
# For fields of forms and of the database.
KIND_CHOICES = [(kind.name, kind.label) for kind in KINDS.values()]


def kind_of(name: str) -> Kind:
    """Return the kind of this name. Raises `UnknownKind`: nothing is taken for some other kind."""
    try:
        return KINDS[name]
    except KeyError:
        raise UnknownKind(f"there is no kind of question “{name}”; there are {', '.join(KINDS)}") from None


def kind_told_by(keys: int, *, wants_several: bool = False, has_matches: bool = False) -> Kind:
    """Return the kind of a question in a file that names none: see `Kind.is_told_by`."""
    return next(
        kind for kind in KINDS.values() if kind.is_told_by(keys, wants_several=wants_several, has_matches=has_matches)
    )
