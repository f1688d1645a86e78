"""Reads used in more than one place. What a candidate sees before hand-in is read without any key."""

import datetime as dt
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Prefetch, QuerySet
from django.utils.safestring import SafeString

from accounts.models import User
from exams.assembly import DomainQuota, quotas
from exams.exceptions import PoolTooSmall
from exams.models import Attempt, AttemptItem, Exam, Score
from exams.scoring import verdict, wilson_interval
from questions.models import Certification, Domain, Question, QuestionTask, Revision
from questions.queries import Drawable, drawable_from, fetch_drawable
from questions.rendering import render_inline, render_markdown

# --- Drawing a form ---------------------------------------------------------------------------------

# How many questions assembly may choose from, per question it needs: more mixes better, fewer reads less.
WINDOW_FACTOR = 4
WINDOW_MINIMUM = 100


def exam_quotas(exam: Exam) -> list[DomainQuota]:
    """Return how many scored and unscored questions each domain gives: by its weight, or as a chapter is mixed."""
    domains = [exam.domain] if exam.domain else list(Domain.objects.filter(certification=exam.certification_id))
    if exam.chapter:
        weights = _published_per_domain([domain.pk for domain in domains], exam.chapter)
        domains = [domain for domain in domains if domain.pk in weights]
    else:
        # One domain alone gives everything, whatever its weight in the whole.
        weights = {domain.pk: 1 if exam.domain else domain.weight for domain in domains}
    if not domains:
        raise PoolTooSmall(str(exam), exam.question_count, 0)
    scored, unscored = quotas(exam.scored_count, weights), quotas(exam.unscored_count, weights)
    return [DomainQuota(d.pk, d.label, scored[d.pk], unscored[d.pk]) for d in domains]


def _published_per_domain(domain_ids: Sequence[int], chapter: int | None) -> dict[int, int]:
    placements = QuestionTask.objects.filter(domain__in=domain_ids, question__status=Question.Status.PUBLISHED)
    if chapter is not None:
        placements = placements.filter(question__source_chapter=chapter)
    return dict(placements.values("domain").annotate(count=Count("pk")).values_list("domain", "count"))


def form_pool(
    domain_quotas: Sequence[DomainQuota], *, chapter: int | None = None, seen_by: User | None, seed: int
) -> list[Drawable]:
    """Return enough questions per domain to draw from, in one query that does not grow with the bank.

    With `seen_by`, a window of questions that this candidate has not met comes before the window of any.
    """
    rng = random.Random(seed)  # noqa: S311  # spreads the draw, keeps no secret
    seen = AttemptItem.objects.filter(attempt__candidate=seen_by).values("question_id") if seen_by else None
    windows = []
    for quota in domain_quotas:
        domain = Domain(pk=quota.domain_id)
        limit = max(WINDOW_FACTOR * quota.total, WINDOW_MINIMUM)
        if seen is not None:
            windows += drawable_from(domain, start=rng.random(), limit=limit, chapter=chapter, exclude=seen)
        windows += drawable_from(domain, start=rng.random(), limit=limit, chapter=chapter)
    return fetch_drawable(windows)


def seen_among(candidate: User, pool: Sequence[Drawable]) -> set[int]:
    """Return the ids of the questions in the pool that the candidate has met in any attempt."""
    return set(
        AttemptItem.objects.filter(
            attempt__candidate=candidate, question_id__in=[item.question_id for item in pool]
        ).values_list("question_id", flat=True)
    )


def short_domains(exam: Exam) -> list[PoolTooSmall]:
    """Return a refusal for every domain whose published questions do not suffice for one form."""
    try:
        domain_quotas = exam_quotas(exam)
    except PoolTooSmall as refusal:
        return [refusal]
    available = _published_per_domain([quota.domain_id for quota in domain_quotas], exam.chapter)
    return [
        PoolTooSmall(quota.name, quota.total, available.get(quota.domain_id, 0))
        for quota in domain_quotas
        if available.get(quota.domain_id, 0) < quota.total
    ]


