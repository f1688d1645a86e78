"""Reads of the bank that more than one place needs."""

import datetime as dt
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.contrib.auth.models import Permission
from django.db import connection, models
from django.utils.safestring import SafeString

from accounts.models import User
from questions.content import NEAR_DUPLICATE_SIMILARITY
from questions.kinds import Response, Told, kind_of
from questions.kinds.showing import Asked, Solved
from questions.linting import resemblance, stem_marks
from questions.models import Certification, Question, QuestionTask, Revision, Skill, StemMark, Task
from questions.rendering import render_markdown


def known_tasks() -> dict[str, set[str]]:
    """Return the task codes of every certification, by its code."""
    known: dict[str, set[str]] = {code: set() for code in Certification.objects.values_list("code", flat=True)}
    for certification, code in Task.objects.values_list("domain__certification__code", "code"):
        known[certification].add(code)
    return known


def known_skills() -> dict[str, dict[str, str]]:
    """Return the task of each skill of every certification that lists skills, by their codes, in the guide's order."""
    known: dict[str, dict[str, str]] = {}
    skills = Skill.objects.order_by("task__domain__number", "task__code", "position")
    for certification, task, code in skills.values_list("task__domain__certification__code", "task__code", "code"):
        known.setdefault(certification, {})[code] = task
    return known


def published_totals() -> dict[int, int]:
    """Return how many published questions each certification has, by its id."""
    return dict(
        published_placements()
        .values("certification")
        .annotate(count=models.Count("pk"))
        .values_list("certification", "count")
    )


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


class Drawable(NamedTuple):
    """A published question that may be drawn: ids only, no content. `is_new`: from a window that left others out."""

    question_id: int
    revision_id: int
    task_id: int
    domain_id: int
    is_new: bool = False


def published_placements(
    *, chapter: int | None = None, with_tags: Sequence[int] = (), without_tags: Sequence[int] = ()
) -> models.QuerySet[QuestionTask]:
    """Select where published questions count: of one chapter, with one of these tags (ids), with none of those."""
    rows = QuestionTask.objects.filter(question__status=Question.Status.PUBLISHED)
    if chapter is not None:
        rows = rows.filter(question__source_chapter=chapter)
    # EXISTS, not a join: a question with two of the tags is there once, and each is one look-up in an index.
    tagged = Question.tags.through.objects.filter(question_id=models.OuterRef("question_id"))
    if with_tags:
        rows = rows.filter(models.Exists(tagged.filter(tag_id__in=with_tags)))
    if without_tags:
        rows = rows.exclude(models.Exists(tagged.filter(tag_id__in=without_tags)))
    return rows


Bank = models.QuerySet[QuestionTask, tuple[Any, ...]]


def drawable(among: models.QuerySet[QuestionTask], *, exclude: models.QuerySet[Any, Any] | None = None) -> Bank:
    """Select what drawing needs to know of questions. `exclude` selects ids of questions to leave out."""
    rows = (
        among.order_by()
        .annotate(is_new=models.Value(exclude is not None))
        .values_list("question_id", "question__published_revision_id", "task_id", "domain_id", "is_new", "draw_key")
    )
    return rows if exclude is None else rows.exclude(question_id__in=exclude)


@dataclass(frozen=True)
class Window:
    """What to read of a bank: `limit` questions of a domain from a random `start` on in the order of the draw keys, and
    as many from the lowest key on, for the wrap-around at the end. Of one task alone, or of all but some."""

    bank: Bank
    domain_id: int
    start: float
    limit: int
    task_id: int | None = None
    without_tasks: Sequence[int] = ()

    def parts(self, bank: str) -> Iterator[tuple[str, list[Any]]]:
        """Return the SQL and the values of both parts; `bank` is what the statement calls it."""
        where, values = "domain_id = %s", [self.domain_id]
        if self.task_id is not None:
            where, values = f"{where} AND task_id = %s", [*values, self.task_id]
        if self.without_tasks:
            places = ", ".join(["%s"] * len(self.without_tasks))
            where, values = f"{where} AND task_id NOT IN ({places})", [*values, *self.without_tasks]
        for side in (">=", "<"):
            rows = f"SELECT * FROM {bank} WHERE {where} AND draw_key {side} %s ORDER BY draw_key LIMIT %s"  # noqa: S608
            yield rows, [*values, self.start, self.limit]


def fetch_drawable(windows: Sequence[Window]) -> list[Drawable]:
    """Read all windows in one query, each an index range with a limit: the size of the bank does not matter.

    The ORM makes the SQL of each bank once; to make that of 16 parts took it as long as the rest of a start. Not
    materialized, the bank is no table: both databases put its conditions into each part. (Django's own `union()`
    refuses sliced parts on SQLite; as derived tables both databases take them.)
    """
    if not windows:
        return []
    # By identity: to compare querysets would read them.
    banks = {id(window.bank): window.bank for window in windows}
    names = {key: f"bank_{number}" for number, key in enumerate(banks)}
    made: list[str] = []
    params: list[Any] = []
    for key, bank in banks.items():
        sql, bank_params = bank.query.sql_with_params()
        columns = "question_id, revision_id, task_id, domain_id, is_new, draw_key"
        made.append(f"{names[key]} ({columns}) AS NOT MATERIALIZED ({sql})")
        params.extend(bank_params)
    selects: list[str] = []
    for window in windows:
        for part, values in window.parts(names[id(window.bank)]):
            selects.append(f"SELECT * FROM ({part}) AS part_{len(selects)}")  # noqa: S608  # values apart
            params.extend(values)
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {', '.join(made)} {' UNION ALL '.join(selects)}", params)
        rows = cursor.fetchall()
    # Of two windows with the same question, the one that knows it to be new stands.
    rows.sort(key=lambda row: row[4])
    return list({row[0]: Drawable(row[0], row[1], row[2], row[3], bool(row[4])) for row in rows}.values())


