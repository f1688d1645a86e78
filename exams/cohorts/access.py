"""Who may see a cohort. Every look-up starts from the user: someone else's cohort is as absent as a missing one."""

from typing import Any

from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404

from accounts.models import User
from exams.blueprints.models import Exam
from exams.cohorts.models import Assignment, Cohort


def exam_to_take(user: User, slug: str) -> Exam:
    """Return an exam that is offered to all, or assigned to a cohort this person is in, or raise 404."""
    assigned = Assignment.objects.filter(cohort__memberships__candidate=user)
    exams = Exam.objects.filter(Q(is_offered=True) | Q(pk__in=assigned.values("exam")))
    return get_object_or_404(exams.select_related("certification", "domain"), slug=slug)


def cohort_to_join(token: str, user: User) -> Cohort:
    """Return the cohort whose link has this token, or raise 404: also when the link is switched off, the cohort closed
    or the person removed from it."""
    cohorts = Cohort.objects.exclude(former_members__in=user.former_memberships.filter(was_removed=True))
    return get_object_or_404(cohorts, invite_token=token, invites_by_link=True, closed_at=None)


def own_cohorts(user: Any) -> QuerySet[Cohort]:
    """Return the cohorts this person teaches; a superuser teaches all."""
    return Cohort.objects.all() if user.is_superuser else Cohort.objects.filter(instructors=user)
