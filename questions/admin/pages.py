"""The pages around the form of a question: previews, the steps of its review, its revisions side by side."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.access import signed_in
from questions import services
from questions.content import Problem, publication_problems, size_problems
from questions.diffing import content_fields, diff_fields
from questions.exceptions import QuestionRefused
from questions.forms import NO_STEM, QuestionForm, StepForm, latest_revision
from questions.linting import lint
from questions.models import Question, Revision
from questions.queries import (
    asked,
    possible_reviewers,
    previewed,
    similar_questions,
    skill_labels,
    task_labels,
    version_of,
)

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

EVENTS_SHOWN = 30
# What a preview shows of a question that is too large to be rendered.
NOTHING_WRITTEN: dict[str, Any] = {
    **dict.fromkeys(("case", "explanation", "service_note"), ""),
    **dict.fromkeys(("options", "decoys", "references"), ()),
    "answer": {},
}
# The steps that take nothing but a comment: their service, and what to say when it is done.
STEPS: dict[str, tuple[Callable[..., object], "StrPromise"]] = {
    "comment": (services.comment, _("Your comment was saved.")),
    "approve": (services.approve, _("%(question)s is approved and can be published.")),
    "approve_and_publish": (services.approve_and_publish, _("%(question)s is approved and published.")),
    "send_back": (services.send_back, _("%(question)s was sent back to its author.")),
    "publish": (services.publish, _("%(question)s is published.")),
    "retire": (services.retire, _("%(question)s is retired.")),
    "bring_back": (services.bring_back, _("%(question)s is back in use.")),
}


class QuestionPages(admin.ModelAdmin):
    def get_urls(self) -> list[URLPattern]:
        def page(route: str, view: Any, name: str) -> URLPattern:
            guarded: Callable[..., HttpResponse] = self.admin_site.admin_view(view)
            return path(route, guarded, name=f"questions_question_{name}")

        return [
            page("live-preview/", self.live_preview_view, "live_preview"),
            page("<path:object_id>/preview/", self.preview_view, "preview"),
            page("<path:object_id>/step/", self.step_view, "step"),
            page("<path:object_id>/revisions/", self.revisions_view, "revisions"),
            *super().get_urls(),
        ]

    def _question(self, request: HttpRequest, object_id: str) -> Question:
        question: Question | None = self.get_object(request, object_id)
        if question is None:
            raise Http404(gettext("No question has the ID “%(id)s”.") % {"id": object_id})
        if not self.has_view_permission(request, question):
            raise PermissionDenied
        return question

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        question: Question | None = context.get("original")
        context["task_labels"], context["skill_labels"] = task_labels().values(), skill_labels().values()
        if question:
            context["events"] = question.events.select_related("by", "revision")[:EVENTS_SHOWN]
            context["revisions"] = question.revisions.select_related("created_by").defer("stem", "rationales")
            context["reviewers"] = possible_reviewers().order_by("name", "email")
            draft = next((revision for revision in context["revisions"] if revision.published_at is None), None)
            context["has_draft"] = draft is not None
            context["seen"] = version_of(question)
            context["can_approve"] = bool(
                question.reviewer_id and draft and services.can_approve(draft, signed_in(request))
            )
        return super().render_change_form(request, context, *args, **kwargs)

    # --- Previews ---------------------------------------------------------------------------------------------------

    def preview_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The latest revision as candidates see it: during the exam and in the review."""
        question = self.get_object(request, object_id)
        revision = latest_revision(question) if question else None
        if question is None or revision is None or not self.has_view_permission(request, question):
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined,no-any-return]
        context = {
            **self.admin_site.each_context(request),
            "question": question,
            "revision": revision,
            "asked": asked(revision),
            "item": previewed(revision),
            "opts": self.opts,
            "title": gettext("Preview of %(question)s") % {"question": question},
        }
        return render(request, "admin/questions/question/preview.html", context)

    def live_preview_view(self, request: HttpRequest) -> HttpResponse:
        """What is in the form right now, as candidates would see it, with what is missing and what could be better.

        Nothing is stored. What the form refuses is left out, as far as the question can be shown without it.
        """
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        pk = request.POST.get("question", "")
        question = Question.objects.filter(pk=pk).first() if pk.isdecimal() and len(pk) < 19 else None
        if not (self.has_change_permission(request, question) if question else self.has_add_permission(request)):
            raise PermissionDenied
        form = QuestionForm(request.POST, instance=question or Question())
        form.is_valid()
        content, too_large = form.content, [str(problem) for problem in size_problems(form.content)]
        if too_large:
            content = content.model_copy(update={**NOTHING_WRITTEN, "stem": NO_STEM})
        revision = Revision(question=form.instance)
        revision.set_content(content)
        ignored = [
            Problem("ignored", gettext("%(part)s: questions of this kind do not use it.") % {"part": what})
            for what in form.ignored
        ]
        is_empty = content.stem == NO_STEM
        hints = [*ignored, *lint(content)]
        similar = [] if is_empty else similar_questions(content.stem, besides=question.pk if question else None)
        context = {
            "errors": dict.fromkeys(
                [f"{form.fields[name].label or name}: {errors[0]}" if name in form.fields else str(errors[0])
                 for name, errors in form.errors.items()] + too_large
            ),
            "missing": [] if too_large else [(_place(problem), problem.message)
                                             for problem in publication_problems(content)],
            "hints": [(_place(hint), hint.message) for hint in hints],
            "similar": similar,
            "remarks": len(hints) + len(similar),
            "asked": asked(revision),
            "item": previewed(revision),
        }  # fmt: skip
        return render(request, "admin/questions/question/_live.html", context)

    # --- Review -----------------------------------------------------------------------------------------------------

    def step_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Take one step with a question and go back to its page, which says what came of it."""
        question = self._question(request, object_id)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.has_change_permission(request, question):
            raise PermissionDenied
        form = StepForm(request.POST)
        if not form.is_valid():
            problems = [f"{name}: {errors[0]}" for name, errors in form.errors.items()]
            self.message_user(
                request, gettext("Nothing was changed. %(problems)s") % {"problems": " ".join(problems)}, messages.ERROR
            )
            return self._to(question)
        if form.cleaned_data["step"] == "retire" and "_confirmed" not in request.POST:
            return self._ask_before_retiring(request, question, form.cleaned_data)
        try:
            question, said = self._take(form.cleaned_data, question, request)
        except QuestionRefused as refusal:
            self.message_user(
                request, gettext("Nothing was changed. %(refusal)s") % {"refusal": refusal}, messages.ERROR
            )
        else:
            self.message_user(request, said, messages.SUCCESS)
        return self._to(question)

    def _ask_before_retiring(self, request: HttpRequest, question: Question, data: dict[str, Any]) -> HttpResponse:
        """Name what the retirement touches; one click more does it."""
        context = {
            **self.admin_site.each_context(request),
            "question": question,
            "questions": [question],
            "seen": data["seen"],
            "text": data["text"],
            "opts": self.opts,
            "title": gettext("Retire %(question)s") % {"question": question},
        }
        return render(request, "admin/questions/question/retire.html", context)

    def _to(self, question: Question) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:questions_question_change", args=[question.pk]))

    def _take(self, data: dict[str, Any], question: Question, request: HttpRequest) -> tuple[Question, str]:
        """Call the service; return the question to show next and what to say. Raises `QuestionRefused`."""
        step, by, now = data["step"], signed_in(request), timezone.now()
        if step == "copy":
            if not self.has_add_permission(request):
                raise PermissionDenied
            copy = services.copy_question(question=question, by=by, now=now)
            return copy, gettext("This is a draft copy of %(question)s.") % {"question": question}
        if step == "restore":
            revision = question.revisions.filter(number=data["revision"]).first()
            if revision is None:
                raise QuestionRefused(gettext("This revision does not exist."))
            services.restore_revision(revision=revision, by=by, now=now, seen=data["seen"])
            return question, gettext("The draft now has the text of revision %(number)s.") % {"number": revision.number}
        if step == "send_to_review":
            reviewer = data["reviewer"]
            if reviewer is None:
                raise QuestionRefused(gettext("Choose a reviewer."))
            services.send_to_review(
                question=question, reviewer=reviewer, by=by, now=now, text=data["text"], seen=data["seen"]
            )
            return question, gettext("%(reviewer)s was asked to review the question.") % {"reviewer": reviewer}
        service, said = STEPS[step]
        seen = {} if step == "comment" else {"seen": data["seen"]}
        service(question=question, by=by, now=now, text=data["text"], **seen)
        return question, said % {"question": question}

    def revisions_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Two revisions of a question side by side; without numbers, the latest two."""
        question = self._question(request, object_id)
        if request.method != "GET":
            return HttpResponseNotAllowed(["GET"])
        revisions = {revision.number: revision for revision in question.revisions.select_related("created_by")}
        if not revisions:
            raise Http404(gettext("This question has no revision yet."))
        numbers = sorted(revisions)
        new = _number(request.GET.get("new"), numbers, default=numbers[-1])
        before = [number for number in numbers if number < new]
        old = _number(request.GET.get("old"), numbers, default=before[-1] if before else numbers[0])
        rows = diff_fields(content_fields(revisions[old].content), content_fields(revisions[new].content))
        context = {
            **self.admin_site.each_context(request),
            "question": question,
            "revisions": revisions.values(),
            "old": revisions[old],
            "new": revisions[new],
            "has_change_permission": self.has_change_permission(request, question),
            "seen": version_of(question),
            "rows": sorted(rows, key=lambda row: not row.is_changed),  # what changed comes first
            "opts": self.opts,
            "title": gettext("Revisions of %(question)s") % {"question": question},
        }
        return render(request, "admin/questions/question/revisions.html", context)


def _place(problem: Problem) -> str:
    """Name the field as the form does: options.0.rationale is that of option 1."""
    first, *rest = problem.field.split(".")
    if first == "options" and rest:
        names = {
            "text": _("option %(number)d"),
            "key": _("option %(number)d, key"),
            "match": _("option %(number)d, match"),
            "rationale": _("option %(number)d, rationale"),
        }
        return names.get(rest[1] if rest[1:] else "text", names["text"]) % {"number": int(rest[0]) + 1}
    return first


def _number(given: str | None, numbers: list[int], *, default: int) -> int:
    if given is None:
        return default
    if given not in map(str, numbers):
        raise Http404(gettext("This revision does not exist."))
    return int(given)
