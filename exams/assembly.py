"""Assembling a form: a pure function of the quotas, the pool, a seed and what was seen before."""

import random
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from exams.exceptions import PoolTooSmall


def quotas(total: int, weights: Mapping[int, int]) -> dict[int, int]:
    """Share `total` questions among domains by weight: the largest-remainder (Hamilton) method.

    `weights` maps a domain's id to its weight, in any unit. The result sums to `total` exactly; of equal remainders
    the heavier domain comes first, then the one that stands first.
    """
    whole = sum(weights.values())
    shares = {domain: divmod(total * weight, whole) for domain, weight in weights.items()}
    result = {domain: count for domain, (count, _) in shares.items()}
    by_remainder = sorted(weights, key=lambda domain: (-shares[domain][1], -weights[domain]))
    for domain in by_remainder[: total - sum(result.values())]:
        result[domain] += 1
    return result


@dataclass(frozen=True)
class DomainQuota:
    domain_id: int
    name: str
    scored: int
    unscored: int

    @property
    def total(self) -> int:
        return self.scored + self.unscored


class PoolItem(Protocol):
    """What assembly needs to know of a question that may be drawn."""

    @property
    def question_id(self) -> int: ...
    @property
    def domain_id(self) -> int: ...


Item = TypeVar("Item", bound=PoolItem)


def assemble(
    pool: Iterable[Item], domain_quotas: Sequence[DomainQuota], *, seed: int, seen: Collection[int] = ()
) -> list[tuple[Item, bool]]:
    """Draw a form: for each item, in the order of the form, whether it is scored.

    Exact quotas, no question twice, the same result for the same arguments. Questions in `seen` (ids) are drawn
    only where the others do not suffice. Which items are unscored is drawn too, so neither their place nor their
    kind tells. Raises `PoolTooSmall` with the name of the first domain that is short.
    """
    rng = random.Random(seed)  # noqa: S311  # fairness, not secrecy; the seed is never shown
    by_domain: dict[int, list[Item]] = {quota.domain_id: [] for quota in domain_quotas}
    for item in sorted(pool, key=lambda item: item.question_id):
        if item.domain_id in by_domain:
            by_domain[item.domain_id].append(item)
    form: list[tuple[Item, bool]] = []
    for quota in domain_quotas:
        candidates = by_domain[quota.domain_id]
        if len(candidates) < quota.total:
            raise PoolTooSmall(quota.name, quota.total, len(candidates))
        rng.shuffle(candidates)
        candidates.sort(key=lambda item: item.question_id in seen)
        drawn = candidates[: quota.total]
        # Where seen questions had to be drawn they stand last: draw afresh which items are unscored.
        rng.shuffle(drawn)
        form.extend((item, index < quota.scored) for index, item in enumerate(drawn))
    rng.shuffle(form)
    return form


def option_order(count: int, *, shuffle: bool, seed: int, position: int) -> list[int]:
    """Return the indexes of a question's options in the order this attempt shows them."""
    order = list(range(count))
    if shuffle:
        random.Random(f"{seed}:{position}").shuffle(order)  # noqa: S311  # as above
    return order
