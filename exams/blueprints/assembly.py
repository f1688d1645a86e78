"""Assembling a form: a pure function of the quotas, the pool, a seed and what was seen before."""

import random
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from exams.exceptions import PoolTooSmall

Key = TypeVar("Key", bound=Hashable)


def quotas(total: int, weights: Mapping[Key, int]) -> dict[Key, int]:
    """Share `total` questions among domains, or other parts, by weight: the largest-remainder (Hamilton) method.

    `weights` maps what names a part to its weight, in any unit. The result sums to `total` exactly; of equal
    remainders the heavier part comes first, then the one that stands first.
    """
    whole = sum(weights.values())
    shares = {domain: divmod(total * weight, whole) for domain, weight in weights.items()}
    result = {domain: count for domain, (count, _) in shares.items()}
    by_remainder = sorted(weights, key=lambda domain: (-shares[domain][1], -weights[domain]))
    for domain in by_remainder[: total - sum(result.values())]:
        result[domain] += 1
    return result


# A part of the bank: a domain and one of its tasks, or None for those of its tasks that are no part by themselves.
Part = tuple[int, int | None]


@dataclass(frozen=True)
class Quota:
    """How many questions of a form come from one part of the bank. Of several quotas no two name the same part, so
    every question counts towards one of them at most."""

    domain_id: int
    name: str
    scored: int
    unscored: int
    task_id: int | None = None

    @property
    def total(self) -> int:
        return self.scored + self.unscored

    @property
    def part(self) -> Part:
        return self.domain_id, self.task_id


def part_of(domain_id: int, task_id: int, parts: Collection[Part]) -> Part | None:
    """Return the part that a question of this task belongs to: the task's own, else its domain's; None: neither."""
    # Written out: a start asks this some hundreds of times.
    if (domain_id, task_id) in parts:
        return domain_id, task_id
    return (domain_id, None) if (domain_id, None) in parts else None


def form_quotas(totals: Mapping[Part, int], names: Mapping[Part, str], unscored_count: int) -> list[Quota]:
    """Share the unscored questions of a form among its parts, by how many questions each has of all."""
    # No part's share can exceed what it has: its exact share does not, and that is rounded up to at most it.
    unscored = quotas(unscored_count, totals)
    return [
        Quota(part[0], names[part], total - unscored[part], unscored[part], task_id=part[1])
        for part, total in totals.items()
    ]


class PoolItem(Protocol):
    """What assembly needs to know of a question that may be drawn."""

    @property
    def question_id(self) -> int: ...
    @property
    def domain_id(self) -> int: ...
    @property
    def task_id(self) -> int: ...


Item = TypeVar("Item", bound=PoolItem)


def assemble(
    pool: Iterable[Item], asked: Sequence[Quota], *, seed: int, seen: Collection[int] = ()
) -> list[tuple[Item, bool]]:
    """Draw a form: for each item, in the order of the form, whether it is scored.

    Exact quotas, no question twice, the same result for the same arguments. Questions in `seen` (ids) are drawn
    only where the others do not suffice. Which items are unscored is drawn too, so neither their place nor their
    kind tells. Raises `PoolTooSmall` with the name of the first quota that is short.
    """
    rng = random.Random(seed)  # noqa: S311  # fairness, not secrecy; the seed is never shown
    by_part: dict[Part, list[Item]] = {quota.part: [] for quota in asked}
    for item in sorted(pool, key=lambda item: item.question_id):
        if part := part_of(item.domain_id, item.task_id, by_part):
            by_part[part].append(item)
    form: list[tuple[Item, bool]] = []
    for quota in asked:
        candidates = by_part[quota.part]
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


def with_cases_together(form: Sequence[tuple[Item, bool]], cases: Mapping[int, str]) -> list[tuple[Item, bool]]:
    """Let the questions of a case follow the first of them, so that its text is read once.

    `cases`: the texts of the questions (ids) that have one.
    """
    first: dict[str, int] = {}
    places = [
        first.setdefault(cases[item.question_id], place) if item.question_id in cases else place
        for place, (item, _) in enumerate(form)
    ]
    return [form[place] for place in sorted(range(len(form)), key=places.__getitem__)]


def option_order(count: int, *, shuffle: bool, seed: int, position: int) -> list[int]:
    """Return the indexes of a question's options in the order this attempt shows them."""
    order = list(range(count))
    if shuffle:
        random.Random(f"{seed}:{position}").shuffle(order)  # noqa: S311  # as above
    return order
