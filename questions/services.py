"""Every write to the bank that touches more than one row or changes a status."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.db import transaction

from accounts.models import User
from questions.bankfiles import Bank, CertificationEntry, QuestionEntry
from questions.content import QuestionContent, draft_problems, publication_problems
from questions.exceptions import InvalidContent, QuestionRefused
from questions.models import Certification, Domain, Question, QuestionTask, Revision, Task


@transaction.atomic
def save_draft(*, question: Question, content: QuestionContent, by: User | None) -> Revision:
    """Store the content as the question's unpublished revision; the published one keeps serving.

    Content that equals the published revision makes no draft, and drops one that stood there.
    """
    if problems := draft_problems(content):
        raise InvalidContent(problems)
    question = Question.objects.select_for_update().get(pk=question.pk)
    draft = question.revisions.filter(published_at=None).first()
    published = question.published_revision
    if published and published.content == content:
        if draft:
            draft.delete()
        return published
    if draft is None:
        latest = question.revisions.order_by("-number").first()
        draft = Revision(question=question, number=latest.number + 1 if latest else 1)
    draft.created_by = by
    draft.set_content(content)
    draft.save()
    return draft


@transaction.atomic
def publish(*, question: Question, now: dt.datetime) -> Revision:
    """Make the unpublished revision the one that is drawn from now on; attempts keep what they pinned.

    Repeating it changes nothing. Raises `InvalidContent` when a rule of publication is broken, `QuestionRefused` when
    the question has no task.
    """
    question = Question.objects.select_for_update().get(pk=question.pk)
    revision = question.revisions.filter(published_at=None).first() or question.published_revision
    if revision is None:
        raise QuestionRefused("There is nothing to publish: write the question first.")
    if problems := publication_problems(revision.content):
        raise InvalidContent(problems)
    if not question.placements.exists():
        raise QuestionRefused("Choose the task it belongs to before you publish it.")
    if revision.published_at is None:
        revision.published_at = now
        revision.save()
    question.published_revision = revision
    question.status = Question.Status.PUBLISHED
    question.save(update_fields=["published_revision", "status", "updated_at"])
    return revision


_MOVES: dict[str, list[Question.Status]] = {
    Question.Status.IN_REVIEW: [Question.Status.DRAFT],
    Question.Status.RETIRED: [Question.Status.PUBLISHED, Question.Status.DRAFT, Question.Status.IN_REVIEW],
}


def change_status(*, question: Question, to: str) -> None:
    """Send to review, or retire (no new exam draws it, old results keep it)."""
    moved = Question.objects.filter(pk=question.pk, status__in=_MOVES.get(to, [])).update(status=to)
    if not moved:
        question.refresh_from_db(fields=["status"])
        raise QuestionRefused(f"A question that is {question.get_status_display()} cannot become “{to}”.")


# --- Loading files ----------------------------------------------------------------------------------


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
    question.tags = list(entry.tags)
    question.source_id = entry.source.id if entry.source else ""
    question.source_chapter = entry.source.chapter if entry.source else None
    question.source_title = entry.source.title if entry.source else ""
    question.loaded_digest = entry.digest
    is_new = question.pk is None
    question.save()
    wanted = {tasks[certification, code] for certification, code in entry.tasks.items()}
    if is_new or wanted != {placement.task for placement in question.placements.all()}:
        question.placements.all().delete()
        for task in wanted:
            QuestionTask.objects.create(question=question, task=task)
    content = QuestionContent.model_validate(entry.model_dump(include=set(QuestionContent.model_fields)))
    save_draft(question=question, content=content, by=None)
    if entry.status == "published" and question.status != Question.Status.RETIRED:
        publish(question=question, now=now)
