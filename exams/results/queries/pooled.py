"""What all first answers of a candidate say today, whatever attempt or practice they are from."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from fractions import Fraction

from accounts.models import User
from exams.study.queries.mastery import Focus, Share, TaskMastery, TaskPlace, focus_of, known_by_task, mastery
from questions.models import Certification, Task


@dataclass(frozen=True)
class Pooled:
    """By the ids of tasks. A task that has left its certification has no share."""

    tasks: dict[int, TaskMastery]
    focus: Focus | None
    total: Share

    def of_task(self, task_id: int) -> Share:
        return self.tasks[task_id].share if task_id in self.tasks else Share()

    def of_domain(self, task_ids: Collection[int]) -> Share:
        """Return the share of the domain that these tasks are in today, also of its other tasks."""
        numbers = {self.tasks[task_id].place.domain_number for task_id in task_ids if task_id in self.tasks}
        shares = (task.share for task in self.tasks.values() if task.place.domain_number in numbers)
        return sum(shares, Share())


def pooled_of(
    candidate: User | int, certification: Certification | int, pass_share: Fraction, now: dt.datetime
) -> Pooled:
    """Pool the first answers of a candidate, by the exam guide of today: two queries."""
    tasks = Task.objects.filter(domain__certification=certification).order_by("domain__number", "code")
    names = tasks.values_list("pk", "code", "name", "domain__number", "domain__name")
    known = known_by_task(candidate, certification, due_before=now)
    found = mastery((TaskPlace(*row) for row in names), known)
    return Pooled(
        tasks={task.place.task_id: task for task in found},
        focus=focus_of(found, pass_share),
        total=sum((task.share for task in found), Share()),
    )
