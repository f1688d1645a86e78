"""The pages on which questions come in as files and go out again."""

import csv
import io
from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from accounts import audit, reauthentication
from accounts.access import signed_in
from questions import services
from questions.admin.import_forms import ExportForm, ImportForm
from questions.exceptions import QuestionRefused
from questions.formats.base import Unreadable
from questions.formats.registry import FORMATS, Unsure, format_of
from questions.formats.tables import escape_cell
from questions.models import ImportDraft, Question
from questions.services.planning import LABELS, ImportPlan

TEMPLATES = ("csv", "xlsx")
# What is more makes a slow page; the counts at the top and the list of refused ones cover all.
ROWS_SHOWN = 500


class ImportPages(admin.ModelAdmin):
    def get_urls(self) -> list[URLPattern]:
        def page(route: str, view: Any, name: str) -> URLPattern:
            guarded: Callable[..., HttpResponse] = self.admin_site.admin_view(view)
            return path(route, guarded, name=f"questions_question_{name}")

        return [
            page("import/", self.import_view, "import"),
            page("import/<int:draft_id>/", self.import_check_view, "import_check"),
            page("import/<int:draft_id>/refused/", self.import_refused_view, "import_refused"),
            page("import/template/<str:format_name>/", self.import_template_view, "import_template"),
            page("export/", self.export_view, "export"),
            *super().get_urls(),
        ]

    # --- In -----------------------------------------------------------------------------------------------------------

    def import_view(self, request: HttpRequest) -> HttpResponse:
        """Take a file, keep it for a day, and go on to what it would do."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = ImportForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            upload = form.cleaned_data["file"]
            data, chosen = upload.read(), form.cleaned_data["format"]
            try:
                format_ = FORMATS[chosen] if chosen else format_of(upload.name, data)
                draft = services.keep_import(
                    by=signed_in(request),
                    name=upload.name,
                    format_=format_,
                    data=data,
                    defaults=form.defaults,
                    now=timezone.now(),
                )
            except Unsure as error:
                form.add_error("format", gettext("%(error)s Choose the file again, too.") % {"error": error})
            except Unreadable as error:
                form.add_error("file", str(error))
            else:
                return HttpResponseRedirect(reverse("admin:questions_question_import_check", args=[draft.pk]))
        context = self._context(
            request, gettext("Import questions"), form=form, formats=FORMATS.values(), templates=TEMPLATES
        )
        return render(request, "admin/questions/import.html", context)

    def import_check_view(self, request: HttpRequest, draft_id: int) -> HttpResponse:
        """Show what the kept file would do; on POST do it, or throw it away."""
        draft = self._draft(request, draft_id)
        if request.method == "POST" and "discard" in request.POST:
            draft.delete()
            return HttpResponseRedirect(reverse("admin:questions_question_import"))
        choices = {name: name in request.POST or name in request.GET for name in ("overwrite", "publish")}
        choices["publish"] = choices["publish"] and self.has_change_permission(request)
        refusal = ""
        if request.method == "POST" and "apply" in request.POST:
            try:
                plan = services.apply_draft(
                    draft=draft,
                    by=signed_in(request),
                    now=timezone.now(),
                    expected=request.POST.get("fingerprint", ""),
                    **choices,
                )
            except QuestionRefused as error:
                refusal = str(error)
            else:
                context = self._context(request, gettext("Imported"), draft=draft, **_shown(plan))
                return render(request, "admin/questions/import_done.html", context)
        plan = services.plan_import(services.read_draft(draft), **choices)
        context = self._context(
            request,
            gettext("Import %(name)s") % {"name": draft.name},
            draft=draft,
            format=FORMATS[draft.format],
            choices=choices,
            refusal=refusal,
            fingerprint=plan.fingerprint,
            writes=plan.counts["new"] + plan.counts["changed"],
            refused=plan.counts["refused"],
            can_publish=self.has_change_permission(request),
            **_shown(plan),
        )
        return render(request, "admin/questions/import_check.html", context, status=409 if refusal else 200)

    @method_decorator(require_safe)
    def import_refused_view(self, request: HttpRequest, draft_id: int) -> HttpResponse:
        """Send the refused questions as a table: where they stand in the file, what is wrong, what would be right."""
        draft = self._draft(request, draft_id)
        buffer = io.StringIO(newline="")
        table = csv.writer(buffer)
        table.writerow([gettext("place"), gettext("question"), gettext("field"), gettext("problem")])
        for row in services.plan_import(services.read_draft(draft)).rows:
            for problem in row.problems:
                cells = (row.place, row.code or row.label, problem.field, problem.message)
                table.writerow([escape_cell(cell) for cell in cells])
        return _file(buffer.getvalue().encode("utf-8-sig"), "refused.csv", "text/csv")

    @method_decorator(require_safe)
    def import_template_view(self, request: HttpRequest, format_name: str) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        if format_name not in TEMPLATES:
            raise Http404
        format_ = FORMATS[format_name]
        return _file(format_.template(), f"questions{format_.suffixes[0]}", format_.media_type)  # type: ignore[attr-defined]

    def _draft(self, request: HttpRequest, draft_id: int) -> ImportDraft:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return get_object_or_404(ImportDraft, pk=draft_id, by=signed_in(request))

    # --- Out ----------------------------------------------------------------------------------------------------------

    def export_view(self, request: HttpRequest) -> HttpResponse:
        """Say what a format carries and loses, and send the file on POST."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method == "POST" and (asked := reauthentication.ask(request)):
            return asked
        form = ExportForm(request.POST or request.GET or None)
        export = None
        if form.is_bound and form.is_valid():
            format_ = FORMATS[form.cleaned_data["format"]]
            questions = services.with_content(form.questions)
            if request.method == "POST":
                export = services.export_questions(questions, format_)
                after = {"format": format_.name, "questions": export.written}
                audit.record("questions.exported", by=signed_in(request), after=after)
                return _file(export.data, f"questions{format_.suffixes[0]}", format_.media_type)
            export = services.export_questions(questions, format_)
        context = self._context(
            request, gettext("Export questions"), form=form, formats=FORMATS.values(), export=export
        )
        return render(request, "admin/questions/export.html", context)

    def _context(self, request: HttpRequest, title: str, **context: Any) -> dict[str, Any]:
        return {**self.admin_site.each_context(request), "opts": self.opts, "title": title, **context}


