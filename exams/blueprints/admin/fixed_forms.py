"""The pages of an exam's forms: preview, draw, look at, change, delete, print."""

import secrets
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import audit, reauthentication
from accounts.access import signed_in
from exams.blueprints import services
from exams.blueprints.models import Exam, ExamForm
from exams.blueprints.paper.printing import form_pdf, key_pdf
from exams.blueprints.paper.queries import items_of_draw, items_of_form, paper_of
from exams.blueprints.paper.text import unprintable
from exams.blueprints.queries.fixed_forms import form_version
from exams.exceptions import ExamRefused, FormRefused

SEEDS = 1_000_000


class FormViews(admin.ModelAdmin):
    """What the admin of exams has beside its own pages. Who may change an exam may do all of it."""

    def form_urls(self) -> list[URLPattern]:
        def route(address: str, view: Any, name: str) -> URLPattern:
            url: URLPattern = path(
                f"<int:object_id>/{address}", self.admin_site.admin_view(view), name=f"exams_exam_{name}"
            )
            return url

        form = "forms/<int:number>/"
        return [
            route("preview/", require_safe(self.preview_view), "preview"),
            route("forms/draw/", require_POST(self.draw_view), "draw"),
            route(form, require_safe(self.form_view), "form"),
            route(f"{form}replace/", require_POST(self.replace_view), "form_replace"),
            route(f"{form}delete/", require_http_methods(["GET", "POST"])(self.delete_form_view), "form_delete"),
            route(f"{form}form.pdf", require_safe(self.form_pdf_view), "form_pdf"),
            route(f"{form}key.pdf", require_safe(self.key_pdf_view), "key_pdf"),
        ]

    def _exam(self, request: HttpRequest, object_id: int) -> Exam:
        exam = get_object_or_404(Exam.objects.select_related("certification", "domain"), pk=object_id)
        if not self.has_change_permission(request, exam):
            raise PermissionDenied
        return exam

    def _form(self, request: HttpRequest, object_id: int, number: int) -> ExamForm:
        exam = self._exam(request, object_id)
        return get_object_or_404(exam.forms.select_related("exam", "created_by"), number=number)

    def _page(self, request: HttpRequest, exam: Exam, title: str, **context: Any) -> HttpResponse:
        context |= {
            **self.admin_site.each_context(request),
            "exam": exam,
            "opts": self.opts,
            "title": title,
            "has_key": "key" in request.GET,
        }
        return render(request, "admin/exams/exam/form.html", context)

    def preview_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """A form as it would be drawn now, and drawn again for the same seed; nothing is stored."""
        exam, wanted = self._exam(request, object_id), request.GET.get("seed", "")
        is_seed = wanted.isascii() and wanted.isdigit() and len(wanted) < len(str(SEEDS))
        seed = int(wanted) if is_seed else secrets.randbelow(SEEDS)
        try:
            items = items_of_draw(exam, seed)
        except ExamRefused as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
            return redirect("admin:exams_exam_change", object_id)
        again = secrets.randbelow(SEEDS)
        return self._page(
            request, exam, _("A possible form of %(exam)s") % {"exam": exam}, items=items, seed=seed, again=again
        )

    def draw_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        exam = self._exam(request, object_id)
        try:
            form, repeated = services.draw_form(exam=exam, by=request.user, now=timezone.now())  # type: ignore[arg-type]
        except ExamRefused as refusal:
            self.message_user(request, _("No form was drawn. %(refusal)s") % {"refusal": refusal}, messages.ERROR)
            return redirect("admin:exams_exam_change", object_id)
        self.message_user(request, _("Form %(number)s was drawn.") % {"number": form.number}, messages.SUCCESS)
        if repeated:
            self.message_user(
                request,
                ngettext(
                    "%(count)s of its questions is in an earlier form, too: the bank has no others.",
                    "%(count)s of its questions are in an earlier form, too: the bank has no others.",
                    repeated,
                )
                % {"count": repeated},
                messages.WARNING,
            )
        return redirect("admin:exams_exam_form", object_id, form.number)

    def form_view(self, request: HttpRequest, object_id: int, number: int) -> HttpResponse:
        form = self._form(request, object_id, number)
        items = items_of_form(form)
        texts = form.exam.title + "".join(text for item in items for text in item.texts)
        return self._page(
            request, form.exam, str(form), form=form, items=items, attempts=form.attempts.count(),
            unprintable=sorted(unprintable(texts)), seen=form_version(form),
        )  # fmt: skip

    def replace_view(self, request: HttpRequest, object_id: int, number: int) -> HttpResponse:
        form, position = self._form(request, object_id, number), request.POST.get("position", "")
        is_position = position.isascii() and position.isdigit() and len(position) < 5
        try:
            place = services.replace_in_form(
                form=form,
                position=int(position) if is_position else 0,
                by=signed_in(request),
                code=request.POST.get("code", "").strip(),
                seen=request.POST.get("seen", ""),
            )
        except FormRefused as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
        else:
            self.message_user(
                request,
                _("Question %(position)s is now %(question)s.")
                % {"position": place.position, "question": place.question},
                messages.SUCCESS,
            )
        return redirect("admin:exams_exam_form", object_id, number)

    def delete_form_view(self, request: HttpRequest, object_id: int, number: int) -> HttpResponse:
        """Name what goes with the form, and delete it on POST."""
        form = self._form(request, object_id, number)
        if request.method == "GET":
            context = {**self.admin_site.each_context(request), "form": form, "opts": self.opts}
            questions = form.questions.select_related("question", "task")
            context |= {
                "title": _("Delete %(form)s") % {"form": form},
                "questions": questions,
                "attempts": form.attempts.count(),
            }
            context["seen"] = form_version(form)
            return render(request, "admin/exams/exam/form_delete.html", context)
        try:
            services.delete_form(form=form, by=signed_in(request), seen=request.POST.get("seen", ""))
        except FormRefused as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
            return redirect("admin:exams_exam_form", object_id, number)
        self.message_user(request, _("Form %(number)s was deleted.") % {"number": number}, messages.SUCCESS)
        return redirect("admin:exams_exam_change", object_id)

    def form_pdf_view(self, request: HttpRequest, object_id: int, number: int) -> HttpResponse:
        form = self._form(request, object_id, number)
        audit.record("form.printed", by=signed_in(request), target=form)
        return _pdf(form_pdf(paper_of(form)), f"{form.exam.slug}-form-{number}.pdf")

    def key_pdf_view(self, request: HttpRequest, object_id: int, number: int) -> HttpResponse:
        form = self._form(request, object_id, number)
        if asked := reauthentication.ask(request):
            return asked
        audit.record("key.printed", by=signed_in(request), target=form)
        return _pdf(key_pdf(paper_of(form)), f"{form.exam.slug}-form-{number}-key.pdf")


def _pdf(content: bytes, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type="application/pdf", headers=headers)
