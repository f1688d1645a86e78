"""Questions of the bank as entries and files. Reads only; importing compares with what stands here."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from django.db import models
from django.utils.translation import gettext as _

from questions.bankfiles import QuestionEntry, Source
from questions.formats.base import Format, unwritable
from questions.models import Question

# So many codes go into one query; SQLite takes 32,766 values.
CHUNK = 5_000
T = TypeVar("T")


def chunks(values: Sequence[T]) -> Iterable[Sequence[T]]:
    return (values[start : start + CHUNK] for start in range(0, len(values), CHUNK))


def questions_with_content(*, codes: Sequence[str], lock: bool = False) -> list[Question]:
    """Return the questions of these codes with all that an entry says. `lock` holds them for this transaction."""
    found: list[Question] = []
    for part in chunks(codes):
        questions = with_content(Question.objects.filter(code__in=part))
        found += questions.select_for_update(of=("self",)) if lock else questions
    return found


def with_content(questions: models.QuerySet[Question]) -> models.QuerySet[Question]:
    """Read with the questions all that their entries say, in a number of queries that does not depend on theirs."""
    return questions.select_related("published_revision").prefetch_related(
        "revisions", "tags", "placements__task__domain__certification", "placements__skill"
    )


def entry_of(question: Question) -> QuestionEntry | None:
    """Return what a file would say of the question's latest revision, None where nothing is written yet."""
    revisions = question.revisions.all()
    if not revisions:
        return None
    source = None
    if question.source_id and question.source_chapter:
        title = question.source_title or f"Chapter {question.source_chapter}"
        source = Source.model_construct(id=question.source_id, chapter=question.source_chapter, title=title)
    is_published = question.status == Question.Status.PUBLISHED and revisions[0].published_at is not None
    return QuestionEntry.model_construct(
        **dict(revisions[0].content),
        id=question.code,
        source=source,
        status="published" if is_published else "draft",
        tasks={
            placement.task.domain.certification.code: placement.task.code for placement in question.placements.all()
        },
        skills={
            placement.task.domain.certification.code: placement.skill.code
            for placement in question.placements.all()
            if placement.skill
        },
        difficulty=question.difficulty,
        tags=tuple(tag.name for tag in question.tags.all()),
    )


@dataclass(frozen=True)
class Export:
    """A file, and which questions it leaves out: their codes with the reason."""

    data: bytes
    written: int
    left_out: tuple[tuple[str, str], ...]


def export_questions(questions: Iterable[Question], format_: Format) -> Export:
    """Return the latest revisions of questions read `with_content` as a file of this format."""
    entries, left_out = [], []
    for question in questions:
        entry = entry_of(question)
        reason = _("it has no content yet") if entry is None else unwritable(entry) or format_.left_out(entry)
        if reason or entry is None:
            left_out.append((question.code, reason))
        else:
            entries.append(entry)
    return Export(format_.write(entries), len(entries), tuple(left_out))
