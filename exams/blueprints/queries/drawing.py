"""What a form is drawn from: quotas, windows on the bank, and what has been met before."""

import random
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any

from django.db import connection
from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from exams.blueprints.assembly import Part, Quota, assemble, form_quotas, part_of, quotas, with_cases_together
from exams.blueprints.models import Exam, ExamQuota
from exams.exceptions import ExamRefused, PoolTooSmall, QuotasDoNotFit
from questions.models import Domain, QuestionTask, Revision
from questions.queries import Drawable, Window, drawable, fetch_drawable, published_placements

# How many questions assembly may choose from, per question it needs: more mixes better, fewer reads less.
WINDOW_FACTOR = 4
WINDOW_MINIMUM = 100


# Plain, because a whole room begins in the same minute: to make it, the ORM takes a millisecond.
_TAGS = " UNION ALL ".join(
    f"SELECT tag_id, {is_included} FROM {field.through._meta.db_table} WHERE exam_id = %s"  # noqa: S608  # our tables
    for field, is_included in ((Exam.include_tags, 1), (Exam.exclude_tags, 0))
)


def exam_quotas(exam: Exam) -> list[Quota]:
    """Return how many scored and unscored questions each part of the bank gives.

    As the exam's own quotas say; without any, by the domains' weights, or as a chapter is mixed. A quota for a whole
    domain is for those of its tasks that have none of their own.

    The whole form is shared out first and then, within it, the unscored questions: rounded apart, both roundings
    could favour one domain, and four questions on two equal domains could come out as three and one.
    """
    rows = list(exam.quotas.select_related("domain", "task")) if exam.pk else []
    if rows:
        return _own_quotas(exam, rows)
    domains = (
        [exam.domain]
        if exam.domain
        else list(Domain.objects.filter(certification=exam.certification_id).order_by("number"))
    )
    # One domain alone gives everything, whatever its weight in the whole.
    weights: dict[Part, int] = {(domain.pk, None): 1 if exam.domain else domain.weight for domain in domains}
    if exam.chapter:
        weights = dict(count_parts(bank_of(exam), weights))
    names: dict[Part, str] = {(domain.pk, None): domain.label for domain in domains if (domain.pk, None) in weights}
    if not names:
        raise PoolTooSmall(str(exam), exam.question_count, 0)
    return form_quotas(quotas(exam.question_count, {part: weights[part] for part in names}), names, exam.unscored_count)


def _own_quotas(exam: Exam, rows: Sequence[ExamQuota]) -> list[Quota]:
    if sum(row.question_count for row in rows) != exam.question_count:
        raise QuotasDoNotFit(_("The quotas of this exam do not add up to its number of questions."))
    divided = {row.domain_id for row in rows if row.task_id}
    names: dict[Part, str] = {}
    for row in rows:
        name = row.task.label if row.task else row.domain.label
        if row.task is None and row.domain_id in divided:
            name = _("%(domain)s, other tasks") % {"domain": name}
        names[row.domain_id, row.task_id] = name
    return form_quotas({(row.domain_id, row.task_id): row.question_count for row in rows}, names, exam.unscored_count)


def bank_of(exam: Exam) -> QuerySet[QuestionTask]:
    """Select what the exam may draw, before any quota: by its chapter and its tags. One query, for the tags."""
    tags: dict[bool, list[int]] = {True: [], False: []}
    if exam.pk:
        with connection.cursor() as cursor:
            cursor.execute(_TAGS, [exam.pk, exam.pk])
            for tag_id, is_included in cursor.fetchall():
                tags[bool(is_included)].append(tag_id)
    return published_placements(chapter=exam.chapter, with_tags=tags[True], without_tags=tags[False])


def count_parts(bank: QuerySet[QuestionTask], parts: Collection[Part]) -> Counter[Part]:
    """Count what each part of the bank has: one query, of one row a task."""
    counts: Counter[Part] = Counter()
    rows = bank.filter(domain__in={domain_id for domain_id, _task_id in parts}).order_by()
    for domain_id, task_id, count in rows.values_list("domain", "task").annotate(count=Count("pk")):
        if part := part_of(domain_id, task_id, parts):
            counts[part] += count
    return counts


def form_pool(
    asked: Sequence[Quota],
    *,
    bank: QuerySet[QuestionTask],
    seen: QuerySet[Any, Any] | None = None,
    never: QuerySet[Any, Any] | None = None,
    seed: int,
) -> list[Drawable]:
    """Return enough questions per quota to draw from, in one query that does not grow with the bank.

    With `seen` (ids of questions), a window of questions that are not among them comes before the window of any. None
    of `never` is there, which must be among those seen, if that is given.
    """
    rng = random.Random(seed)  # noqa: S311  # spreads the draw, keeps no secret
    divided: dict[int, list[int]] = {}
    for quota in asked:
        if quota.task_id is not None:
            divided.setdefault(quota.domain_id, []).append(quota.task_id)
    sources = [drawable(bank if never is None else bank.exclude(question_id__in=never))]
    if seen is not None:
        sources.insert(0, drawable(bank, exclude=seen))
    windows = [
        Window(
            source,
            quota.domain_id,
            start=rng.random(),
            limit=max(WINDOW_FACTOR * quota.total, WINDOW_MINIMUM),
            task_id=quota.task_id,
            without_tasks=() if quota.task_id is not None else divided.get(quota.domain_id, ()),
        )
        for quota in asked
        for source in sources
    ]
    return fetch_drawable(windows)


def draw_items(
    pool: Sequence[Drawable], asked: Sequence[Quota], *, seed: int, seen: Collection[int] = ()
) -> list[tuple[Drawable, bool]]:
    """Draw a form as `assemble` does, with the questions of a case one after another. One query."""
    form = assemble(pool, asked, seed=seed, seen=seen)
    revisions = (
        Revision.objects.filter(pk__in=[item.revision_id for item, _scored in form]).exclude(case_text="").order_by()
    )
    return with_cases_together(form, dict(revisions.values_list("question_id", "case_text")))


def seen_among(pool: Sequence[Drawable], seen: QuerySet[Any, Any]) -> set[int]:
    """Return the ids of the questions in the pool that are among those seen."""
    return set(seen.filter(question_id__in=[item.question_id for item in pool]))


def shortages(exam: Exam, asked: Sequence[Quota]) -> list[ExamRefused]:
    """Return a refusal for every quota that the bank cannot fill for one form."""
    available = count_parts(bank_of(exam), [quota.part for quota in asked])
    return [
        PoolTooSmall(quota.name, quota.total, available[quota.part])
        for quota in asked
        if available[quota.part] < quota.total
    ]
