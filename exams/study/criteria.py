"""What to practise, as the builder says it and a set keeps it. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from enum import StrEnum
from typing import Any

from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass

MAX_QUESTIONS = 100
MAX_MINUTES = 600
MAX_MINUTES_A_DAY = 600


class Pool(StrEnum):
    """Which of the candidate's own questions: by what was answered before."""

    ALL = "all"
    UNSEEN = "unseen"
    MISSED = "missed"
    MISSED_AGAIN = "missed_again"
    UNSURE = "unsure"
    MARKED = "marked"


@dataclass(frozen=True)
class Criteria:
    """Which questions, how many and how. Ids of domains, tasks and tags, numbers of chapters; empty: any."""

    domains: tuple[int, ...] = ()
    tasks: tuple[int, ...] = ()
    chapters: tuple[int, ...] = ()
    tags: tuple[int, ...] = ()
    difficulties: tuple[str, ...] = ()
    # These very questions, by their ids: the misses of an attempt.
    questions: tuple[int, ...] = ()
    pool: Pool = Pool.ALL
    number: int = 10
    feedback: str = "each"
    # None: without a clock.
    minutes: int | None = None

    def as_json(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if value not in ((), None)}


def from_json(stored: Mapping[str, Any]) -> Criteria:
    """Return what `as_json` made; what a later version has added is as by default."""
    known = {field.name: stored[field.name] for field in fields(Criteria) if field.name in stored}
    return TypeAdapter(Criteria).validate_python(known)
