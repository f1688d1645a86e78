"""Who may. Every look-up starts from the user: what is someone else's is as absent as what does not exist."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from uuid import UUID

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from accounts.models import User
from exams.models import Attempt, Exam

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


def offered_exam(slug: str) -> Exam:
    """Return an exam that candidates may see, or raise 404."""
    return get_object_or_404(Exam.objects.offered().select_related("certification", "domain"), slug=slug)


def signed_in(request: HttpRequest) -> User:
    """Return the request's user where `candidate_required` has made sure there is one."""
    user = request.user
    if not isinstance(user, User):
        raise TypeError("a view without candidate_required asked for its user")
    return user
