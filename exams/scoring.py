"""From responses to a score. Pure: everything a score depends on is an argument and is pinned in the attempt."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

from exams.exceptions import InvalidResponse, UnscorableAttempt

# Names the rule a score was computed by. A new rule gets a new name; old scores keep theirs.
RULE = "all-or-nothing/linear-1"

# A response has the shape of the key. For `single` and `multiple`: the sorted indexes of the chosen options.
Response = list[int]

# Below this many answers a share says too little for a verdict.
MINIMUM_FOR_VERDICT = 5


def clean_response(kind: str, option_count: int, chosen: Sequence[int]) -> Response | None:
    """Return the response to store, None for a blank. Raises `InvalidResponse` for what no page can send."""
    response = sorted(set(chosen))
    if not response:
        return None
    if response[0] < 0 or response[-1] >= option_count:
        raise InvalidResponse(f"There is no such option; this question has {option_count}.")
    if kind == "single" and len(response) > 1:
        raise InvalidResponse("This question takes one answer.")
    return response


def points(kind: str, key: Any, response: Any) -> int:
    """Return 1 for a response that equals the key, else 0. A blank is wrong and a guess costs nothing.

    `single` and `multiple` compare as sets: all or nothing.
    """
    if kind not in {"single", "multiple"} or not key:
        raise UnscorableAttempt(f"no scoring rule for a question of kind “{kind}” with the key {key!r}")
    return int(response is not None and set(response) == set(key))


@dataclass(frozen=True)
class ScoredItem:
    position: int
    domain: str
    task: str
    is_scored: bool
    points: int


@dataclass(frozen=True)
class Tally:
    code: str
    correct: int
    total: int


@dataclass(frozen=True)
class Result:
    correct: int
    total: int
    unscored_correct: int
    unscored_total: int
    scaled: int
    domains: list[Tally]
    tasks: list[Tally]


def score(items: Sequence[ScoredItem], *, scale_min: int, scale_max: int) -> Result:
    """Sum up a form: overall, per domain and per task over the scored items, the unscored ones apart."""
    counting = [item for item in items if item.is_scored]
    if not counting:
        raise UnscorableAttempt("the attempt has no scored question")
    correct = sum(item.points for item in counting)
    unscored = [item for item in items if not item.is_scored]
    return Result(
        correct=correct,
        total=len(counting),
        unscored_correct=sum(item.points for item in unscored),
        unscored_total=len(unscored),
        scaled=scaled_estimate(correct, len(counting), scale_min=scale_min, scale_max=scale_max),
        domains=_tallies([(item.domain, item.points) for item in counting]),
        tasks=_tallies([(item.task, item.points) for item in counting]),
    )


def _tallies(rows: Sequence[tuple[str, int]]) -> list[Tally]:
    sums: dict[str, list[int]] = {}
    for code, value in rows:
        sums.setdefault(code, []).append(value)
    return [Tally(code, sum(values), len(values)) for code, values in sorted(sums.items())]


def scaled_estimate(correct: int, total: int, *, scale_min: int, scale_max: int) -> int:
    """Return scale_min + (scale_max − scale_min) · correct / total, rounded half up.

    An estimate: the real exam equates forms by a table that its maker does not publish.
    """
    return scale_min + (2 * (scale_max - scale_min) * correct + total) // (2 * total)


Z_95 = 1.959963984540054


def wilson_interval(correct: int, total: int) -> tuple[float, float]:
    """Return the 95 % Wilson score interval of a share, two numbers in 0–1.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927), 209–212.
    It behaves well for small counts and for shares near 0 and 1, where the textbook interval fails.
    """
    if total <= 0:
        raise ValueError("an interval needs at least one answer")
    share, z2 = correct / total, Z_95 * Z_95
    centre = (share + z2 / (2 * total)) / (1 + z2 / total)
    half = Z_95 * sqrt(share * (1 - share) / total + z2 / (4 * total * total)) / (1 + z2 / total)
    return max(0.0, centre - half), min(1.0, centre + half)


def verdict(correct: int, total: int, *, pass_share: float) -> str:
    """Judge a domain or task against the share that passes: `few`, `weak`, `strong` or `open`.

    `weak` and `strong` only where the whole interval lies on one side of the pass line.
    """
    if total < MINIMUM_FOR_VERDICT:
        return "few"
    low, high = wilson_interval(correct, total)
    if high < pass_share:
        return "weak"
    return "strong" if low >= pass_share else "open"
