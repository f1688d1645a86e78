"""What the bank offers of each certification: the same for everybody, so that pages read it once a minute."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.core.cache import cache
from django.db.models import Count, OuterRef, Q, Subquery

from exams.blueprints.models import Exam
from exams.study.queries.mastery import TaskPlace
from questions.models import Certification, Question

SECONDS = 60
_OF_CERTIFICATION = [
    *("pk", "code", "name", "status", "status_note", "question_count", "unscored_count", "minutes"),
    *("cut_score", "scale_min", "scale_max"),
]
_OF_TASK = [f"domains__{name}" for name in ("number", "name", "tasks", "tasks__code", "tasks__name")]
_PLACED = "domains__tasks__placements"


@dataclass(frozen=True)
class Offer:
    """A certification with its tasks, how many questions are published, and its whole mock exam ("": none)."""

    certification: Certification
    published: int
    tasks: list[TaskPlace]
    mock_exam: str

    @property
    def practisable(self) -> int:
        return sum(task.questions for task in self.tasks)

    @property
    def seconds_per_question(self) -> int:
        """The pace of the exam. Practice without a clock has no other, and reading the rationales takes a while too."""
        return max(1, 60 * self.certification.minutes // max(1, self.certification.question_count))


def current_offers() -> list[Offer]:
    """Return what there is as of a minute ago at most: to count the bank takes longer the larger it is."""
    found: list[Offer] = cache.get_or_set("study-offers", offers, SECONDS)  # type: ignore[assignment]  # never None
    return found


def offer_for(offers: Sequence[Offer], certification_id: int | None) -> Offer | None:
    """Return the offer of a certification; without one, or where it has nothing to practice, the first that has."""
    rich = [offer for offer in offers if offer.practisable]
    return next((offer for offer in rich if offer.certification.pk == certification_id), rich[0] if rich else None)


def offers() -> list[Offer]:
    """Return what there is, what can be booked first, of these the largest bank: one query."""
    published = Q(**{f"{_PLACED}__question__status": Question.Status.PUBLISHED})
    practised = published & Q(**{f"{_PLACED}__question__is_reserved": False})
    whole = Exam.objects.offered().filter(
        certification=OuterRef("pk"), domain=None, chapter=None, question_count=OuterRef("question_count")
    )
    rows = (
        Certification.objects.order_by("pk", "domains__number", "domains__tasks__code")
        .annotate(mock_exam=Subquery(whole.order_by("pk").values("slug")[:1]))
        .values(*_OF_CERTIFICATION, *_OF_TASK, "mock_exam")
        .annotate(published=Count(_PLACED, filter=published), practised=Count(_PLACED, filter=practised))
    )
    found = [_offer(list(group)) for _, group in groupby(rows, key=lambda row: row["pk"])]
    return sorted(
        found, key=lambda offer: (not offer.certification.is_bookable, -offer.published, offer.certification.code)
    )


def _offer(rows: list[dict[str, Any]]) -> Offer:
    return Offer(
        certification=Certification(**{name: rows[0][name] for name in _OF_CERTIFICATION}),
        published=sum(row["published"] for row in rows),
        tasks=[_place(row) for row in rows if row["domains__tasks"] is not None],
        mock_exam=rows[0]["mock_exam"] or "",
    )


def _place(row: dict[str, Any]) -> TaskPlace:
    return TaskPlace(
        task_id=row["domains__tasks"],
        code=row["domains__tasks__code"],
        name=row["domains__tasks__name"],
        domain_number=row["domains__number"],
        domain_name=row["domains__name"],
        questions=row["practised"],
    )