@admin.action(description=_("Export the selected questions"), permissions=["view"])
def export_selected(pages: Any, request: HttpRequest, questions: QuerySet[Question]) -> HttpResponse | None:
    codes = list(questions.order_by("code").values_list("code", flat=True)[: ExportForm.MAX_CHOSEN + 1])
    if len(codes) > ExportForm.MAX_CHOSEN:
        pages.message_user(
            request,
            gettext("Choose at most %(count)s questions, or export all.") % {"count": ExportForm.MAX_CHOSEN},
            messages.ERROR,
        )
        return None
    form = ExportForm(initial={"format": "yaml", "codes": " ".join(codes)})
    context = pages._context(request, gettext("Export questions"), form=form, formats=FORMATS.values(), export=None)
    return render(request, "admin/questions/export.html", context)


def _shown(plan: ImportPlan) -> dict[str, Any]:
    """Return the rows of a plan for a page: what wants attention first, what changes nothing not at all."""
    order = {state: number for number, state in enumerate(plan.counts)}
    rows = sorted((row for row in plan.rows if row.state != "unchanged"), key=lambda row: order[row.state])
    counts = [(LABELS[state], count) for state, count in plan.counts.items()]
    return {"counts": counts, "rows": rows[:ROWS_SHOWN], "hidden": max(0, len(rows) - ROWS_SHOWN)}


def _file(data: bytes, name: str, media_type: str) -> HttpResponse:
    response = HttpResponse(data, content_type=media_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
