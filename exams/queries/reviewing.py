"""What a candidate may read again after hand-in: questions with key and rationales."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.safestring import SafeString

from accounts.models import User
from exams.models import Attempt, AttemptItem
from questions.content import LETTERS
from questions.models import Certification, Question, Revision
from questions.rendering import render_inline, render_markdown


@dataclass(frozen=True)
class ReviewedOption:
    letter: str
    html: SafeString
    rationale: SafeString
    is_key: bool
    is_chosen: bool


@dataclass(frozen=True)
class ReviewedItem:
    position: int
    code: str
    stem: SafeString
    options: list[ReviewedOption]
    explanation: SafeString
    service_note: SafeString
    references: list[dict[str, str]]
    valid_as_of: dt.date
    task: str
    domain_number: int
    domain_name: str
    is_right: bool
    is_answered: bool
    is_flagged: bool
    is_scored: bool
    seconds_spent: int

    @property
    def time_spent(self) -> str:
        minutes, seconds = divmod(self.seconds_spent, 60)
        return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"


def _open_questions(candidate: User | int) -> QuerySet[AttemptItem, Any]:
    """Select the questions that the candidate is being asked right now: no page shows their keys meanwhile."""
    return AttemptItem.objects.filter(attempt__candidate=candidate, attempt__state=Attempt.State.IN_PROGRESS).values(
        "question_id"
    )


def reviewed_items(attempt: Attempt, points: dict[str, int]) -> list[ReviewedItem]:
    """Return the questions of a scored attempt with key, rationales and what the candidate chose: one query.

    Without those that stand in another attempt of the candidate that is under way.
    """
    items = (
        attempt.items.exclude(question_id__in=_open_questions(attempt.candidate_id))
        .order_by("position")
        .select_related("question", "revision", "task__domain")
    )
    return [_reviewed(item, bool(points[str(item.position)])) for item in items]


def _reviewed(item: AttemptItem, is_right: bool) -> ReviewedItem:
    revision = item.revision
    return ReviewedItem(
        position=item.position,
        code=item.question.code,
        stem=render_markdown(revision.stem),
        options=[
            ReviewedOption(
                letter=LETTERS[shown],
                html=render_inline(revision.options[own]),
                rationale=render_markdown(revision.rationales[own]),
                is_key=own in revision.key,
                is_chosen=own in (item.response or []),
            )
            for shown, own in enumerate(item.option_order)
        ],
        explanation=render_markdown(revision.explanation),
        service_note=render_markdown(revision.service_note),
        references=revision.references,
        valid_as_of=revision.valid_as_of,
        task=item.task.label,
        domain_number=item.task.domain.number,
        domain_name=item.task.domain.name,
        is_right=is_right,
        is_answered=item.response is not None,
        is_flagged=item.is_flagged,
        is_scored=item.is_scored,
        seconds_spent=item.seconds_spent,
    )


def answered_in_chapter(candidate: User, certification: Certification, chapter: int) -> list[Revision]:
    """Return the chapter's questions that the candidate has answered in a scored attempt, as they read today.

    Without those that stand in an attempt under way.
    """
    answered = AttemptItem.objects.filter(
        attempt__candidate=candidate, attempt__state=Attempt.State.SCORED, response__isnull=False
    ).values("question_id")
    questions = (
        Question.objects.published()
        .filter(placements__certification=certification, source_chapter=chapter, pk__in=answered)
        .exclude(pk__in=_open_questions(candidate))
    )
    return [
        question.published_revision
        for question in questions.select_related("published_revision__question").order_by("source_id")
        if question.published_revision
    ]
