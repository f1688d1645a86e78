"""The first page: for a visitor what there is, for a candidate what to do next."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.access import signed_in
from exams.attempts.access import own_attempts
from exams.attempts.queries.terms import assigned_terms
from exams.cohorts import joining
from exams.cohorts.queries import invitations_to
from exams.scoring.estimates import shown_number, shown_percent
from exams.study.queries.bank import current_offers, offer_for
from exams.study.queries.home import Progress, progress_of
from exams.study.queries.today import plan_of, practices_to_resume
from exams.study.scheduling import day_of


@never_cache
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show a visitor what there is; a candidate what is under way, what to practise today, and how far they are."""
    offers = current_offers()
    if not request.user.is_authenticated:
        bookable = next((o for o in offers if o.certification.is_bookable and o.practisable), None)
        return render(request, "exams/results/visitor.html", {"offers": offers, "bookable": bookable})
    if token := joining.kept(request):
        back = redirect("exams:join", token=token)
        joining.forget(back)  # once: a link that leads nowhere must not shut the home page
        return back
    user, now = signed_in(request), timezone.now()
    under_way = list(own_attempts(user, now).in_progress().select_related("exam").order_by("deadline_at"))
    practices = practices_to_resume(user, now)
    is_of_today = bool(practices) and day_of(practices[0].started_at, user.zone) == day_of(now, user.zone)
    # What the page begins with; the rest is listed under it.
    resumed = practices.pop(0) if is_of_today and not under_way else None
    context: dict[str, Any] = {"offers": offers, "under_way": under_way, "resumed": resumed, "practices": practices}
    context["invitations"] = invitations_to(user)
    if assigned := assigned_terms(user, now):
        open_attempts = {attempt.exam_id: attempt for attempt in under_way}
        context["assigned"] = [(terms, terms.state(now), open_attempts.get(terms.exam.pk)) for terms in assigned]
    plan = plan_of(user)
    if offer := offer_for(offers, plan.certification_id if plan else None):
        context |= _shown(progress_of(user, offer, plan, now))
    return render(request, "exams/results/home.html", context)


# The height of the highest bar of the week, and of the mark of a day without answers.
BAR, NO_BAR = 46, 4


def _shown(progress: Progress) -> dict[str, Any]:
    """Return what the templates draw of it."""
    mark = progress.offer.certification.pass_share
    highest = max(day.answers for day in progress.week) or 1
    bars = [max(NO_BAR, BAR * day.answers // highest) for day in progress.week]
    return {
        "progress": progress,
        "week": [(day, BAR - bar, bar) for day, bar in zip(progress.week, bars, strict=True)],
        "domains": [
            (domain, domain.share.verdict(mark), shown_percent(domain.share.percent or 0, 100 * mark))
            for domain in progress.domains
        ],
        "pass_percent": 100 * mark,
        "shown_mark": shown_number(100 * mark),
    }
