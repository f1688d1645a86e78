"""Joining a cohort by its link."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from exams import services
from exams.access import candidate_required, cohort_to_join, signed_in
from exams.views import joining


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, token: str) -> HttpResponse:
    """Ask whether to join, and join. The cohort's name is told to nobody who has not logged in."""
    if len(token) > joining.LONGEST_TOKEN:
        raise Http404
    response = _join(request, token)
    if request.user.is_authenticated:
        joining.forget(response)
    else:
        joining.keep(response, token)
    return response


@candidate_required
def _join(request: HttpRequest, token: str) -> HttpResponse:
    cohort, user = cohort_to_join(token), signed_in(request)
    if request.method == "POST":
        services.join(cohort=cohort, candidate=user, now=timezone.now())
        messages.success(request, f"You are in {cohort}.")
        return redirect("exams:home")
    is_member = cohort.memberships.filter(candidate=user).exists()
    return render(request, "exams/cohort_join.html", {"cohort": cohort, "is_member": is_member})