# --- The exam page ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class ShownOption:
    number: int
    html: SafeString
    is_chosen: bool
    is_struck: bool

    @property
    def letter(self) -> str:
        return "ABCDEFGH"[self.number]


@dataclass(frozen=True)
class ShownItem:
    """A question as the candidate sees it during the exam. It has no field that could tell the key."""

    position: int
    kind: str
    stem: SafeString
    options: list[ShownOption]
    is_flagged: bool
    seconds_spent: int
    sequence: int

    @property
    def is_answered(self) -> bool:
        return any(option.is_chosen for option in self.options)


def shown_items(attempt: Attempt, position: int | None = None) -> list[ShownItem]:
    """Return the questions of an attempt in its order, or the one at `position`.

    One query, which does not read key, rationales or explanation.
    """
    items = attempt.items.order_by("position")
    if position is not None:
        items = items.filter(position=position)
    rows = items.values(
        "position", "option_order", "response", "is_flagged", "struck", "seconds_spent", "sequence",
        "revision__kind", "revision__stem", "revision__options",
    )  # fmt: skip
    return [
        ShownItem(
            position=row["position"],
            kind=row["revision__kind"],
            stem=render_markdown(row["revision__stem"]),
            options=[
                ShownOption(
                    number=shown,
                    html=render_inline(row["revision__options"][own]),
                    is_chosen=own in (row["response"] or []),
                    is_struck=shown in row["struck"],
                )
                for shown, own in enumerate(row["option_order"])
            ],
            is_flagged=row["is_flagged"],
            seconds_spent=row["seconds_spent"],
            sequence=row["sequence"],
        )
        for row in rows
    ]


@dataclass(frozen=True)
class ItemState:
    """What the hand-in summary needs to know of a question."""

    position: int
    is_answered: bool
    is_flagged: bool


def item_states(attempt: Attempt) -> list[ItemState]:
    rows = attempt.items.order_by("position").values_list("position", "response", "is_flagged")
    return [ItemState(position, response is not None, is_flagged) for position, response, is_flagged in rows]


# --- After scoring ----------------------------------------------------------------------------------


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
                letter="ABCDEFGH"[shown],
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


@dataclass(frozen=True)
class ReportRow:
    """One domain or task: the count, the share, its 95 % interval (all in percent), and what may be said of it."""

    code: str
    name: str
    correct: int
    total: int
    share: float
    low: float
    high: float
    verdict: str
    practice: Exam | None
    tasks: list["ReportRow"]


def _row(code: str, name: str, tally: Sequence[int], pass_share: float, **more: Any) -> ReportRow:
    correct, total = tally
    low, high = wilson_interval(correct, total)
    return ReportRow(
        code=code,
        name=name,
        correct=correct,
        total=total,
        share=100 * correct / total,
        low=100 * low,
        high=100 * high,
        verdict=verdict(correct, total, pass_share=pass_share),
        practice=more.get("practice"),
        tasks=more.get("tasks", []),
    )


@dataclass(frozen=True)
class Headline:
    """The overall share in percent with its 95 % interval, and the estimates that its ends stand for."""

    share: float
    low: float
    high: float
    scaled_low: int
    scaled_high: int


def headline(attempt: Attempt, score: Score) -> Headline:
    low, high = wilson_interval(score.correct, score.total)
    width = attempt.scale_max - attempt.scale_min
    return Headline(
        share=100 * score.correct / score.total,
        low=100 * low,
        high=100 * high,
        scaled_low=attempt.scale_min + round(width * low),
        scaled_high=attempt.scale_min + round(width * high),
    )


