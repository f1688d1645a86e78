"""Trying five questions without an account. No session: the page says, signed, what it asked."""

from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from exams.attempts.forms import read_answers
from exams.attempts.queries.taking import with_answers
from exams.attempts.services.saving import Answer
from exams.exceptions import InvalidResponse
from exams.study.queries.bank import Offer, current_offers
from exams.study.queries.trial import asked_of, forget_trial, still_open, trial_of
from exams.study.services.trying import judge_trial

# Who leaves the page open for longer is asked again.
MAX_AGE = 24 * 60 * 60


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def trial(request: HttpRequest, code: str) -> HttpResponse:
    """Ask five questions, and explain them when they were answered. Who has an account has all of practice."""
    offers = (offer for offer in current_offers() if offer.certification.code == code)
    offer = next(offers, None)
    if offer is None or not offer.certification.is_bookable:
        raise Http404
    if request.user.is_authenticated:
        return redirect(f"{reverse('exams:practice')}?certification={code}")
    if request.method == "POST":
        return _answered(request, offer)
    return _asked(request, offer)


def _salt(offer: Offer) -> str:
    return f"trial-{offer.certification.pk}"


def _asked(
    request: HttpRequest,
    offer: Offer,
    *,
    revision_ids: list[int] | None = None,
    answers: list[Answer] | None = None,
    error: str = "",
    status: int = 200,
) -> HttpResponse:
    ids = revision_ids or trial_of(offer.certification.pk)
    if not ids:
        raise Http404
    context = {
        "certification": offer.certification,
        "items": with_answers(asked_of(ids), answers or []),
        "asked": signing.dumps(ids, salt=_salt(offer)),
        "error": error,
    }
    return render(request, "exams/study/trial.html", context, status=status)


def _answered(request: HttpRequest, offer: Offer) -> HttpResponse:
    try:
        ids: list[int] = signing.loads(request.POST.get("asked", ""), salt=_salt(offer), max_age=MAX_AGE)
    except signing.BadSignature:
        return _asked(
            request, offer, error=_("This page was open for too long. Answer the questions again."), status=400
        )
    if not still_open(offer.certification.pk, ids):
        forget_trial(offer.certification.pk)
        changed = _("One of these questions has changed since you opened the page. These are the current ones.")
        return _asked(request, offer, error=changed, status=409)
    answers: list[Answer] = []
    try:
        answers = read_answers(request.POST)
        tried = judge_trial(revision_ids=ids, answers=answers)
    except InvalidResponse as refusal:
        return _asked(request, offer, revision_ids=ids, answers=answers, error=str(refusal), status=400)
    context = {
        "certification": offer.certification,
        "tried": tried,
        "right": sum(one.is_right for one in tried),
    }
    return render(request, "exams/study/tried.html", context)
