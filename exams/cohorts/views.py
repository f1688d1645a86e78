"""Becoming a member of a cohort, by its link or by an invitation, and leaving it."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import candidate_required, signed_in
from exams.cohorts import joining, queries, services
from exams.cohorts.access import cohort_to_join
from exams.exceptions import MembershipRefused


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
    user = signed_in(request)
    cohort = cohort_to_join(token, user)
    if request.method == "POST":
        try:
            services.join(cohort=cohort, candidate=user, now=timezone.now())
        except MembershipRefused as refusal:
            raise Http404 from refusal
        messages.success(request, _("You have joined %(cohort)s.") % {"cohort": cohort})
        return redirect("exams:home")
    is_member = cohort.memberships.filter(candidate=user).exists()
    return render(request, "exams/cohorts/join.html", {"cohort": cohort, "is_member": is_member})


@require_POST
@candidate_required
def invitation_answer(request: HttpRequest, invitation_id: int) -> HttpResponse:
    """Accept or decline. An invitation of somebody else and one that is gone look alike."""
    user, now = signed_in(request), timezone.now()
    try:
        if request.POST.get("answer") == "accept":
            membership = services.accept_invitation(candidate=user, invitation_id=invitation_id, now=now)
            messages.success(request, _("You have joined %(cohort)s.") % {"cohort": membership.cohort})
        elif request.POST.get("answer") == "decline":
            invitation = services.decline_invitation(candidate=user, invitation_id=invitation_id, now=now)
            messages.success(
                request, _("You have declined the invitation to %(cohort)s.") % {"cohort": invitation.cohort}
            )
    except MembershipRefused as refusal:
        messages.error(request, str(refusal))
    return redirect("exams:home")


@never_cache
@require_safe
@candidate_required
def own_cohorts(request: HttpRequest) -> HttpResponse:
    """Show the candidate's cohorts, each with a way out, and the invitations."""
    user = signed_in(request)
    context = {"memberships": queries.memberships_of(user), "invitations": queries.invitations_to(user)}
    return render(request, "exams/cohorts/cohorts.html", context)


@require_POST
@candidate_required
def cohort_leave(request: HttpRequest, cohort_id: int) -> HttpResponse:
    try:
        cohort = services.leave(cohort_id=cohort_id, candidate=signed_in(request), now=timezone.now())
        messages.success(request, _("You have left %(cohort)s.") % {"cohort": cohort})
    except MembershipRefused as refusal:
        messages.error(request, str(refusal))
    return redirect("exams:cohorts")
