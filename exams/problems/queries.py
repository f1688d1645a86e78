"""Problem reports: a candidate's own, and the queue of the instructors."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Min, Q, QuerySet

from accounts.models import User
from exams.attempts.models import Attempt, AttemptItem
from exams.problems.models import ProblemReport
from exams.release.queries import may_know, shown_of_each
from exams.release.shown import When
from exams.statistics.queries.statistics import Share, shares_right
from questions.models import Question


def report_of(item_id: int) -> ProblemReport | None:
    """Return the latest report of a question of an attempt."""
    return ProblemReport.objects.filter(item=item_id).order_by("-created_at").first()


def reports_of(attempt: Attempt) -> dict[int, ProblemReport]:
    """Return the latest report of each question of an attempt, by its position."""
    reports = ProblemReport.objects.filter(item__attempt=attempt).order_by("created_at").select_related("item")
    return {report.item.position: report for report in reports}


def reports_by(candidate: User) -> QuerySet[ProblemReport]:
    """Return a candidate's reports, the latest first, with where they stand."""
    return candidate.problem_reports.select_related("question", "item__attempt__exam").order_by("-created_at", "-pk")


def withheld_answers(reports: Iterable[ProblemReport], candidate: User, now: dt.datetime) -> set[int]:
    """Return the ids of those of the candidate's reports whose answers may not be read now: they may say what is right
    in a question whose key the candidate may not know. Their items and attempts are loaded."""
    reports = list(reports)
    shown = shown_of_each({report.item.attempt for report in reports}, now, with_score=False)
    items = AttemptItem.objects.filter(pk__in=[report.item_id for report in reports])
    known = set(may_know(items, candidate).values_list("pk", flat=True))
    return {
        report.pk
        for report in reports
        if report.item_id not in known or shown[report.item.attempt_id].key is not When.NOW
    }


def open_reports(question: Question) -> QuerySet[ProblemReport]:
    """Return the reports of a question that nobody has answered."""
    return ProblemReport.objects.filter(question=question, resolved_at=None)


def reported_questions() -> QuerySet[Question]:
    """Return the questions with open reports, the most reported first, then the longest waiting."""
    is_open = Q(problem_reports__resolved_at=None, problem_reports__isnull=False)
    return (
        Question.objects.filter(is_open)
        .annotate(open_reports=Count("problem_reports"), waiting_since=Min("problem_reports__created_at"))
        .order_by("-open_reports", "waiting_since")
    )


@dataclass(frozen=True)
class ReportedQuestion:
    """A question in the queue: how many reports are open, since when, and of which kinds (the label and how many).

    `right` is None while no answer to it is counted."""

    question: Question
    open_reports: int
    waiting_since: object
    kinds: list[tuple[str, int]]
    right: Share | None


def problem_queue(questions: Iterable[Question]) -> list[ReportedQuestion]:
    """Return rows for some of `reported_questions`: two queries more."""
    questions = list(questions)
    right = shares_right(questions)
    kinds: dict[int, Counter[str]] = {}
    for question_id, complaint in ProblemReport.objects.filter(question__in=questions, resolved_at=None).values_list(
        "question", "kind"
    ):
        kinds.setdefault(question_id, Counter())[str(ProblemReport.Kind(complaint).label)] += 1
    return [
        ReportedQuestion(
            question,
            question.open_reports,  # type: ignore[attr-defined]  # annotated
            question.waiting_since,  # type: ignore[attr-defined]
            kinds.get(question.pk, Counter()).most_common(),
            right.get(question.pk),
        )
        for question in questions
    ]
