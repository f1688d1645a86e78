"""Writing questions: drafts, copies, and old texts brought back."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from questions.content import QuestionContent, draft_problems
from questions.exceptions import InvalidContent, QuestionRefused
from questions.linting import stem_marks
from questions.models import Question, QuestionEvent, QuestionTask, Revision, StemMark
from questions.services.events import record
from questions.services.versions import locked


@transaction.atomic
def save_draft(
    *,
    question: Question,
    content: QuestionContent,
    by: User | None,
    now: dt.datetime,
    kind: str = QuestionEvent.Kind.WRITTEN,
    text: str = "",
) -> Revision:
    """Store the content as the question's unpublished revision; the published one keeps serving.

    Content that equals the published revision makes no draft, and drops one that stood there; content that equals the
    draft changes nothing, also not its author. `kind` and `text` say in the question's history where it came from.
    """
    if problems := draft_problems(content):
        raise InvalidContent(problems)
    question = Question.objects.select_for_update().get(pk=question.pk)
    draft = question.revisions.filter(published_at=None).first()
    published = question.published_revision
    if published and published.content == content:
        if draft:
            draft.delete()
            _mark_stem(question, content.stem)
            Question.objects.filter(pk=question.pk).update(reviewer=None)
            record(question=question, kind=kind, by=by, now=now, revision=published, text=text or "dropped the draft")
        return published
    if draft and draft.content == content:
        return draft
    if draft is None:
        latest = question.revisions.order_by("-number").first()
        draft = Revision(question=question, number=latest.number + 1 if latest else 1)
    draft.created_by = by
    draft.set_content(content)
    draft.save()
    _mark_stem(question, content.stem)
    record(question=question, kind=kind, by=by, now=now, revision=draft, text=text)
    return draft


def _mark_stem(question: Question, stem: str) -> None:
    """Let near-duplicates of the latest stem find it: see `questions.queries.similar_questions`."""
    marks = stem_marks(stem)
    question.stem_marks.exclude(mark__in=marks).delete()
    StemMark.objects.bulk_create((StemMark(question=question, mark=mark) for mark in marks), ignore_conflicts=True)


@transaction.atomic
def restore_revision(*, revision: Revision, by: User, now: dt.datetime, seen: str | None = None) -> Revision:
    """Make an earlier revision's content the draft again. What was published stays published.

    Raises `StaleVersion` if the question is not the one that was `seen`: the draft that goes may not be the one read.
    """
    locked(revision.question, seen)
    text = f"revision {revision.number}"
    return save_draft(
        question=revision.question,
        content=revision.content,
        by=by,
        now=now,
        kind=QuestionEvent.Kind.RESTORED,
        text=text,
    )


@transaction.atomic
def copy_question(*, question: Question, by: User, now: dt.datetime) -> Question:
    """Return a new draft with the latest content, the tasks and tags of a question, under a code of its own."""
    latest = question.revisions.order_by("-number").first()
    if latest is None:
        raise QuestionRefused(_("There is nothing to copy. Write the question first."))
    copy = Question.objects.create(
        difficulty=question.difficulty,
        source_chapter=question.source_chapter,
        source_title=question.source_title,
        copied_from=question,
    )
    copy.tags.set(question.tags.all())
    for placement in question.placements.select_related("task__domain", "skill"):
        QuestionTask.objects.create(question=copy, task=placement.task, skill=placement.skill)
    save_draft(question=copy, content=latest.content, by=by, now=now, text=f"a copy of {question}")
    return copy
