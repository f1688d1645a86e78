"""Reads of the bank that more than one place needs."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, models
from django.utils.safestring import SafeString

from questions.content import LETTERS
from questions.models import Certification, Domain, Question, QuestionTask, Revision, Task
from questions.rendering import render_inline, render_markdown


def known_tasks() -> dict[str, set[str]]:
    """Return the task codes of every certification, by its code."""
    known: dict[str, set[str]] = {code: set() for code in Certification.objects.values_list("code", flat=True)}
    for certification, code in Task.objects.values_list("domain__certification__code", "code"):
        known[certification].add(code)
    return known


def published_counts(certification: Certification) -> dict[int, int]:
    """Return how many published questions each task of a certification has, by the task's id."""
    return dict(
        QuestionTask.objects.filter(certification=certification, question__status=Question.Status.PUBLISHED)
        .values("task")
        .annotate(count=models.Count("pk"))
        .values_list("task", "count")
    )


@dataclass(frozen=True)
class Chapter:
    """A chapter of the study material, and how many published questions cover it."""

    number: int
    title: str
    questions: int


def chapters_of(certification: Certification) -> list[Chapter]:
    """Return the chapters of the certification's study material; none where it follows no material."""
    if not certification.study_material:
        return []
    rows = (
        Question.objects.published()
        .filter(placements__certification=certification, source_chapter__isnull=False)
        .values("source_chapter")
        .annotate(title=models.Max("source_title"), count=models.Count("pk"))
        .order_by("source_chapter")
    )
    return [Chapter(row["source_chapter"] or 0, row["title"], row["count"]) for row in rows]


@dataclass(frozen=True)
class Drawable:
    """A published question that may be drawn: ids only, no content."""

    question_id: int
    revision_id: int
    task_id: int
    domain_id: int


def drawable_from(
    domain: Domain,
    *,
    start: float,
    limit: int,
    chapter: int | None = None,
    exclude: models.QuerySet[Any, Any] | None = None,
) -> list[models.QuerySet[QuestionTask, tuple[int, ...]]]:
    """Return the parts of a window on a domain's published questions: `limit` of them from a random `start` on.

    Two parts, the second for the wrap-around at the end of the draw keys. `exclude` selects ids of questions to
    leave out. To be read by `fetch_drawable`.
    """
    rows = (
        QuestionTask.objects.filter(domain=domain, question__status=Question.Status.PUBLISHED)
        .order_by("draw_key")
        .values_list("question_id", "question__published_revision_id", "task_id", "domain_id")
    )
    if chapter is not None:
        rows = rows.filter(question__source_chapter=chapter)
    if exclude is not None:
        rows = rows.exclude(question_id__in=exclude)
    return [rows.filter(draw_key__gte=start)[:limit], rows.filter(draw_key__lt=start)[:limit]]


def fetch_drawable(windows: Sequence[models.QuerySet[QuestionTask, tuple[int, ...]]]) -> list[Drawable]:
    """Read all windows in one query, each an index range with a limit: the size of the bank does not matter.

    Django's own `union()` refuses sliced parts on SQLite; as derived tables both databases take them.
    """
    if not windows:
        return []
    parts: list[str] = []
    params: list[Any] = []
    for number, window in enumerate(windows):
        sql, window_params = window.query.sql_with_params()
        parts.append(f"SELECT * FROM ({sql}) AS window_{number}")  # noqa: S608  # made by the ORM, values apart
        params.extend(window_params)
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), params)
        rows = cursor.fetchall()
    return list({row[0]: Drawable(*row[:4]) for row in rows}.values())


@dataclass(frozen=True)
class PreviewedOption:
    letter: str
    html: SafeString
    rationale: SafeString
    is_key: bool
    is_chosen: bool = False


@dataclass(frozen=True)
class Previewed:
    """A revision as the review page shows it, options in the order they were written."""

    code: str
    kind: str
    stem: SafeString
    options: list[PreviewedOption]
    explanation: SafeString
    service_note: SafeString
    references: list[dict[str, str]]
    valid_as_of: dt.date


def previewed(revision: Revision) -> Previewed:
    content = revision.content
    return Previewed(
        code=revision.question.code,
        kind=content.kind,
        stem=render_markdown(content.stem),
        options=[
            PreviewedOption(letter, render_inline(option.text), render_markdown(option.rationale), option.key)
            for letter, option in zip(LETTERS, content.options, strict=False)
        ],
        explanation=render_markdown(content.explanation),
        service_note=render_markdown(content.service_note),
        references=revision.references,
        valid_as_of=content.valid_as_of,
    )
