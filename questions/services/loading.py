"""Loading a checked bank from files: its certifications, then its questions by the import engine, all or nothing."""

import datetime as dt
from collections.abc import Iterable, Mapping

from django.db import models, transaction

from questions.bankfiles import Bank, CertificationEntry, TaskEntry
from questions.formats.base import ReadQuestion
from questions.models import Certification, Domain, Skill, Task
from questions.services.importing import apply_import
from questions.services.planning import BANK_FILES, ImportPlan


@transaction.atomic
def load_bank(*, bank: Bank, now: dt.datetime, overwrite: bool = False) -> ImportPlan:
    """Write a checked bank, all or nothing, and publish what it says is published; nobody is its author.

    Loading the same files again changes nothing. A question that was edited here is kept unless `overwrite`; even then
    its published revisions stay, and its history keeps what an unpublished draft said.
    """
    if bank.problems:
        raise ValueError("a bank with problems cannot be loaded")
    _load_certifications(bank.certifications)
    read = [ReadQuestion("", entry.id, entry) for entry in bank.questions]
    return apply_import(read, by=None, now=now, source=BANK_FILES, overwrite=overwrite, publish=True, is_bank=True)


def _load_certifications(entries: Iterable[CertificationEntry]) -> None:
    known = {row.code: row for row in Certification.objects.prefetch_related("domains__tasks__skills")}
    for entry in entries:
        certification = known.get(entry.code) or Certification(code=entry.code)
        _set(certification, entry.model_dump(mode="json", exclude={"code", "domains"}))
        domains = {domain.number: domain for domain in certification.domains.all()}
        for part in entry.domains:
            domain = domains.get(part.number) or Domain(certification=certification, number=part.number)
            _set(domain, {"name": part.name, "weight": part.weight})
            tasks = {task.code: task for task in domain.tasks.all()}
            for written in part.tasks:
                task = tasks.get(written.code) or Task(domain=domain, code=written.code)
                _set(task, {"name": written.name})
                _load_skills(task, written)


def _load_skills(task: Task, entry: TaskEntry) -> None:
    skills = {skill.code: skill for skill in task.skills.all()}
    for position, written in enumerate(entry.skills, start=1):
        skill = skills.get(written.code) or Skill(task=task, code=written.code)
        _set(skill, {"name": written.name, "position": position})


def _set(row: models.Model, values: Mapping[str, object]) -> None:
    """Save the row if it is new or says something else: most loads find everything as it is."""
    if row.pk is None or any(getattr(row, name) != value for name, value in values.items()):
        for name, value in values.items():
            setattr(row, name, value)
        row.save()
