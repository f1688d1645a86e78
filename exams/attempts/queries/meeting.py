"""Which questions a candidate is being asked now, and which they have met in any attempt."""

from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from accounts.models import User
from exams.attempts.models import Attempt, AttemptItem
from exams.blueprints.models import Exam, ExamForm
from exams.blueprints.queries.fixed_forms import no_usable_form, usable_forms


def open_items(candidate: User | int) -> QuerySet[AttemptItem]:
    """Select what the candidate is being asked right now."""
    return AttemptItem.objects.filter(attempt__candidate=candidate, attempt__state=Attempt.State.IN_PROGRESS).order_by()


def open_questions(candidate: User | int) -> QuerySet[AttemptItem, Any]:
    """Select the ids of the questions that the candidate is being asked right now."""
    return open_items(candidate).values("question_id")


def met_by(candidate: User) -> QuerySet[AttemptItem, Any]:
    """Select the ids of the questions that the candidate has met in any attempt."""
    return AttemptItem.objects.filter(attempt__candidate=candidate).values_list("question_id", flat=True)


def form_for(candidate: User, exam: Exam) -> ExamForm:
    """Return the form this candidate has taken least, of those the lowest number. Raises `NoUsableForm`."""
    taken = Attempt.objects.filter(candidate=candidate, form=OuterRef("pk")).order_by().values("form")
    times = Coalesce(Subquery(taken.annotate(times=Count("pk")).values("times")), 0)
    form: ExamForm | None = usable_forms(exam).annotate(times=times).order_by("times", "number").first()
    if form is None:
        raise no_usable_form()
    return form
