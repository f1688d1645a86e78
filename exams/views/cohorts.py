"""Joining a cohort by its link."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from exams import services
from exams.access import candidate_required, cohort_to_join, signed_in

# Where the session keeps the way back: a sign-up leads over an e-mail, and forgets where it came from.
JOINING = "joining"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, token: str) -> HttpResponse:
    """Ask whether to join, and join. The cohort's name is told to nobody who has not logged in."""
    if not request.user.is_authenticated:
        request.session[JOINING] = token
    return _join(request, token)


@candidate_required
def _join(request: HttpRequest, token: str) -> HttpResponse:
    request.session.pop(JOINING, None)
    cohort, user = cohort_to_join(token), signed_in(request)
    if request.method == "POST":
        services.join(cohort=cohort, candidate=user, now=timezone.now())
        messages.success(request, f"You are in {cohort}.")
        return redirect("exams:home")
    is_member = cohort.memberships.filter(candidate=user).exists()
    return render(request, "exams/cohort_join.html", {"cohort": cohort, "is_member": is_member})
