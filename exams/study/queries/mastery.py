"""What a candidate's first answers say of each task: the one query that home and report show.

First answers alone: who has met a question before answers it better than one of the real exam. Of all exams and
practice whose key may be known; `exams.study.services.learning` sees to that.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from django.db.models import Count, Q

from accounts.models import User
from exams.scoring.estimates import verdict, wilson_interval
from exams.study.models import Memory
from questions.models import Certification, Question

# From so many first answers on the task with the lowest share is named where none is surely below the pass mark.
MINIMUM_FOR_FOCUS = 8


@dataclass(frozen=True)
class Share:
    """So many first answers, and so many of them right."""

    right: int = 0
    total: int = 0

    def __add__(self, other: "Share") -> "Share":
        return Share(self.right + other.right, self.total + other.total)

    @property
    def percent(self) -> Fraction | None:
        return Fraction(100 * self.right, self.total) if self.total else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Its 95 % interval by Wilson, in percent."""
        if not self.total:
            return None
        low, high = wilson_interval(self.right, self.total)
        return 100 * low, 100 * high

    @property
    def low(self) -> float | None:
        return self.interval[0] if self.interval else None

    @property
    def high(self) -> float | None:
        return self.interval[1] if self.interval else None

    def verdict(self, pass_share: Fraction) -> str:
        return verdict(self.right, self.total, pass_share=pass_share)


@dataclass(frozen=True)
class Known:
    """What a candidate knows of the questions of one task.

    `share` is of all first answers; the other numbers are of those questions that may be practised: how many were met,
    how many come back by the moment that was asked about, and how many of these were wrong the last time.
    """

    share: Share = field(default_factory=Share)
    met: int = 0
    due: int = 0
    missed: int = 0

    def __add__(self, other: "Known") -> "Known":
        return Known(self.share + other.share, self.met + other.met, self.due + other.due, self.missed + other.missed)


def known_by_task(
    candidate: User | int, certification: Certification | int, *, due_before: dt.datetime
) -> dict[int, Known]:
    """Return what is known of each task that the candidate has answered something of, by its id: one query."""
    practised = Q(question__status=Question.Status.PUBLISHED, question__is_reserved=False)
    due = practised & Q(due_at__lt=due_before)
    rows = (
        Memory.objects.filter(candidate=candidate, question__placements__certification=certification)
        .order_by()
        .values("question__placements__task")
        .annotate(
            total=Count("pk"),
            right=Count("pk", filter=Q(was_right_first=True)),
            met=Count("pk", filter=practised),
            due=Count("pk", filter=due),
            missed=Count("pk", filter=due & Q(is_right=False)),
        )
    )
    return {
        row["question__placements__task"]: Known(
            Share(row["right"], row["total"]), row["met"], row["due"], row["missed"]
        )
        for row in rows
    }


@dataclass(frozen=True)
class TaskPlace:
    """A task and its domain, as the certification names them today, and how many of its questions may be practised."""

    task_id: int
    code: str
    name: str
    domain_number: int
    domain_name: str
    questions: int = 0

    @property
    def label(self) -> str:
        return f"{self.code} {self.name}"


@dataclass(frozen=True)
class TaskMastery:
    place: TaskPlace
    known: Known

    @property
    def share(self) -> Share:
        return self.known.share

    @property
    def unmet(self) -> int:
        return max(0, self.place.questions - self.known.met)


@dataclass(frozen=True)
class DomainMastery:
    number: int
    name: str
    tasks: list[TaskMastery]

    @property
    def share(self) -> Share:
        return sum((task.share for task in self.tasks), Share())

    @property
    def label(self) -> str:
        return f"{self.number} {self.name}"


def mastery(places: Iterable[TaskPlace], known: Mapping[int, Known]) -> list[TaskMastery]:
    """Return each task with what is known of it, also where that is nothing."""
    return [TaskMastery(place, known.get(place.task_id, Known())) for place in places]


def by_domain(tasks: Iterable[TaskMastery]) -> list[DomainMastery]:
    """Return the domains in the order of their numbers."""
    domains: dict[int, DomainMastery] = {}
    for task in tasks:
        place = task.place
        domain = domains.setdefault(place.domain_number, DomainMastery(place.domain_number, place.domain_name, []))
        domain.tasks.append(task)
    return [domains[number] for number in sorted(domains)]


@dataclass(frozen=True)
class Focus:
    """The one task to work on, and why: `weak`, surely below the pass mark; `lowest`, the lowest share of those with
    enough answers; `strong`, the same where all of them are surely above."""

    task: TaskMastery
    why: str


def focus_of(tasks: Sequence[TaskMastery], pass_share: Fraction) -> Focus | None:
    """Choose the task whose interval lies farthest below the pass mark, else the one with the lowest share of those
    with at least `MINIMUM_FOR_FOCUS` answers; None: there are not enough answers yet."""
    weak = [task for task in tasks if task.share.verdict(pass_share) == "weak"]
    if weak:
        return Focus(min(weak, key=lambda task: (task.share.high or 0, task.place.code)), "weak")
    enough = [task for task in tasks if task.share.total >= MINIMUM_FOR_FOCUS]
    if not enough:
        return None
    lowest = min(enough, key=lambda task: (task.share.percent or 0, task.place.code))
    is_strong = all(task.share.verdict(pass_share) == "strong" for task in enough)
    return Focus(lowest, "strong" if is_strong else "lowest")
