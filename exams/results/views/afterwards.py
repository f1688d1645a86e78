"""What an attempt was worth, and all attempts."""

from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.access import candidate_required, signed_in
from exams.attempts.access import own_attempt, own_attempts
from exams.attempts.services import closing as services
from exams.attempts.views import keeping
from exams.corrections.queries import corrected_scores
from exams.release.queries import shown_of
from exams.release.shown import When
from exams.results.queries.pages import report_of
from exams.results.queries.reporting import attempts_of
from exams.study.services import learning

PAGE_LENGTH = 50


@never_cache
@require_safe
@candidate_required
def attempt_result(request: HttpRequest, attempt_id: UUID) -> HttpResponse:
    """The score and the report, as soon as they exist and may be shown; until then a page that waits for them."""
    now = timezone.now()
    attempt = own_attempt(signed_in(request), attempt_id, now)
    if attempt.is_in_progress:
        return redirect("exams:attempt", attempt_id=attempt_id)
    if services.resend_due(now=now, candidate=signed_in(request)):
        attempt.refresh_from_db(fields=["state", "submitted_at", "closed_by", "scoring_error", "scoring_tries"])
    shown = shown_of(attempt, now)
    is_withheld = shown.score is not When.NOW
    unsaved = keeping.unsaved(request, attempt)
    context: dict[str, object] = {"attempt": attempt, "shown": shown, "is_withheld": is_withheld, "unsaved": unsaved}
    score = None if is_withheld else attempt.scores.filter(is_current=True).first()
    if score:
        context["score"] = score
        if score.rescore_id:
            context["corrections"] = corrected_scores(attempt, is_key_shown=shown.key is When.NOW)
        if not request.htmx:  # type: ignore[attr-defined]  # put there by the middleware
            learning.learn_seen(score=score, now=now)
            context |= report_of(attempt, score, shown, now)
    template = "exams/results/result.html"
    if request.htmx:  # type: ignore[attr-defined]
        if score or is_withheld:
            # The finished page is a page of its own: load it whole, with its title and focus.
            return HttpResponse(headers={"HX-Refresh": "true"})
        template = "exams/results/_waiting.html"
    return render(request, template, context)


@never_cache
@require_safe
@candidate_required
def history(request: HttpRequest) -> HttpResponse:
    user, now = signed_in(request), timezone.now()
    page = Paginator(own_attempts(user, now).order_by("pk"), PAGE_LENGTH).get_page(request.GET.get("page"))
    attempts = attempts_of(user, now, limit=PAGE_LENGTH, offset=max(0, page.start_index() - 1))
    return render(request, "exams/results/history.html", {"attempts": attempts, "page": page})