def report(attempt: Attempt, score: Score) -> list[ReportRow]:
    """Return a row per domain with its tasks, the lowest share first, by the codes and names of when it was scored."""
    practices = {
        str(exam.domain.number): exam
        for exam in Exam.objects.offered()
        .filter(domain__certification=attempt.exam.certification_id)
        .select_related("domain")
        if exam.domain
    }
    rows = [
        _row(
            code,
            domain["name"],
            score.domains[code],
            attempt.pass_share,
            practice=practices.get(code),
            tasks=[
                _row(task, name, score.tasks[task], attempt.pass_share)
                for task, name in sorted(domain["tasks"].items())
                if task in score.tasks
            ],
        )
        for code, domain in score.outline.items()
        if code in score.domains
    ]
    return sorted(rows, key=lambda row: (row.share, row.code))


@dataclass(frozen=True)
class Focus:
    """The domain to work on, and how sure that is: `weak`, `lowest`, `strong` (all of them are) or `few`."""

    row: ReportRow
    certainty: str


def focus(rows: Sequence[ReportRow]) -> Focus:
    """Choose from rows ordered by share: a domain that is weak for sure before one that is merely lowest."""
    judged = [row for row in rows if row.verdict != "few"]
    if weak := [row for row in judged if row.verdict == "weak"]:
        return Focus(weak[0], "weak")
    if not judged:
        return Focus(rows[0], "few")
    if all(row.verdict == "strong" for row in rows):
        return Focus(rows[0], "strong")
    return Focus(judged[0], "lowest")


def attempts_of(candidate: User, limit: int = 200) -> list[Attempt]:
    """Return the latest attempts of a candidate, newest first, with exam and `current_scores`: two queries."""
    return list(
        Attempt.objects.filter(candidate=candidate)
        .select_related("exam__certification", "exam__domain")
        .prefetch_related(Prefetch("scores", Score.objects.filter(is_current=True), to_attr="current_scores"))[:limit]
    )


TREND_LENGTH = 12


@dataclass(frozen=True)
class TrendPoint:
    """One attempt in the trend picture; x and y in the picture's units, y downwards."""

    x: float
    y: float
    scaled: int
    is_this: bool

    @property
    def label_y(self) -> float:
        return self.y - 10


@dataclass(frozen=True)
class Trend:
    points: list[TrendPoint]
    pass_y: float

    @property
    def line(self) -> str:
        return " ".join(f"{point.x:.1f},{point.y:.1f}" for point in self.points)


TREND_WIDTH, TREND_HEIGHT, TREND_MARGIN = 600, 160, 24


def trend(attempt: Attempt) -> Trend | None:
    """Return the latest scores of the same candidate at the same exam, oldest first; None for a first attempt."""
    latest = Score.objects.filter(
        is_current=True, attempt__exam=attempt.exam_id, attempt__candidate=attempt.candidate_id
    ).order_by("-attempt__submitted_at")[:TREND_LENGTH]
    scores = list(reversed(latest))
    if len(scores) < 2:
        return None
    low, high = attempt.scale_min, attempt.scale_max
    span, step = TREND_HEIGHT - 2 * TREND_MARGIN, (TREND_WIDTH - 2 * TREND_MARGIN) / (len(scores) - 1)

    def y(scaled: int) -> float:
        return TREND_MARGIN + span * (high - scaled) / (high - low)

    points = [
        TrendPoint(
            x=TREND_MARGIN + number * step,
            y=y(score.scaled),
            scaled=score.scaled,
            is_this=score.attempt_id == attempt.pk,
        )
        for number, score in enumerate(scores)
    ]
    return Trend(points, y(attempt.cut_score))


# --- For instructors ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class QuestionUsage:
    attempts: int
    exams: list[tuple[str, int]]


def usage_of(question: Question) -> QuestionUsage:
    """Return in how many attempts a question stood, and in those of which exams."""
    rows = (
        AttemptItem.objects.filter(question=question)
        .values("attempt__exam__title")
        .annotate(count=Count("pk"))
        .order_by("-count")
        .values_list("attempt__exam__title", "count")
    )
    exams = list(rows)
    return QuestionUsage(sum(count for _, count in exams), exams)


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
