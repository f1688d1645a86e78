"""What changed between two texts, word by word."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from django.utils.translation import gettext as _

from questions.content import QuestionContent
from questions.kinds import kind_of

# Comparing takes a time that grows with the cube of the length where the texts are made for it. What lies between the
# same beginning and the same end is compared up to this many words; longer, it is shown as replaced.
MAX_WORDS = 600


@dataclass(frozen=True)
class Piece:
    """Part of a text: `is_changed` when the other text does not have it."""

    text: str
    is_changed: bool


def diff_words(old: str, new: str) -> tuple[list[Piece], list[Piece]]:
    """Return both texts in pieces; what they share, in order, is not changed. The pieces of each add up to it."""
    a, b = re.findall(r"\s+|\w+|[^\w\s]", old), re.findall(r"\s+|\w+|[^\w\s]", new)
    start = _shared(a, b)
    end = _shared(a[start:][::-1], b[start:][::-1])
    before, after = _whole("".join(a[:start]), is_changed=False), _whole("".join(b[:start]), is_changed=False)
    tail = _whole("".join(a[len(a) - end :]), is_changed=False)
    a, b = a[start : len(a) - end], b[start : len(b) - end]
    if len(a) + len(b) > MAX_WORDS:
        opcodes = [("replace", 0, len(a), 0, len(b))]
    else:
        opcodes = [*SequenceMatcher(None, a, b, autojunk=False).get_opcodes()]
    for tag, a0, a1, b0, b1 in opcodes:
        before += _whole("".join(a[a0:a1]), is_changed=tag != "equal")
        after += _whole("".join(b[b0:b1]), is_changed=tag != "equal")
    return before + tail, after + tail


def _shared(a: Sequence[str], b: Sequence[str]) -> int:
    """Return how many words two lists begin with alike."""
    return next((number for number, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


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
        (_("Kind"), str(kind_of(content.kind).label)),
        (_("Order of options"), _("random") if content.shuffle else _("as written")),
        (_("Case"), content.case),
        (_("Stem"), content.stem),
    ]
    for number, option in enumerate(content.options, start=1):
        fields += [
            (_("Option %(number)s") % {"number": number}, option.text),
            (_("Option %(number)s: key") % {"number": number}, _("right") if option.key else ""),
            (_("Option %(number)s: match") % {"number": number}, option.match),
            (_("Option %(number)s: rationale") % {"number": number}, option.rationale),
        ]
    fields += [
        *(
            (
                _("Answer: %(part)s") % {"part": name.replace("_", " ")},
                "\n".join(value) if isinstance(value, tuple) else str(value),
            )
            for name, value in content.answer.items()
        ),
        (_("Further matches"), "\n".join(content.decoys)),
        (_("Explanation"), content.explanation),
        (_("Service note"), content.service_note),
        (_("References"), "\n".join(", ".join(filter(None, (r.title, r.section, r.url))) for r in content.references)),
        (_("Checked on"), content.valid_as_of.isoformat()),
    ]
    return fields
