from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin import ReadOnlyAdmin
from accounts.models import User
from exams.corrections import services
from exams.corrections.queries import corrections_of, rescore_counts
from exams.exceptions import RescoreRefused
from exams.scoring.models import Rescore
from questions.models import Question, Revision


class RescoreForm(forms.Form):
    old_revision = forms.ModelChoiceField(Revision.objects.none())
    rule = forms.ChoiceField(label=gettext_lazy("Judged"), choices=Rescore.Rule)
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)
    published = forms.IntegerField(min_value=0, max_value=2**63 - 1)

    def __init__(self, question: Question, data: Any) -> None:
        super().__init__(data)
        self.fields["old_revision"] = forms.ModelChoiceField(question.revisions.select_related("question"))


@admin.register(Rescore)
class RescoreAdmin(ReadOnlyAdmin):
    """What was re-scored, why and by whom. The order itself is given on the page of a question."""

    list_display = ["question", "old_revision", "revision", "rule", "reason", "by", "ordered_at", "finished_at"]
    list_select_related = ["question", "old_revision__question", "revision__question", "by"]
    search_fields = ["question__code", "reason"]
    list_per_page = 50
    show_full_result_count = False
    fields = [
        *("question", "old_revision", "revision", "rule", "reason", "by", "ordered_at", "finished_at", "done"),
    ]
    readonly_fields = ["done"]

    @admin.display(description=gettext_lazy("attempts"))
    def done(self, rescore: Rescore) -> str:
        counts = rescore_counts(rescore)
        parts = [
            _("%(count)d re-scored") % {"count": counts.rescored},
            _("%(count)d with a different score") % {"count": counts.changed},
        ]
        if counts.parked:
            parts.append(_("%(count)d parked for an operator") % {"count": counts.parked})
        if not rescore.finished_at:
            parts.append(_("continues while attempts are under way"))
        return "; ".join(parts)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.offer_view)
        return [path("question/<int:question_id>/", view, name="exams_rescore_offer"), *super().get_urls()]

    def offer_view(self, request: HttpRequest, question_id: int) -> HttpResponse:
        """The attempts that were asked each revision of a question, and the order to judge them anew."""
        if not self.has_view_permission(request) or not isinstance(request.user, User):
            raise PermissionDenied
        questions = Question.objects.select_related("published_revision")
        question = get_object_or_404(questions, pk=question_id)
        if request.method == "POST":
            form = RescoreForm(question, request.POST)
            if form.is_valid():
                return self._order(request, request.user, form.cleaned_data)
            problems = " ".join(f"{name}: {errors[0]}" for name, errors in form.errors.items())
            messages.error(request, _("Nothing was changed. %(problems)s") % {"problems": problems})
            return HttpResponseRedirect(request.path)
        context = {
            **self.admin_site.each_context(request),
            "question": question,
            "corrections": corrections_of(question),
            "may_order": request.user.has_perm("exams.add_rescore"),
            "opts": self.opts,
            "title": _("Scores of %(question)s") % {"question": question},
        }
        return render(request, "admin/exams/rescore/offer.html", context)

    def _order(self, request: HttpRequest, by: User, data: dict[str, Any]) -> HttpResponse:
        try:
            rescore = services.order_rescore(**data, by=by, now=timezone.now())
        except RescoreRefused as refusal:
            messages.error(request, _("Nothing was changed. %(refusal)s") % {"refusal": refusal})
        else:
            messages.success(
                request, _("Ordered: %(rescore)s. The scores will be updated in the background.") % {"rescore": rescore}
            )
        return HttpResponseRedirect(request.path)
