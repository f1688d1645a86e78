"""Writing, publishing and retiring questions."""

import datetime as dt
from collections.abc import Iterable

from django.db import transaction

from accounts.models import User
from questions.content import QuestionContent, draft_problems, publication_problems
from questions.exceptions import InvalidContent, QuestionRefused
from questions.models import Question, Revision, Tag


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


@transaction.atomic
def set_tags(*, question: Question, names: Iterable[str]) -> None:
    """Give the question exactly these tags, made where they do not exist yet."""
    wanted = set(names)
    Tag.objects.bulk_create([Tag(name=name) for name in sorted(wanted)], ignore_conflicts=True)
    question.tags.set(Tag.objects.filter(name__in=wanted))
