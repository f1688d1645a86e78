"""The judged answers of one attempt as its report reads them: shares by task, and what else they say."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from exams.attempts.models import Attempt
from exams.blueprints.rules import FULL
from exams.corrections.queries import applied_rescores
from exams.release.queries import may_know
from exams.results.insights import Answer
from exams.results.queries.outcomes import is_right
from exams.scoring.models import JudgedAnswer, Rescore, Score
from exams.scoring.queries import Tally

_COLUMNS = [
    *("item", "item__position", "question", "task", "earned", "given", "seconds", "is_scored", "is_first", "is_sure"),
    *("item__response", "item__first_response", "revision__kind", "revision__key"),
]
Given = JudgedAnswer.Given


@dataclass
class Tallied:
    """What the scored questions of a task earned, apart by whether they were asked for the first time."""

    first: Tally = field(default_factory=Tally)
    again: Tally = field(default_factory=Tally)

    def __add__(self, other: "Tallied") -> "Tallied":
        return Tallied(self.first + other.first, self.again + other.again)

    @property
    def all(self) -> Tally:
        return self.first + self.again


@dataclass(frozen=True)
class Answers:
    """`by_task`: by the ids of tasks. `hidden`: how many questions the candidate may learn nothing about now."""

    each: list[Answer]
    by_task: dict[int, Tallied]
    hidden: int

    @property
    def total(self) -> Tallied:
        return sum(self.by_task.values(), Tallied())


def answers_of(attempt: Attempt, score: Score, *, is_key_shown: bool) -> Answers:
    """Read the answers of a score once: two queries, and one more where it was re-scored.

    Shares by task are for whoever may see the score. Whether those were right who were sure, quick or changed their
    mind tells a key to whoever marks one question: it is known only where the key is shown, of what may be learned now.
    """
    rows = list(score.answers.order_by("item__position").values(*_COLUMNS))
    known: set[int] = set()
    if is_key_shown:
        known.update(may_know(attempt.items.all(), attempt.candidate_id).order_by().values_list("pk", flat=True))
    rescores = applied_rescores(attempt) if score.rescore_id and known else {}
    by_task: dict[int, Tallied] = defaultdict(Tallied)
    for row in rows:
        if row["is_scored"]:
            tally = Tally(row["earned"], 1)
            by_task[row["task"]] += Tallied(tally, Tally()) if row["is_first"] else Tallied(Tally(), tally)
    each = [_answer(row, known, rescores.get(row["question"])) for row in rows]
    return Answers(each, dict(by_task), hidden=len(rows) - len(known) if is_key_shown else 0)


def _answer(row: dict[str, Any], known: Collection[int], rescore: Rescore | None) -> Answer:
    first, response = row["item__first_response"], row["item__response"]
    kind, key = row["revision__kind"], row["revision__key"]
    is_known, is_changed = row["item"] in known, first not in (None, response)
    return Answer(
        position=row["item__position"],
        seconds=row["seconds"],
        is_answered=row["given"] == Given.ANSWER,
        is_reached=row["given"] != Given.NOT_REACHED,
        is_scored=row["is_scored"],
        is_sure=row["is_sure"],
        is_changed=is_changed,
        is_right=row["earned"] == FULL if is_known else None,
        was_right=is_right(kind, key, first, rescore) if is_known and is_changed else None,
    )
