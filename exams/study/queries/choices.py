"""What the builder of a practice offers, and what a set's criteria mean in words."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import cast

from django.core.cache import cache
from django.db.models import Count, Max, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from exams.study.criteria import Criteria, Pool
from exams.study.models import Practice, StudyPlan
from questions.models import Certification, Question, QuestionTask, Tag
from questions.queries import published_placements, published_totals

SECONDS = 60


@dataclass(frozen=True)
class Choice:
    """Something to choose, by its id or number, and how many questions have it."""

    value: int
    label: str
    count: int


@dataclass(frozen=True)
class DomainChoice(Choice):
    tasks: list[Choice] = field(default_factory=list)


@dataclass(frozen=True)
class Choices:
    domains: list[DomainChoice]
    chapters: list[Choice]
    tags: list[Choice]


def choices_of(certification: Certification) -> Choices:
    """Return what can be chosen of a certification; the bank is counted once a minute, not at every visit."""
    name = f"study-choices-{certification.pk}"
    return cast("Choices", cache.get_or_set(name, lambda: _counted(certification), SECONDS))


def _counted(certification: Certification) -> Choices:
    rows = published_placements().filter(certification=certification, question__is_reserved=False).order_by()
    return Choices(_domains(rows, certification), _chapters(rows, certification), _tags(rows))


def _domains(rows: QuerySet[QuestionTask], certification: Certification) -> list[DomainChoice]:
    counts = dict(rows.values("task").annotate(count=Count("pk")).values_list("task", "count"))
    found = []
    for domain in certification.domains.prefetch_related("tasks"):
        tasks = [Choice(task.pk, task.label, counts.get(task.pk, 0)) for task in domain.tasks.all()]
        found.append(DomainChoice(domain.pk, domain.label, sum(task.count for task in tasks), tasks))
    return found


def _chapters(rows: QuerySet[QuestionTask], certification: Certification) -> list[Choice]:
    if not certification.study_material:
        return []
    with_chapter = rows.filter(question__source_chapter__isnull=False)
    counted = with_chapter.values("question__source_chapter").annotate(
        title=Max("question__source_title"), count=Count("pk")
    )
    columns = ("question__source_chapter", "title", "count")
    found = counted.order_by("question__source_chapter").values_list(*columns)
    return [Choice(number, f"{number} {title}".strip(), count) for number, title, count in found]


def _tags(rows: QuerySet[QuestionTask]) -> list[Choice]:
    counted = Tag.objects.filter(questions__in=rows.values("question")).annotate(count=Count("questions"))
    return [Choice(*row) for row in counted.order_by("name").values_list("pk", "name", "count")]


# --- Which certification ----------------------------------------------------------------------------------------------


def certification_for(candidate: User, code: str = "") -> Certification | None:
    """Return the certification with this code; else what the candidate prepares for, practised last, or most others do.

    None: there is none at all.
    """
    every = list(Certification.objects.all())
    by_code = {certification.code: certification for certification in every}
    if code in by_code:
        return by_code[code]
    by_id = {certification.pk: certification for certification in every}
    plans = StudyPlan.objects.filter(candidate=candidate).order_by("-chosen_at")
    practices = Practice.objects.filter(candidate=candidate).order_by("-started_at")
    for rows in (plans, practices):
        chosen = rows.values_list("certification", flat=True).first()
        if chosen is not None:
            return by_id[chosen]
    totals = cast("dict[int, int]", cache.get_or_set("study-totals", published_totals, SECONDS))
    return max(every, key=lambda one: (one.status != Certification.Status.RETIRED, totals.get(one.pk, 0)), default=None)


# --- In words ---------------------------------------------------------------------------------------------------------


def pool_label(pool: Pool) -> str:
    return {
        Pool.ALL: _("all questions"),
        Pool.UNSEEN: _("questions you have not seen"),
        Pool.MISSED: _("questions you missed"),
        Pool.MISSED_AGAIN: _("questions you missed more than once"),
        Pool.UNSURE: _("questions you answered unsurely"),
        Pool.MARKED: _("questions you bookmarked"),
    }[pool]


def title_for(criteria: Criteria, certification: Certification) -> str:
    """Return what a practice is called whose candidate has not named it."""
    choices = choices_of(certification)
    tasks = [task for domain in choices.domains for task in domain.tasks]
    for chosen, offered in ((criteria.tasks, tasks), (criteria.domains, choices.domains)):
        if len(chosen) == 1 and (labels := _labels(chosen, offered)):
            return labels[0][:100]
    return _("%(certification)s, %(pool)s") % {
        "certification": certification.code.upper(),
        "pool": pool_label(criteria.pool),
    }


def words_of(criteria: Criteria, certification: Certification) -> list[tuple[str, str]]:
    """Return what these criteria choose: what is limited, and to what."""
    choices = choices_of(certification)
    tasks = [task for domain in choices.domains for task in domain.tasks]
    difficulties = dict(Question.Difficulty.choices)
    parts = [
        (_("Domains"), _labels(criteria.domains, choices.domains)),
        (_("Tasks"), _labels(criteria.tasks, tasks)),
        (_("Chapters"), _labels(criteria.chapters, choices.chapters)),
        (_("Tags"), _labels(criteria.tags, choices.tags)),
        (_("Difficulty"), [str(difficulties[name]) for name in criteria.difficulties if name in difficulties]),
    ]
    number = ngettext("%(count)s question", "%(count)s questions", criteria.number) % {"count": criteria.number}
    feedback = str(Practice.Feedback(criteria.feedback).label)
    minutes = ngettext("%(count)s minute", "%(count)s minutes", criteria.minutes or 0) % {"count": criteria.minutes}
    return [
        (_("Certification"), str(certification)),
        (_("From"), pool_label(criteria.pool)),
        *((name, "; ".join(labels)) for name, labels in parts if labels),
        (_("Number"), number),
        (_("Answers"), feedback),
        (_("Time"), minutes if criteria.minutes else _("no limit")),
    ]


def _labels(chosen: Iterable[int], offered: Iterable[Choice]) -> list[str]:
    wanted = set(chosen)
    return [choice.label for choice in offered if choice.value in wanted]
