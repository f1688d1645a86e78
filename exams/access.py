"""Who may. Every look-up starts from the user: what is someone else's is as absent as what does not exist."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from uuid import UUID

from django.contrib.auth.views import redirect_to_login
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from accounts.models import User
from exams.models import Assignment, Attempt, Cohort, Exam

P = ParamSpec("P")


def candidate_required(
    view: Callable[Concatenate[HttpRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Ask for a log-in; answer htmx with 401, never with a log-in page that looks like a success."""

    @wraps(view)
    def wrapper(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if request.user.is_authenticated:
            return view(request, *args, **kwargs)
        if getattr(request, "htmx", False):
            return HttpResponse("Log in again.", status=401, content_type="text/plain")
        return redirect_to_login(request.get_full_path())

    return wrapper


def own_attempt(user: Any, attempt_id: UUID) -> Attempt:
    """Return this user's attempt with its exam, or raise 404."""
    attempts = Attempt.objects.select_related("exam__certification", "exam__domain")
    return get_object_or_404(attempts, pk=attempt_id, candidate=user)


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


def signed_in(request: HttpRequest) -> User:
    """Return the request's user where `candidate_required` has made sure there is one."""
    user = request.user
    if not isinstance(user, User):
        raise TypeError("a view without candidate_required asked for its user")
    return user
