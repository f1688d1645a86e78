"""What domains and tasks were called when an attempt was scored. Pure.

A score keeps it as JSON, because tasks are renamed and renumbered and the past does not change:
{"1": {"name": domain, "tasks": {"1.1": task, …}, "ids": {"17": "1.1", …}}, …}; `ids` are those of the rows of tasks.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Place:
    """A task and its domain, by their names as of the score."""

    domain_number: int
    domain_name: str
    code: str
    name: str

    @property
    def label(self) -> str:
        return f"{self.code} {self.name}"


def written(places: Mapping[int, Place]) -> dict[str, Any]:
    """Return places by the ids of their tasks as a score keeps them."""
    outline: dict[str, Any] = {}
    for pk, place in places.items():
        domain = outline.setdefault(str(place.domain_number), {"name": place.domain_name, "tasks": {}, "ids": {}})
        domain["tasks"][place.code] = place.name
        domain["ids"][str(pk)] = place.code
    return outline


def read(outline: Mapping[str, Any]) -> dict[int, Place]:
    return {
        int(pk): Place(int(number), domain["name"], code, domain["tasks"][code])
        for number, domain in outline.items()
        for pk, code in domain["ids"].items()
    }


def by_domain(places: Iterable[Place]) -> dict[int, str]:
    """Return number → name of the domains."""
    return {place.domain_number: place.domain_name for place in places}
