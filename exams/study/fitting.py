"""One person's parameters of the memory model, from their answers.

The library's own optimizer fits all 21 by gradients and needs torch. Here two factors are fitted: `a` multiplies the
stabilities after a first answer (w0 to w3), `g` the growth of stability with a right answer (e^w8). They maximize

    sum over repeat answers of  ln R if right, ln (1 - R) if wrong   -   (ln² a + ln² g) / (2 · SPREAD²)

where R is what the library expected. The last term draws both towards 1, so that few answers change little.
Each factor in turn by golden-section search over its logarithm: the same answers give the same parameters.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from math import e, log, log1p, sqrt

from fsrs import Card, Rating, Scheduler
from fsrs.scheduler import DEFAULT_PARAMETERS

from exams.study.scheduling import Answered, day_of, new_card, rating_of, scheduler_of

LEAST = 100  # repeat answers, each a day or more after the one before
SPREAD = 0.5  # of the logarithms, beforehand: two thirds of people lie between 0.6 and 1.65 of the default
WIDEST = log(4)  # no factor beyond 1/4 and 4
NARROW = 0.4  # around the first round's results, in the second
STEPS = (8, 6)  # of golden section: leaves 0.1, then 0.07 of a logarithm
GOLDEN = (sqrt(5) - 1) / 2
START = datetime(2000, 1, 1, tzinfo=UTC)  # of every history: only the days between answers count


@dataclass
class _Node:
    """Answers with the same history: many questions share their first ones, and are replayed together."""

    before: int | None  # the node of the history without this answer; always earlier in the list
    rating: Rating
    days: int  # since the answer before
    right: int = 0
    wrong: int = 0


def _nodes(histories: Sequence[Sequence[Answered]], zone: tzinfo) -> list[_Node]:
    nodes: list[_Node] = []
    places: dict[tuple[int | None, Rating, int], int] = {}
    for answers in histories:
        before, last = None, None
        for answered in answers:
            day = day_of(answered.at, zone)
            key = (before, rating_of(answered), (day - last).days if last else 0)
            if key not in places:
                places[key] = len(nodes)
                nodes.append(_Node(*key))
            before, last = places[key], day
            nodes[before].right += answered.is_right
            nodes[before].wrong += not answered.is_right
    return nodes


def _log_likelihood(nodes: Sequence[_Node], scheduler: Scheduler) -> float:
    total = 0.0
    cards: list[Card] = []
    for node in nodes:
        card = new_card(START) if node.before is None else cards[node.before]
        at = (card.last_review or START) + timedelta(days=node.days)
        if node.before is not None and node.days:
            # Recall is below 1 from the first day on; the bound is for stabilities of centuries.
            recall = min(scheduler.get_card_retrievability(card, at), 1 - 1e-9)
            total += node.right * log(recall) + node.wrong * log1p(-recall)
        cards.append(scheduler.review_card(card, node.rating, at)[0])
    return total


def _scaled(initial: float, growth: float) -> tuple[float, ...]:
    """The default parameters with both factors, given as logarithms."""
    first, rest = DEFAULT_PARAMETERS[:4], DEFAULT_PARAMETERS[4:]
    return (*(w * e**initial for w in first), *rest[:4], rest[4] + growth, *rest[5:])


def _highest(function: Callable[[float], float], low: float, high: float, steps: int) -> float:
    """The place of the highest value between two, by golden-section search."""
    left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
    at_left, at_right = function(left), function(right)
    for _ in range(steps - 2):
        if at_left >= at_right:
            high, right, at_right = right, left, at_left
            left = high - GOLDEN * (high - low)
            at_left = function(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + GOLDEN * (high - low)
            at_right = function(right)
    return left if at_left >= at_right else right


def fitted(histories: Sequence[Sequence[Answered]], *, zone: tzinfo = UTC) -> tuple[float, ...] | None:
    """Fit to all answers of one person, a history per question, oldest answer first.

    None with fewer than LEAST repeats. 5,000 answers take some 1.3 s, no two histories being alike.
    """
    nodes = _nodes(histories, zone)
    if sum(node.right + node.wrong for node in nodes if node.before is not None and node.days) < LEAST:
        return None

    def worth(initial: float, growth: float) -> float:
        prior = (initial**2 + growth**2) / (2 * SPREAD**2)
        return _log_likelihood(nodes, scheduler_of(_scaled(initial, growth))) - prior

    initial = growth = 0.0
    for width, steps in zip((WIDEST, NARROW), STEPS, strict=True):
        low, high = max(-WIDEST, initial - width), min(WIDEST, initial + width)
        initial = _highest(lambda value: worth(value, growth), low, high, steps)  # noqa: B023 - called at once
        low, high = max(-WIDEST, growth - width), min(WIDEST, growth + width)
        growth = _highest(lambda value: worth(initial, value), low, high, steps)  # noqa: B023
    return _scaled(initial, growth)
