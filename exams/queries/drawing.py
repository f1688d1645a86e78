"""What a form is drawn from: quotas, windows on the bank, and what the candidate has met."""

import random
from collections.abc import Sequence

from django.db.models import Count

from accounts.models import User
from exams.assembly import DomainQuota, quotas
from exams.exceptions import PoolTooSmall
from exams.models import AttemptItem, Exam
from questions.models import Domain, Question, QuestionTask
from questions.queries import Drawable, drawable_from, fetch_drawable

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
