"""Where questions were asked, for instructors."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q

from accounts.models import User
from exams.attempts.models import Attempt, AttemptItem
from exams.blueprints.models import Exam, ExamForm, FormQuestion
from exams.blueprints.queries.drawing import bank_of, count_parts, exam_quotas
from exams.cohorts.access import own_cohorts
from exams.cohorts.models import Assignment, Cohort
from exams.exceptions import ExamRefused, PoolTooSmall
from questions.models import Question, QuestionTask


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


@dataclass(frozen=True)
class Retirement:
    """What the retirement of some questions touches. Attempts under way go on with what they pinned."""

    # Each form with the positions and codes of the questions it would lose, and how often it was taken.
    forms: list[tuple[ExamForm, list[tuple[int, str]], int]]
    cohorts: list[Cohort]
    other_cohorts: int
    under_way: int
    # Drawn exams that nobody could start any more, with the reason.
    short: list[tuple[Exam, str]]

    @property
    def is_harmless(self) -> bool:
        return not (self.forms or self.under_way or self.short)


def retirement_of(questions: Collection[Question], instructor: User) -> Retirement:
    """Return what retiring these questions touches, as far as this instructor may know it: cohorts of others are only
    counted."""
    ids = [question.pk for question in questions]
    places: dict[int, list[tuple[int, str]]] = {}
    rows = FormQuestion.objects.filter(question__in=ids).order_by("form", "position")
    for form_id, position, code in rows.values_list("form", "position", "question__code"):
        places.setdefault(form_id, []).append((position, code))
    forms = ExamForm.objects.filter(pk__in=places).select_related("exam").annotate(taken=Count("attempts"))
    short = _short_without(ids)
    exams = [*(form.exam_id for form in forms), *(exam.pk for exam, _ in short)]
    touched = Cohort.objects.filter(assignments__exam__in=exams).distinct()
    mine = list(touched.filter(pk__in=own_cohorts(instructor)))
    return Retirement(
        forms=[(form, places[form.pk], form.taken) for form in forms.order_by("exam__title", "number")],
        cohorts=mine,
        other_cohorts=touched.count() - len(mine),
        under_way=Attempt.objects.in_progress().filter(items__question__in=ids).distinct().count(),
        short=short,
    )


def _short_without(ids: Collection[int]) -> list[tuple[Exam, str]]:
    """Return the drawn exams, offered or assigned, that the bank fills now and would not fill without these."""
    found = []
    certifications = QuestionTask.objects.filter(question__in=ids).values("certification")
    is_waited_for = Q(is_offered=True) | Exists(Assignment.objects.filter(exam=OuterRef("pk")))
    exams = Exam.objects.filter(is_waited_for, certification__in=certifications, form_kind=Exam.FormKind.DRAWN)
    for exam in exams.select_related("certification", "domain"):
        try:
            asked = exam_quotas(exam)
        except ExamRefused:
            continue  # nobody can start it as it is
        parts = [quota.part for quota in asked]
        now, then = (count_parts(bank, parts) for bank in (bank_of(exam), bank_of(exam).exclude(question__in=ids)))
        lacking = [quota for quota in asked if then[quota.part] < quota.total <= now[quota.part]]
        if lacking:
            found.append((exam, str(PoolTooSmall(lacking[0].name, lacking[0].total, then[lacking[0].part]))))
    return found
