"""Doing what an import plan says, if the bank is still the same."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from questions.bankfiles import QuestionEntry
from questions.content import QuestionContent
from questions.exceptions import QuestionRefused
from questions.formats.base import ReadQuestion
from questions.linting import stem_marks
from questions.models import Question, QuestionEvent, QuestionTask, Revision, Skill, StemMark, Tag, Task
from questions.services import reviewing
from questions.services.exporting import CHUNK, chunks, questions_with_content
from questions.services.planning import ImportPlan, ImportRow, plan_import


def apply_import(
    read: Sequence[ReadQuestion],
    *,
    by: User | None,
    now: dt.datetime,
    source: str,
    expected: str | None = None,
    skip_refused: bool = False,
    overwrite: bool = False,
    publish: bool = False,
    is_bank: bool = False,
) -> ImportPlan:
    """Write what the file says, all in one transaction or nothing; return what was done.

    `source` names the file in the questions' history. Raises `QuestionRefused` when a question is refused and not
    skipped, and when the plan is not the one whose fingerprint is `expected`: someone has changed the bank since.
    """
    try:
        with transaction.atomic():
            plan = plan_import(read, overwrite=overwrite, publish=publish, is_bank=is_bank, lock=True)
            if expected is not None and plan.fingerprint != expected:
                raise QuestionRefused(_("The bank has changed since you checked the file. Check the file again."))
            if plan.counts["refused"] and not skip_refused:
                raise _nothing_imported(plan.counts["refused"])
            changed = [row for row in plan.rows if row.state in {"new", "changed"}]
            same = [row for row in changed if row.changes == ("status",)] + [row for row in plan.rows if row.is_adopted]
            _write([row for row in changed if row.changes != ("status",)], by=by, now=now, source=source)
            _adopt(same, by=by, now=now, source=source)
            return _published(plan, by=by, now=now) if publish else plan
    except IntegrityError as error:  # two imports of the same new ids at the same moment: the other one was faster
        raise QuestionRefused(_("Somebody has just changed some of these questions. Check the file again.")) from error


def _nothing_imported(refused: int) -> QuestionRefused:
    said = ngettext(
        "%(count)d question was refused, so nothing was imported.",
        "%(count)d questions were refused, so nothing was imported.",
        refused,
    )
    return QuestionRefused(said % {"count": refused})


def _adopt(rows: Sequence[ImportRow], *, by: User | None, now: dt.datetime, source: str) -> None:
    """Remember that the file says what the question says. Nobody wrote anything, so an approval still holds."""
    adopted = [(row.question, row.entry) for row in rows if row.question and row.entry]
    for question, entry in adopted:
        question.loaded_digest = entry.digest
    Question.objects.bulk_update([question for question, _row in adopted], ["loaded_digest"], batch_size=500)
    kind = QuestionEvent.Kind.IMPORTED
    QuestionEvent.objects.bulk_create(
        [QuestionEvent(question=question, kind=kind, by=by, at=now, text=source) for question, _row in adopted]
    )


def _write(rows: Sequence[ImportRow], *, by: User | None, now: dt.datetime, source: str) -> None:
    pairs = [(row.entry, row.question or Question(code=row.code)) for row in rows if row.entry]
    for entry, question in pairs:
        question.difficulty = entry.difficulty
        question.source_id = entry.source.id if entry.source else ""
        question.source_chapter = entry.source.chapter if entry.source else None
        question.source_title = entry.source.title if entry.source else ""
        question.loaded_digest = entry.digest
        question.updated_at = now
    new = [question for _row, question in pairs if question.pk is None]
    known = [question for _row, question in pairs if question.pk is not None]
    Question.objects.bulk_create(new)
    models.prefetch_related_objects(new, "revisions", "placements")  # there are none: asked once, not for each
    fields = ["difficulty", "source_id", "source_chapter", "source_title", "loaded_digest", "updated_at"]
    Question.objects.bulk_update(known, fields, batch_size=500)
    _write_tags(pairs)
    _write_placements(pairs)
    _write_marks(pairs)
    _write_revisions(pairs, [row for row in rows if row.entry], by=by, now=now, source=source)


Pairs = Sequence[tuple[QuestionEntry, Question]]


def _write_tags(pairs: Pairs) -> None:
    names = {tag for entry, _question in pairs for tag in entry.tags}
    Tag.objects.bulk_create([Tag(name=name) for name in sorted(names)], ignore_conflicts=True)
    tags = {name: pk for name, pk in Tag.objects.values_list("name", "pk") if name in names}
    through = Question.tags.through
    for part in chunks([question.pk for _row, question in pairs]):
        through.objects.filter(question__in=part).delete()
    through.objects.bulk_create(
        [through(question_id=question.pk, tag_id=tags[tag]) for entry, question in pairs for tag in entry.tags]
    )


def _write_placements(pairs: Pairs) -> None:
    tasks = {
        (task.domain.certification.code, task.code): task
        for task in Task.objects.select_related("domain__certification")
    }
    used = Skill.objects.all() if any(entry.skills for entry, _question in pairs) else ()
    skills = {(skill.task_id, skill.code): skill.pk for skill in used}
    placements, moved, stale = [], [], []
    for entry, question in pairs:
        wanted = {}
        for certification, code in entry.tasks.items():
            task = tasks[certification, code]
            wanted[task.pk] = (task, skills[task.pk, skill] if (skill := entry.skills.get(certification)) else None)
        for placement in question.placements.all():
            found = wanted.pop(placement.task_id, None)  # one that stays keeps its draw key
            if found is None:
                stale.append(placement.pk)
            elif placement.skill_id != found[1]:
                placement.skill_id = found[1]
                moved.append(placement)
        placements += [
            QuestionTask(
                question=question,
                task=task,
                skill_id=skill,
                domain=task.domain,
                certification=task.domain.certification,
            )
            for task, skill in wanted.values()
        ]
    QuestionTask.objects.filter(pk__in=stale).delete()
    QuestionTask.objects.bulk_create(placements)
    QuestionTask.objects.bulk_update(moved, ["skill"], batch_size=500)


def _write_marks(pairs: Pairs) -> None:
    for part in chunks([question.pk for _row, question in pairs]):
        StemMark.objects.filter(question__in=part).delete()
    marks = [StemMark(question=question, mark=mark) for entry, question in pairs for mark in stem_marks(entry.stem)]
    StemMark.objects.bulk_create(marks, batch_size=CHUNK)


def _write_revisions(
    pairs: Pairs, rows: Sequence[ImportRow], *, by: User | None, now: dt.datetime, source: str
) -> None:
    added: list[Revision] = []
    changed: list[Revision] = []
    dropped, events = [], []
    for (entry, question), row in zip(pairs, rows, strict=True):
        content = QuestionContent.model_validate(entry.model_dump(include=set(QuestionContent.model_fields)))
        latest = next(iter(question.revisions.all()), None)
        draft = latest if latest and latest.published_at is None else None
        published = question.published_revision
        revision: Revision | None = draft or Revision(question=question, number=latest.number + 1 if latest else 1)
        if published and published.content == content:
            dropped += [draft.pk] if draft else []
            revision = published
        elif revision and (draft is None or draft.content != content):
            revision.set_content(content)
            revision.created_by = by
            (changed if draft else added).append(revision)
        events.append(
            QuestionEvent(
                question=question,
                revision=revision,
                kind=QuestionEvent.Kind.IMPORTED,
                by=by,
                at=now,
                text=source,
                losses="\n".join(row.losses),
                # A draft is written over in place, and so are tags and tasks; what they said is kept here.
                earlier=row.earlier.model_dump(mode="json", exclude_defaults=True) if row.earlier else None,
            )
        )
    # A draft that is no longer needed waits for no review.
    Question.objects.filter(revisions__in=dropped).update(reviewer=None)
    Revision.objects.filter(pk__in=dropped, published_at=None).delete()
    Revision.objects.bulk_create(added)
    names = [field.name for field in Revision._meta.concrete_fields if field.name not in _FIXED]
    Revision.objects.bulk_update(changed, names, batch_size=200)
    QuestionEvent.objects.bulk_create(events)


_FIXED = {"id", "question", "number", "created_at", "published_at"}


def _published(plan: ImportPlan, *, by: User | None, now: dt.datetime) -> ImportPlan:
    """Publish what the file says is published, as far as the rules of publication let this person."""
    codes = {row.code for row in plan.rows if row.state in {"new", "changed"} and row.entry}
    questions = {
        question.code: question
        for question in questions_with_content(codes=sorted(codes))
        if question.status != Question.Status.RETIRED
    }
    rows = []
    for row in plan.rows:
        question = questions.get(row.code)
        if question and row.state in {"new", "changed"} and row.entry and row.entry.status == "published":
            try:
                reviewing.publish(question=question, by=by, now=now)
            except QuestionRefused as refusal:
                row = replace(
                    row, notes=(*row.notes, _("imported as a draft, not published: %(refusal)s") % {"refusal": refusal})
                )
        rows.append(row)
    return ImportPlan(tuple(rows))
