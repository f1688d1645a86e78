"""Loading a checked bank from files, all or nothing."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.db import transaction

from questions.bankfiles import Bank, CertificationEntry, QuestionEntry
from questions.content import QuestionContent
from questions.models import Certification, Domain, Question, QuestionEvent, QuestionTask, Revision, Task
from questions.services import filing, reviewing, writing


@dataclass
class LoadReport:
    new: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)


@transaction.atomic
def load_bank(*, bank: Bank, now: dt.datetime, overwrite: bool = False) -> LoadReport:
    """Write a checked bank, all or nothing. Loading the same files again changes nothing.

    A question that was edited in the admin since it was loaded is kept (and reported) unless `overwrite`; even then its
    published revisions stay, an unpublished draft is replaced.
    """
    if bank.problems:
        raise ValueError("a bank with problems cannot be loaded")
    for certification in bank.certifications:
        _load_certification(certification)
    tasks = {
        (task.domain.certification.code, task.code): task
        for task in Task.objects.select_related("domain__certification")
    }
    existing = {
        question.code: question
        for question in Question.objects.filter(code__in=[entry.id for entry in bank.questions])
        .select_related("published_revision")
        .prefetch_related("placements__task__domain__certification")
    }
    edited = _edited_since_loaded(existing.values())
    report = LoadReport()
    for entry in bank.questions:
        question = existing.get(entry.id)
        takes_file = overwrite and entry.id in edited
        if question and question.loaded_digest == entry.digest and not takes_file:
            report.unchanged.append(entry.id)
        elif question and entry.id in edited and not overwrite:
            report.kept.append(entry.id)
        else:
            (report.changed if question else report.new).append(entry.id)
            _load_question(question or Question(code=entry.id), entry, tasks, now)
    return report


def _edited_since_loaded(questions: Iterable[Question]) -> set[str]:
    """Return the codes of questions whose latest text is a person's, not a file's."""
    latest = {
        revision.question_id: revision
        for revision in Revision.objects.filter(question__in=[question.pk for question in questions]).order_by("number")
    }
    return {
        question.code
        for question in questions
        if not question.loaded_digest or (question.pk in latest and latest[question.pk].created_by_id is not None)
    }


def _load_certification(entry: CertificationEntry) -> None:
    certification, _ = Certification.objects.update_or_create(
        code=entry.code, defaults=entry.model_dump(exclude={"code", "domains"})
    )
    for domain_entry in entry.domains:
        domain, _ = Domain.objects.update_or_create(
            certification=certification,
            number=domain_entry.number,
            defaults={"name": domain_entry.name, "weight": domain_entry.weight},
        )
        for task_entry in domain_entry.tasks:
            Task.objects.update_or_create(domain=domain, code=task_entry.code, defaults={"name": task_entry.name})


def _load_question(
    question: Question, entry: QuestionEntry, tasks: Mapping[tuple[str, str], Task], now: dt.datetime
) -> None:
    question.difficulty = entry.difficulty
    question.source_id = entry.source.id if entry.source else ""
    question.source_chapter = entry.source.chapter if entry.source else None
    question.source_title = entry.source.title if entry.source else ""
    question.loaded_digest = entry.digest
    is_new = question.pk is None
    question.save()
    filing.set_tags(question=question, names=entry.tags)
    wanted = {tasks[certification, code] for certification, code in entry.tasks.items()}
    if is_new or wanted != {placement.task for placement in question.placements.all()}:
        question.placements.all().delete()
        for task in wanted:
            QuestionTask.objects.create(question=question, task=task)
    content = QuestionContent.model_validate(entry.model_dump(include=set(QuestionContent.model_fields)))
    writing.save_draft(question=question, content=content, by=None, now=now, kind=QuestionEvent.Kind.IMPORTED)
    if entry.status == "published" and question.status != Question.Status.RETIRED:
        reviewing.publish(question=question, by=None, now=now)
