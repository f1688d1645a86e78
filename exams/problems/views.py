"""Problem reports of a candidate: making one from the review, and reading what came of them."""

from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.access import candidate_required, signed_in
from exams.attempts.access import own_attempt, own_attempts
from exams.attempts.models import Attempt, AttemptItem
from exams.exceptions import ReportRefused
from exams.problems import queries, services
from exams.problems.models import ProblemReport

REPORTS_PER_PAGE = 50


class ReportForm(forms.ModelForm):
    class Meta:
        model = ProblemReport
        fields = ["kind", "text"]


@never_cache
@require_POST
@candidate_required
def problem_report(request: HttpRequest, attempt_id: UUID, position: int) -> HttpResponse:
    """Take a report of a question that the review shows now."""
    if own_attempt(signed_in(request), attempt_id, timezone.now()).state != Attempt.State.SCORED:
        return redirect("exams:attempt-result", attempt_id=attempt_id)
    form = ReportForm(request.POST)
    if not form.is_valid():
        reasons = " ".join(str(error) for errors in form.errors.values() for error in errors)
        messages.error(
            request,
            _("Question %(position)s: the report was not sent. %(reasons)s")
            % {"position": position, "reasons": reasons},
        )
    else:
        try:
            services.report_problem(
                candidate=signed_in(request),
                attempt_id=attempt_id,
                position=position,
                kind=form.cleaned_data["kind"],
                text=form.cleaned_data["text"],
                now=timezone.now(),
            )
        except AttemptItem.DoesNotExist:
            raise Http404 from None
        except ReportRefused as refusal:
            messages.error(
                request, _("Question %(position)s: %(refusal)s") % {"position": position, "refusal": refusal}
            )
        else:
            messages.success(
                request, _("Thank you. Your report of question %(position)s was sent.") % {"position": position}
            )
    # Back to where they were, with the filter that they had.
    kept = {name: request.GET[name] for name in ("show", "domain") if name in request.GET}
    address = reverse("exams:review-question", args=[attempt_id, position])
    return redirect(f"{address}?{urlencode(kept)}" if kept else address)


@never_cache
@require_safe
@candidate_required
def problem_reports(request: HttpRequest) -> HttpResponse:
    user, now = signed_in(request), timezone.now()
    own_attempts(user, now)  # an answer may wait for the end of one
    page = Paginator(queries.reports_by(user), REPORTS_PER_PAGE).get_page(request.GET.get("page"))
    withheld = queries.withheld_answers(page.object_list, user, now)
    reports = [(report, report.pk in withheld) for report in page.object_list]
    return render(request, "exams/problems/problems.html", {"reports": reports, "page": page})
