"""Judged answers, as more than one page reads them."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from django.db.models import Count, Q, Sum

from exams.attempts.models import Attempt, AttemptItem
from exams.blueprints.rules import FULL
from exams.scoring import outline
from exams.scoring.models import JudgedAnswer, Score


def met_before(attempt: Attempt) -> set[int]:
    """Return which of the attempt's questions its candidate had answered before it, in exams or practice: one query.

    By the moments of hand-in, and from the items: the earlier attempt may not be scored yet. Of two attempts handed in
    at one moment the one with the smaller id is the earlier.
    """
    earlier = Q(attempt__submitted_at__lt=attempt.submitted_at) | Q(
        attempt__submitted_at=attempt.submitted_at, attempt__lt=attempt.pk
    )
    asked = attempt.items.order_by().values("question")
    items = AttemptItem.objects.filter(earlier, attempt__candidate=attempt.candidate_id, question__in=asked)
    practised = JudgedAnswer.objects.filter(
        candidate=attempt.candidate_id, score=None, question__in=asked, answered_at__lt=attempt.submitted_at
    )
    earlier_ones = items.order_by().values_list("question", flat=True)
    return set(earlier_ones.union(practised.order_by().values_list("question", flat=True)))


@dataclass(frozen=True)
class Tally:
    """What the scored questions of a domain or a task earned, in parts, and how many there were."""

    earned: int = 0
    total: int = 0

    @property
    def points(self) -> Fraction:
        return Fraction(self.earned, FULL)

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.earned + other.earned, self.total + other.total)


Tallies = dict[outline.Place, Tally]


def tallies_of(scores: Iterable[Score]) -> dict[int, Tallies]:
    """Return the tally of each task, by the ids of the scores; tasks by their names as of each score: one query."""
    places = {score.pk: outline.read(score.outline) for score in scores}
    rows = (
        JudgedAnswer.objects.filter(score__in=places, is_scored=True)
        .order_by()
        .values_list("score", "task")
        .annotate(Sum("earned"), Count("pk"))
    )
    found: dict[int, Tallies] = {pk: defaultdict(Tally) for pk in places}
    for score_id, task_id, earned, total in rows:
        found[score_id][places[score_id][task_id]] += Tally(earned, total)
    return found


def summed_by_domain(tallies: Tallies) -> dict[tuple[int, str], Tally]:
    """Return the tally of each domain, by its number and name, in the order of the numbers."""
    sums: dict[tuple[int, str], Tally] = defaultdict(Tally)
    for place, tally in tallies.items():
        sums[place.domain_number, place.domain_name] += tally
    return dict(sorted(sums.items()))


def in_table(points: Fraction) -> float:
    """Return points as a table or a file holds them: whole where they are."""
    return int(points) if points.denominator == 1 else round(float(points), 2)
