"""Doing something with many questions: a page that asks, then each question in a transaction of its own."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.access import signed_in
from accounts.models import User
from questions import services
from questions.exceptions import QuestionRefused
from questions.forms import ReviewerField, read_tags
from questions.models import Question
from questions.placing import SkillField, TaskField, foreign_skill
from questions.queries import skill_labels, task_labels, version_of

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

# So many are done within the time of a request; a message names so many refusals.
MOST_AT_ONCE, MOST_REFUSALS = 500, 30


class TextForm(forms.Form):
    text = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=1000,
        help_text=_("Added to the history of each question. Optional."),
    )


class ReviewForm(TextForm):
    reviewer = ReviewerField()


class TagsForm(forms.Form):
    add = forms.CharField(label=_("Add tags"), required=False, max_length=1000, help_text=_("Separated by commas."))
    remove = forms.CharField(
        label=_("Remove tags"), required=False, max_length=1000, help_text=_("Separated by commas.")
    )

    def clean_add(self) -> list[str]:
        return read_tags(self.cleaned_data["add"])

    def clean_remove(self) -> list[str]:
        return read_tags(self.cleaned_data["remove"])


class TaskForm(forms.Form):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.labels = task_labels()
        self.skill_labels = skill_labels()
        self.fields["task"] = TaskField(self.labels)
        if self.skill_labels:
            self.fields["skill"] = SkillField(
                self.skill_labels, required=False, help_text=gettext("One of that task, if its certification has any.")
            )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if fault := foreign_skill(data.get("task"), data.get("skill")):
            self.add_error("skill", fault)
        return data


class DifficultyForm(forms.Form):
    difficulty = forms.ChoiceField(choices=Question.Difficulty)


def _publish(question: Question, by: User, data: dict[str, Any], seen: str) -> None:
    services.publish(question=question, by=by, now=timezone.now(), text=data["text"], seen=seen)


def _send_to_review(question: Question, by: User, data: dict[str, Any], seen: str) -> None:
    services.send_to_review(
        question=question, reviewer=data["reviewer"], by=by, now=timezone.now(), text=data["text"], seen=seen
    )


def _retire(question: Question, by: User, data: dict[str, Any], seen: str) -> None:
    services.retire(question=question, by=by, now=timezone.now(), text=data["text"], seen=seen)


def _change_tags(question: Question, by: User, data: dict[str, Any], seen: str) -> None:
    services.change_tags(question=question, add=data["add"], remove=data["remove"])  # adds to what others changed


def _move(question: Question, by: User, data: dict[str, Any], seen: str) -> None:
    services.move_to_task(question=question, task=data["task"], skill=data.get("skill"), seen=seen)


def _set_difficulty(question: Question, by: User, data: dict[str, Any], seen: str) -> None:
    services.set_difficulty(question=question, difficulty=data["difficulty"], seen=seen)


@dataclass(frozen=True)
class Bulk:
    """An action of the admin's list: it shows the form, and does it when that comes back filled in."""

    name: str
    label: "StrPromise"
    done: "StrPromise"
    form_class: type[forms.Form]
    do: Callable[[Question, User, dict[str, Any], str], None]

    def act(self, model_admin: Any, request: HttpRequest, questions: QuerySet[Question]) -> HttpResponse | None:
        chosen = list(questions.order_by("code")[: MOST_AT_ONCE + 1])
        if len(chosen) > MOST_AT_ONCE:
            messages.error(
                request,
                gettext("You can process at most %(count)s questions at once. Choose fewer.") % {"count": MOST_AT_ONCE},
            )
            return None
        form = self.form_class(request.POST if "_confirmed" in request.POST else None)
        if not form.is_valid():
            return self.ask(model_admin, request, chosen, form)
        self.do_all(model_admin, request, chosen, form.cleaned_data)
        return None

    def ask(self, model_admin: Any, request: HttpRequest, questions: list[Question], form: forms.Form) -> HttpResponse:
        context = {
            **model_admin.admin_site.each_context(request),
            "title": self.label,
            "opts": model_admin.opts,
            "questions": questions,
            # A page that comes back for its own errors still decides about what was read first.
            "seen": [
                (question.pk, request.POST.get(f"seen-{question.pk}") or version_of(question)) for question in questions
            ],
            "form": form,
            "action": self.name,
            "checkbox": ACTION_CHECKBOX_NAME,
        }
        return render(request, "admin/questions/question/bulk.html", context)

    def do_all(self, model_admin: Any, request: HttpRequest, questions: list[Question], data: dict[str, Any]) -> None:
        by, refusals = signed_in(request), []
        for question in questions:
            try:
                self.do(question, by, data, request.POST.get(f"seen-{question.pk}", ""))
            except QuestionRefused as refusal:
                refusals.append((question.code, str(refusal)))
            else:
                model_admin.log_change(request, question, f"Bulk action: {self.name.removesuffix('_selected')}.")
        if count := len(questions) - len(refusals):
            messages.success(request, self.done % {"count": count})
        if refusals:
            messages.error(request, _said(refusals))


def _said(refusals: list[tuple[str, str]]) -> SafeString:
    count = len(refusals)
    said = ngettext(
        "%(count)d question could not be processed.", "%(count)d questions could not be processed.", count
    ) % {"count": count}
    if count > MOST_REFUSALS:
        note = _("These are the first %(count)d:") % {"count": MOST_REFUSALS}
        said = f"{said} {note}"
    return format_html("{}{}", said, format_html_join("", "<br>{}: {}", refusals[:MOST_REFUSALS]))


Action = Callable[[Any, HttpRequest, QuerySet[Question]], HttpResponse | None]


def _action(bulk: Bulk) -> Action:
    """Return the function that the admin takes for an action, under its name."""

    @admin.action(description=bulk.label, permissions=["change"])
    def action(model_admin: Any, request: HttpRequest, questions: QuerySet[Question]) -> HttpResponse | None:
        return bulk.act(model_admin, request, questions)

    action.__name__ = bulk.name
    return action


BULKS = [
    Bulk(
        "publish_selected",
        _("Publish"),
        ngettext_lazy("%(count)d question was published.", "%(count)d questions were published.", "count"),
        TextForm,
        _publish,
    ),
    Bulk(
        "review_selected",
        _("Send to review"),
        ngettext_lazy("%(count)d question was sent to review.", "%(count)d questions were sent to review.", "count"),
        ReviewForm,
        _send_to_review,
    ),
    Bulk(
        "retire_selected",
        _("Retire"),
        ngettext_lazy("%(count)d question was retired.", "%(count)d questions were retired.", "count"),
        TextForm,
        _retire,
    ),
    Bulk(
        "tag_selected",
        _("Add or remove tags"),
        ngettext_lazy(
            "The tags of %(count)d question were changed.", "The tags of %(count)d questions were changed.", "count"
        ),
        TagsForm,
        _change_tags,
    ),
    Bulk(
        "move_selected",
        _("Move to another task"),
        ngettext_lazy("%(count)d question was moved.", "%(count)d questions were moved.", "count"),
        TaskForm,
        _move,
    ),
    Bulk(
        "difficulty_selected",
        _("Set the difficulty"),
        ngettext_lazy(
            "The difficulty of %(count)d question was set.", "The difficulty of %(count)d questions was set.", "count"
        ),
        DifficultyForm,
        _set_difficulty,
    ),
]
BULK_ACTIONS = [_action(bulk) for bulk in BULKS]
