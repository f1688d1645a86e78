"""The rules by which answers are judged. Pure. An attempt pins the name of one when it starts, and keeps it."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from exams.exceptions import UnscorableAttempt
from questions.exceptions import Unjudgeable
from questions.kinds import Response, UnknownKind, kind_of

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise


# Names the rule a score was computed by. A new rule gets a new name; old scores, and attempts begun by it, keep theirs.
# By linear-1 the rounded estimate decided who passed; since linear-2 the exact one does.
RULE = "all-or-nothing/linear-2"
ROUNDED_RULE = "all-or-nothing/linear-1"
PARTIAL_RULE = "partial-credit/linear-2"

# Divisible by 1 to 8: a question has at most eight options (`questions.content.MAX_OPTIONS`; a test compares).
FULL = 840

# kind, key, number of options, response → share of the point
Judging = Callable[[str, Any, int, Any], Fraction]


def points(kind: str, key: Response, response: Response | None) -> int:
    """Return 1 for a right response, else 0: all or nothing. A blank is wrong and a guess costs nothing."""
    try:
        return kind_of(kind).points(key, response)
    except (UnknownKind, Unjudgeable) as error:
        raise UnscorableAttempt(f"no scoring rule for a question of kind “{kind}” with the key {key!r}") from error


def share_earned(kind: str, key: Response, option_count: int, response: Response | None) -> Fraction:
    """Return the share of a question's point that the answer earns part by part, 0 to 1."""
    try:
        return kind_of(kind).share(key, option_count, response)
    except (UnknownKind, Unjudgeable) as error:
        raise UnscorableAttempt(f"no scoring rule for a question of kind “{kind}” with the key {key!r}") from error


@dataclass(frozen=True)
class Rule:
    """`title` is what an instructor chooses; `unit` is what a score counts."""

    name: str
    title: "StrPromise"
    share: Judging
    is_partial: bool = False

    @property
    def unit(self) -> str:
        return gettext("points") if self.is_partial else gettext("right")

    def earned(self, kind: str, key: Any, option_count: int, response: Any) -> int:
        """Return what an answer earns, in parts. Raises `UnscorableAttempt` for a question that it cannot judge."""
        parts = FULL * self.share(kind, key, option_count, response)
        if parts.denominator != 1:
            raise UnscorableAttempt(f"{option_count} options are more than part marks can be shared among")
        return int(parts)


def _all_or_nothing(kind: str, key: Any, option_count: int, response: Any) -> Fraction:
    return Fraction(points(kind, key, response))


RULES = {
    rule.name: rule
    for rule in (
        Rule(RULE, _("all or nothing: a question counts only if it is entirely right"), _all_or_nothing),
        Rule(ROUNDED_RULE, _("all or nothing; the rounded estimate decides"), _all_or_nothing),
        Rule(PARTIAL_RULE, _("part marks: each right option adds, each wrong one takes away"), share_earned, True),
    )
}

# What an exam may choose; the others are known for the attempts that were begun by them.
CHOICES = [(name, RULES[name].title) for name in (RULE, PARTIAL_RULE)]


def rule_of(name: str) -> Rule:
    """Return the rule of that name. Raises `UnscorableAttempt`: nobody guesses what a rule may have meant."""
    if name not in RULES:
        raise UnscorableAttempt(f"no scoring rule is named “{name}”")
    return RULES[name]