def told_of(revision: Revision) -> Told:
    """Return what candidates are told of how to answer it."""
    return Told(revision.options, revision.choices, revision.choose, revision.prompt)


@dataclass(frozen=True)
class Previewed:
    """A revision as the review page shows it, with the answer that was given to it, if any."""

    code: str
    kind: str
    case: SafeString
    stem: SafeString
    told: Told
    solved: Solved
    explanation: SafeString
    service_note: SafeString
    references: list[dict[str, str]]
    valid_as_of: dt.date


def previewed(
    revision: Revision, option_order: Sequence[int] | None = None, response: Response | None = None
) -> Previewed:
    """Show a revision with key and rationales, and the response (None: none was given).

    Options have the letters of `option_order` (without it, of the order they were written in) and stand in that
    order; those of `ordering` in their right one.
    """
    order = list(range(len(revision.options)) if option_order is None else option_order)
    kind, told = kind_of(revision.kind), told_of(revision)
    return Previewed(
        code=revision.question.code,
        kind=kind.name,
        case=render_markdown(revision.case_text),
        stem=render_markdown(revision.stem),
        told=told,
        solved=kind.solved(told, revision.key, revision.rationales, order, response),
        explanation=render_markdown(revision.explanation),
        service_note=render_markdown(revision.service_note),
        references=revision.references,
        valid_as_of=revision.valid_as_of,
    )


# --- For who writes and reviews ---------------------------------------------------------------------------


@dataclass(frozen=True)
class AskedQuestion:
    """A question as candidates are asked it, without an attempt."""

    kind: str
    case: SafeString
    stem: SafeString
    asked: Asked


def asked(revision: Revision) -> AskedQuestion:
    """Show a revision as the exam asks it, for `questions/_asked.jinja`."""
    kind, told = kind_of(revision.kind), told_of(revision)
    shown = kind.asked(told, kind.preview_order(told), None)
    return AskedQuestion(kind.name, render_markdown(revision.case_text), render_markdown(revision.stem), shown)


SIMILAR_CANDIDATES, SIMILAR_SHOWN = 20, 3


@dataclass(frozen=True)
class Similar:
    """A question whose latest stem is nearly another's; `similarity` in percent."""

    pk: int
    code: str
    similarity: int


def similar_questions(stem: str, *, besides: int | None) -> list[Similar]:
    """Return the questions that ask nearly the same, most alike first. Two queries, whatever the size of the bank."""
    candidates = (
        StemMark.objects.filter(mark__in=stem_marks(stem))
        .exclude(question=besides)
        .values("question")
        .annotate(shared=models.Count("pk"))
        .order_by("-shared", "question")
        .values_list("question", flat=True)[:SIMILAR_CANDIDATES]
    )
    latest = {
        pk: (code, other)
        for pk, code, other in Revision.objects.filter(question__in=list(candidates))
        .order_by("number")
        .values_list("question", "question__code", "stem")
    }
    found = [Similar(pk, code, round(100 * resemblance(stem, other))) for pk, (code, other) in latest.items()]
    alike = [similar for similar in found if similar.similarity >= 100 * NEAR_DUPLICATE_SIMILARITY]
    return sorted(alike, key=lambda similar: (-similar.similarity, similar.code))[:SIMILAR_SHOWN]


def task_labels() -> dict[int, str]:
    """Return the name of every task, certification first, by its id."""
    tasks = Task.objects.select_related("domain__certification").order_by("domain__certification", "domain", "code")
    return {task.pk: str(task) for task in tasks}


def skill_labels() -> dict[int, str]:
    """Return the name of every skill, certification first, by its id."""
    skills = Skill.objects.select_related("task__domain__certification").order_by(
        "task__domain__certification", "task__domain__number", "task__code", "position"
    )
    return {skill.pk: str(skill) for skill in skills}


def possible_reviewers() -> models.QuerySet[User]:
    """Select those who may change questions in the admin."""
    may_change = Permission.objects.filter(codename="change_question", content_type__app_label="questions")
    return User.objects.filter(
        models.Q(is_superuser=True)
        | models.Q(user_permissions__in=may_change)
        | models.Q(groups__permissions__in=may_change),
        is_active=True,
        is_staff=True,
    ).distinct()


def questions_to_review(reviewer: User) -> models.QuerySet[Question]:
    """Select what waits for this person's review, the longest first."""
    return Question.objects.filter(reviewer=reviewer).order_by("updated_at")


# --- Versions -------------------------------------------------------------------------------------------


def version_of(question: Question) -> str:
    """Return a short text that is another one as soon as anything of the question is: what a page that decides about it
    sends along, so that nobody approves, publishes or retires what they have not read."""
    latest = question.revisions.order_by("-number").first()
    said = [
        question.status,
        question.reviewer_id,
        question.published_revision_id,
        question.difficulty,
        sorted(question.tags.values_list("pk", flat=True)),
        sorted(question.placements.values_list("task", "skill")),
        [latest.number, latest.content.model_dump(mode="json")] if latest else None,
    ]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:20]
