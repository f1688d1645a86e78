"""Where a question is filed, apart from what it says."""

from collections.abc import Iterable

from django.db import transaction

from questions.models import Question, QuestionTask, Skill, Tag, Task
from questions.services.versions import locked


@transaction.atomic
def move_to_task(*, question: Question, task: Task, skill: Skill | None = None, seen: str | None = None) -> None:
    """Place the question in the task, instead of the one it had in the same certification. Raises `StaleVersion`.

    Without a skill of that task it has none, unless the task is the one that it had.
    """
    question = locked(question, seen)
    placement = question.placements.filter(certification=task.domain.certification).first()
    placement = placement or QuestionTask(question=question)
    if skill or placement.task_id != task.pk:
        placement.skill = skill
    placement.task = task
    placement.save()


@transaction.atomic
def set_difficulty(*, question: Question, difficulty: str, seen: str | None = None) -> None:
    """Raises `StaleVersion`."""
    question = locked(question, seen)
    question.difficulty = difficulty
    question.save(update_fields=["difficulty", "updated_at"])


@transaction.atomic
def set_tags(*, question: Question, names: Iterable[str]) -> None:
    """Give the question exactly these tags, made where they do not exist yet."""
    question.tags.set(_tags(names))


@transaction.atomic
def change_tags(*, question: Question, add: Iterable[str], remove: Iterable[str]) -> None:
    question.tags.add(*_tags(add))
    question.tags.remove(*Tag.objects.filter(name__in=set(remove)))


def _tags(names: Iterable[str]) -> list[Tag]:
    wanted = set(names)
    Tag.objects.bulk_create([Tag(name=name) for name in sorted(wanted)], ignore_conflicts=True)
    return list(Tag.objects.filter(name__in=wanted))
