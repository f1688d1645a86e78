"""What an answer to one revision of a question means in another, whose key was corrected. Pure."""

from collections.abc import Sequence
from typing import Any, Protocol

from exams.exceptions import Incomparable
from questions.content import CHOICE_KINDS

Answer = Sequence[int | None]


class Judged(Protocol):
    """What of a revision an answer is judged by; in the shapes of `questions.models.Revision`."""

    @property
    def kind(self) -> str: ...
    @property
    def options(self) -> Any: ...
    @property
    def choices(self) -> Any: ...
    @property
    def key(self) -> Any: ...


def translated(old: Judged, new: Judged, answer: Answer | None) -> list[int | None] | None:
    """Return an answer that was given to the old revision in the numbering of the new one.

    Options are known by their texts, so both must have the same ones, in whatever order. Raises `Incomparable`.
    """
    if old.kind != new.kind:
        raise Incomparable(f"it was of kind {old.kind} and is of kind {new.kind} now")
    option_of = moved(old, new)
    choice_of = _places(old.choices, new.choices, "matches")
    if answer is None:
        return None
    if old.kind in CHOICE_KINDS:
        return [*sorted(option_of[own] for own in answer if own is not None)]
    given: list[int | None] = [None] * len(option_of)
    for own, place in enumerate(answer):
        is_match = place is not None and old.kind == "matching"
        given[option_of[own]] = choice_of[place] if is_match else place  # type: ignore[index]  # not None: is_match
    return given


def moved(old: Judged, new: Judged) -> list[int]:
    """Return where each option of the old revision stands in the new one. Raises `Incomparable`."""
    return _places(old.options, new.options, "options")


def _places(old: Sequence[str], new: Sequence[str], what: str) -> list[int]:
    """Return where each of the old texts stands among the new ones."""
    news = {" ".join(text.split()): index for index, text in enumerate(new)}
    olds = [" ".join(text.split()) for text in old]
    if sorted(olds) != sorted(news):
        raise Incomparable(f"its {what} have other texts now")
    return [news[text] for text in olds]


def is_judged_alike(old: Judged, new: Judged) -> bool:
    """Tell whether every answer is worth the same by both revisions' keys.

    Where texts of options were edited, those that were not must stand where they stood, and the key must be the same.
    """
    if old.kind != new.kind:
        return False
    try:
        return bool(translated(old, new, old.key) == new.key)
    except Incomparable:
        pass
    if len(old.options) != len(new.options) or len(old.choices) != len(new.choices) or old.key != new.key:
        return False
    return _keep_places(old.options, new.options) and _keep_places(old.choices, new.choices)


def _keep_places(old: Sequence[str], new: Sequence[str]) -> bool:
    return all(new[index] == text for index, text in enumerate(old) if text in new)
