"""What changed between two texts, word by word."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from questions.content import QuestionContent

# Comparing takes a time that grows with the square of the length; so long a text is shown as replaced as a whole.
MAX_WORDS = 4000


@dataclass(frozen=True)
class Piece:
    """Part of a text: `is_changed` when the other text does not have it."""

    text: str
    is_changed: bool


def diff_words(old: str, new: str) -> tuple[list[Piece], list[Piece]]:
    """Return both texts in pieces; what they share, in order, is not changed. The pieces of each add up to it."""
    a, b = re.findall(r"\s+|\w+|[^\w\s]", old), re.findall(r"\s+|\w+|[^\w\s]", new)
    if len(a) + len(b) > MAX_WORDS:
        return _whole(old, is_changed=old != new), _whole(new, is_changed=old != new)
    before: list[Piece] = []
    after: list[Piece] = []
    for tag, a0, a1, b0, b1 in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        before += _whole("".join(a[a0:a1]), is_changed=tag != "equal")
        after += _whole("".join(b[b0:b1]), is_changed=tag != "equal")
    return before, after


def _whole(text: str, *, is_changed: bool) -> list[Piece]:
    return [Piece(text, is_changed)] if text else []


@dataclass(frozen=True)
class ChangedField:
    label: str
    before: list[Piece]
    after: list[Piece]

    @property
    def is_changed(self) -> bool:
        return any(piece.is_changed for piece in [*self.before, *self.after])


def diff_fields(old: Sequence[tuple[str, str]], new: Sequence[tuple[str, str]]) -> list[ChangedField]:
    """Compare (label, text) by label, in the order of the new ones, then the old; what neither says is left out."""
    olds, news = dict(old), dict(new)
    rows = [ChangedField(label, *diff_words(olds.get(label, ""), news.get(label, ""))) for label in {**news, **olds}]
    return [row for row in rows if row.before or row.after]


def content_fields(content: QuestionContent) -> list[tuple[str, str]]:
    """Return all that a question says as (label, text)."""
    fields = [
        ("Kind", content.kind),
        ("Order of options", "random" if content.shuffle else "as written"),
        ("Case", content.case),
        ("Stem", content.stem),
    ]
    for number, option in enumerate(content.options, start=1):
        fields += [
            (f"Option {number}", option.text),
            (f"Option {number}: key", "right" if option.key else ""),
            (f"Option {number}: match", option.match),
            (f"Option {number}: rationale", option.rationale),
        ]
    fields += [
        ("Further matches", "\n".join(content.decoys)),
        ("Explanation", content.explanation),
        ("Service note", content.service_note),
        ("References", "\n".join(f"{r.title}, {r.section}" for r in content.references)),
        ("Checked on", content.valid_as_of.isoformat()),
    ]
    return fields
