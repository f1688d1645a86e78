from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.access import signed_in
from accounts.admin import ReadOnlyAdmin
from exams.exceptions import StaleReports
from exams.problems import queries, services
from exams.problems.models import ProblemReport
from questions.models import Question
from questions.queries import previewed

PER_PAGE = 50
STALE = _(
    "The open reports changed while your page was open. Your answer was not sent, but everything you typed is still "
    "here. Check which reports it answers, then send it again."
)


class ResolveForm(forms.Form):
    """The answer to some of a question's open reports, which are all chosen at first."""

    # Compared in Python: a number that no column holds is refused like any other.
    reports = forms.TypedMultipleChoiceField(
        coerce=int, error_messages={"required": _("Choose the reports to answer.")}
    )
    outcome = forms.ChoiceField(label=_("Outcome"), choices=ProblemReport.Outcome, widget=forms.RadioSelect)
    answer = forms.CharField(
        label=_("Answer"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Each of the candidates will see it."),
    )

    def __init__(self, question: Question, data: Any = None) -> None:
        super().__init__(data, label_suffix="")
        pks = question.problem_reports.values_list("pk", flat=True)
        self.fields["reports"].choices = [(pk, pk) for pk in pks]  # type: ignore[attr-defined]


def _seen(request: HttpRequest) -> set[str]:
    """Return the ids of the reports that were open on the page that was sent, as it sent them."""
    return set(request.POST.get("seen", "").split())


@admin.register(ProblemReport)
class ProblemReportAdmin(ReadOnlyAdmin):
    """What candidates reported: the open ones grouped by question, and all there ever were."""

    list_display = ["question", "kind", "created_at", "outcome", "resolved_by", "resolved_at"]
    list_filter = ["kind", "outcome"]
    list_select_related = ["question", "resolved_by"]
    search_fields = ["question__code"]
    show_full_result_count = False
    list_per_page = 50
    # Not who reported it: an answer goes to the question, not to the person.
    fields = ["question", "revision", "kind", "text", "created_at", "outcome", "answer", "resolved_by", "resolved_at"]
    change_list_template = "admin/exams/problemreport/change_list.html"

    def get_urls(self) -> list[URLPattern]:
        queue = path("queue/", self.admin_site.admin_view(self.queue_view), name="exams_problemreport_queue")
        one = path(
            "queue/<int:question_id>/",
            self.admin_site.admin_view(self.question_view),
            name="exams_problemreport_question",
        )
        return [queue, one, *super().get_urls()]

    def _render(self, request: HttpRequest, template: str, **context: Any) -> HttpResponse:
        context |= {**self.admin_site.each_context(request), "opts": self.opts}
        return render(request, f"admin/exams/problemreport/{template}.html", context)

    def queue_view(self, request: HttpRequest) -> HttpResponse:
        """The questions with open reports, the most reported first."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        page = Paginator(queries.reported_questions(), PER_PAGE).get_page(request.GET.get("page"))
        rows = queries.problem_queue(page.object_list)
        return self._render(request, "queue", rows=rows, page=page, title=gettext("Reported problems"))

    def question_view(self, request: HttpRequest, question_id: int) -> HttpResponse:
        """One question with its reports, and the answer to them."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        may_answer = request.user.has_perm("exams.change_problemreport")
        question = get_object_or_404(Question, pk=question_id)
        form = ResolveForm(question, request.POST if request.method == "POST" else None)
        if request.method == "POST":
            if not may_answer:
                raise PermissionDenied
            if form.is_valid():
                try:
                    return self._answer(request, question, form)
                except StaleReports:
                    form.add_error(None, STALE)
        return self._question_page(request, question, form, may_answer)

    def _question_page(
        self, request: HttpRequest, question: Question, form: ResolveForm, may_answer: bool
    ) -> HttpResponse:
        reports = list(question.problem_reports.select_related("revision", "resolved_by"))
        revisions = {report.revision_id: report.revision for report in reports}
        latest = max(revisions.values(), key=lambda revision: revision.number, default=question.published_revision)
        return self._render(
            request,
            "question",
            question=question,
            title=gettext("Problems of %(question)s") % {"question": question},
            open_reports=[report for report in reports if report.resolved_at is None],
            answered=[report for report in reports if report.resolved_at],
            chosen=request.POST.getlist("reports"),
            seen=_seen(request),  # on a page that comes back: what it showed before
            shown=latest,
            item=previewed(latest) if latest else None,
            form=form,
            may_answer=may_answer,
        )

    def _answer(self, request: HttpRequest, question: Question, form: ResolveForm) -> HttpResponse:
        answered = services.resolve_reports(
            question=question,
            report_ids=form.cleaned_data["reports"],
            outcome=form.cleaned_data["outcome"],
            answer=form.cleaned_data["answer"],
            by=signed_in(request),
            now=timezone.now(),
            seen=_seen(request),
        )
        said = ngettext(
            "%(count)s report of %(question)s was answered.",
            "%(count)s reports of %(question)s were answered.",
            answered,
        )
        messages.success(request, said % {"count": answered, "question": question})
        return HttpResponseRedirect(reverse("admin:exams_problemreport_queue"))
