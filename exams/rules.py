"""The rules by which answers are judged. Pure. An attempt pins the name of one when it starts, and keeps it."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from exams.exceptions import UnscorableAttempt
from exams.scoring import FULL, PARTIAL_RULE, ROUNDED_RULE, RULE, points, share_earned

# kind, key, number of options, response → share of the point
Judging = Callable[[str, Any, int, Any], Fraction]


@dataclass(frozen=True)
class Rule:
    """`title` is what an instructor chooses; `unit` is what a score counts."""

    name: str
    title: str
    share: Judging
    is_partial: bool = False

    @property
    def unit(self) -> str:
        return "points" if self.is_partial else "right"

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
        Rule(RULE, "all or nothing: a question counts if it is entirely right", _all_or_nothing),
        Rule(ROUNDED_RULE, "all or nothing, the rounded estimate decides", _all_or_nothing),
        Rule(PARTIAL_RULE, "part marks: each right option adds, each wrong one takes away", share_earned, True),
    )
}

# What an exam may choose; the others are known for the attempts that were begun by them.
CHOICES = [(name, RULES[name].title) for name in (RULE, PARTIAL_RULE)]


def rule_of(name: str) -> Rule:
    """Return the rule of that name. Raises `UnscorableAttempt`: nobody guesses what a rule may have meant."""
    if name not in RULES:
        raise UnscorableAttempt(f"no scoring rule is named “{name}”")
    return RULES[name]
