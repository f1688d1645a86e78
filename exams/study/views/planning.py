"""The plan: its page, and the one button that starts what it says for today."""

import datetime as dt
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import candidate_required, signed_in
from accounts.models import User
from accounts.versions import VersionedForm
from exams.exceptions import PlanRefused, PracticeRefused
from exams.study.models import StudyPlan
from exams.study.queries.bank import Offer, current_offers, offer_for
from exams.study.queries.home import progress_of
from exams.study.queries.today import plan_of
from exams.study.services.planning import set_plan, start_today


class PlanForm(VersionedForm):
    class Meta:
        model = StudyPlan
        fields = ["exam_date", "minutes_a_day"]
        widgets = {"exam_date": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}
        help_texts = {"exam_date": gettext_lazy("Leave it empty if you have not booked yet.")}


def _offer(user: User, code: str, current: StudyPlan | None) -> Offer | None:
    """Return what this code names, without one what the plan is for; None: there is nothing to practice."""
    offers = current_offers()
    if code:
        return next((offer for offer in offers if offer.certification.code == code and offer.practisable), None)
    return offer_for(offers, current.certification_id if current else None)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@candidate_required
def plan(request: HttpRequest) -> HttpResponse:
    """Say for which exam, until when and how long a day one practises. Nobody has to."""
    user, now = signed_in(request), timezone.now()
    current = plan_of(user)
    sent = request.POST if request.method == "POST" else request.GET
    offer = _offer(user, sent.get("certification", ""), current)
    context: dict[str, Any] = {"offers": [each for each in current_offers() if each.practisable], "offer": offer}
    if offer is None:
        if sent.get("certification"):
            raise Http404
        return render(request, "exams/study/plan.html", context)
    with transaction.atomic():
        own = StudyPlan.objects.filter(candidate=user, certification=offer.certification).first()
        form = PlanForm(request.POST if request.method == "POST" else None, instance=own)
        if form.is_valid() and _is_set(user, offer, form, now):
            messages.success(request, _("Your plan is saved."))
            return redirect("exams:home")
    own = StudyPlan.objects.filter(candidate=user, certification=offer.certification).first()
    context |= {"form": form, "progress": progress_of(user, offer, own, now), "has_plan": own is not None}
    return render(request, "exams/study/plan.html", context)


def _is_set(user: User, offer: Offer, form: PlanForm, now: dt.datetime) -> bool:
    try:
        set_plan(
            candidate=user,
            certification=offer.certification,
            exam_date=form.cleaned_data["exam_date"],
            minutes_a_day=form.cleaned_data["minutes_a_day"],
            now=now,
        )
    except PlanRefused as refusal:
        form.add_error("exam_date", str(refusal))
        return False
    return True


@require_POST
@candidate_required
def practice_today(request: HttpRequest) -> HttpResponse:
    """Start what the plan says for today, of the certification that the home page was about."""
    user = signed_in(request)
    offer = _offer(user, request.POST.get("certification", ""), plan_of(user))
    if offer is None:
        messages.error(request, _("There are no questions yet."))
        return redirect("exams:home")
    try:
        practice = start_today(candidate=user, offer=offer, now=timezone.now())
    except PracticeRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("exams:home")
    return redirect("exams:practice-run", practice_id=practice.pk)
