"""What the answers of one attempt say besides its score: pace, confidence, changed answers. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from exams.scoring.estimates import shown_percent, wilson_interval

# With fewer questions, a quarter of them says nothing of the pace.
MINIMUM_FOR_QUARTERS = 8
QUARTERS = 4
# A miss in less than this share of its time was answered in haste.
QUICK = Fraction(1, 2)


@dataclass(frozen=True)
class Answer:
    """One answer of an attempt. What depends on the key is None while its candidate may not learn it.

    `was_right`: whether the first complete answer was, where it was changed later.
    """

    position: int
    seconds: int
    is_answered: bool
    is_reached: bool
    is_scored: bool
    is_sure: bool | None
    is_changed: bool
    is_right: bool | None = None
    was_right: bool | None = None


@dataclass(frozen=True)
class Counted:
    """So many right of so many, with the 95 % interval of the share as it is shown."""

    right: int
    total: int

    @property
    def shown_share(self) -> str:
        return shown_percent(Fraction(100 * self.right, self.total))

    @property
    def shown_low(self) -> str:
        return shown_percent(100 * wilson_interval(self.right, self.total)[0])

    @property
    def shown_high(self) -> str:
        return shown_percent(100 * wilson_interval(self.right, self.total)[1])


def counted(answers: Sequence[Answer]) -> Counted:
    return Counted(sum(answer.is_right is True for answer in answers), len(answers))


# --- Pace ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Quarter:
    """A quarter of the questions, in the order of the exam, and the seconds for each that was read; None: none was."""

    first: int
    last: int
    seconds: float | None


@dataclass(frozen=True)
class Pace:
    """Seconds per question that was read, and how many there were for each.

    `unread` and `unread_scored`: never opened. `quick_misses` of `misses` were answered in haste; None: not to be told.
    """

    allowed: float
    mean: float
    quarters: list[Quarter]
    read: int
    unread: int
    unread_scored: int
    blank: int
    quick_misses: int | None
    misses: int | None

    @property
    def first_quarter(self) -> Quarter | None:
        return self.quarters[0] if self.quarters else None

    @property
    def last_quarter(self) -> Quarter | None:
        return self.quarters[-1] if self.quarters else None

    @property
    def drift(self) -> str:
        """How the last quarter was read compared with the first: `faster`, `slower`, `even` or "" for unknown."""
        ends = (self.first_quarter, self.last_quarter)
        first, last = (end.seconds if end else None for end in ends)
        if not first or not last:
            return ""
        if last <= first * 2 / 3:
            return "faster"
        return "slower" if last >= first * 3 / 2 else "even"


def pace_of(answers: Sequence[Answer], allowed: float) -> Pace | None:
    """Return the pace of an attempt, its answers being in order; None where no times were recorded.

    A page without its script sends no times: then nobody knows what was read.
    """
    read = [answer for answer in answers if answer.seconds]
    if not read:
        return None
    unread = [answer for answer in answers if not answer.is_answered and (not answer.seconds or not answer.is_reached)]
    known = [answer for answer in answers if answer.is_right is not None]
    misses = [answer for answer in known if answer.is_answered and not answer.is_right]
    quick = [answer for answer in misses if 0 < answer.seconds < QUICK * Fraction(allowed)]
    return Pace(
        allowed=allowed,
        mean=_mean(read) or 0,
        quarters=_quarters(answers),
        read=len(read),
        unread=len(unread),
        unread_scored=sum(answer.is_scored for answer in unread),
        blank=sum(not answer.is_answered for answer in answers) - len(unread),
        quick_misses=len(quick) if known else None,
        misses=len(misses) if known else None,
    )


def _quarters(answers: Sequence[Answer]) -> list[Quarter]:
    count = len(answers)
    if count < MINIMUM_FOR_QUARTERS:
        return []
    ends = [count * number // QUARTERS for number in range(QUARTERS + 1)]
    parts = [answers[start:end] for start, end in pairwise(ends)]
    return [Quarter(part[0].position, part[-1].position, _mean(part)) for part in parts]


def _mean(answers: Sequence[Answer]) -> float | None:
    seconds = [answer.seconds for answer in answers if answer.seconds]
    return sum(seconds) / len(seconds) if seconds else None


# --- Confidence and changes ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Confidence:
    """Answers said to be sure and unsure, and of how many nothing was said."""

    sure: Counted
    unsure: Counted
    unsaid: int

    @property
    def sure_but_wrong(self) -> int:
        return self.sure.total - self.sure.right


def confidence_of(answers: Sequence[Answer]) -> Confidence | None:
    """Return how often the candidate was right when sure; None where nothing was said, or may be told."""
    known = [answer for answer in answers if answer.is_right is not None and answer.is_answered]
    if all(answer.is_sure is None for answer in known):
        return None
    return Confidence(
        sure=counted([answer for answer in known if answer.is_sure is True]),
        unsure=counted([answer for answer in known if answer.is_sure is False]),
        unsaid=sum(answer.is_sure is None for answer in known),
    )


@dataclass(frozen=True)
class Changes:
    """Answers that were changed: from right to wrong, from wrong to right, and with no difference."""

    lost: int
    gained: int
    equal: int


def changes_of(answers: Sequence[Answer]) -> Changes | None:
    """Return what changing answers did; None where nothing was changed, or may be told."""
    changed = [(answer.was_right, answer.is_right) for answer in answers if answer.is_changed]
    known = [(before, after) for before, after in changed if before is not None and after is not None]
    if not known:
        return None
    return Changes(
        lost=known.count((True, False)),
        gained=known.count((False, True)),
        equal=sum(before == after for before, after in known),
    )
