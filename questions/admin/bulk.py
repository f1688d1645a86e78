"""Doing something with many questions: a page that asks, then each question in a transaction of its own."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext, ngettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

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


Action = Callable[[Any, HttpRequest, QuerySet[Question]], HttpResponse | None]


def _action(
    name: str,
    label: "StrPromise",
    done: "StrPromise",
    form_class: type[forms.Form],
    do: Callable[[Question, User, dict[str, Any], str], None],
) -> Action:
    """Return an action of the admin's list: it shows the form, and does it when that comes back filled in."""

    @admin.action(description=label, permissions=["change"])
    def action(model_admin: Any, request: HttpRequest, questions: QuerySet[Question]) -> HttpResponse | None:
        chosen = list(questions.order_by("code")[: MOST_AT_ONCE + 1])
        if len(chosen) > MOST_AT_ONCE:
            messages.error(
                request,
                gettext("You can process at most %(count)s questions at once. Choose fewer.") % {"count": MOST_AT_ONCE},
            )
            return None
        form = form_class(request.POST if "_confirmed" in request.POST else None)
        if not form.is_valid():
            context = {
                **model_admin.admin_site.each_context(request),
                "title": label,
                "opts": model_admin.opts,
                "questions": chosen,
                # A page that comes back for its own errors still decides about what was read first.
                "seen": [
                    (question.pk, request.POST.get(f"seen-{question.pk}") or version_of(question))
                    for question in chosen
                ],
                "form": form,
                "action": name,
                "checkbox": ACTION_CHECKBOX_NAME,
            }
            return render(request, "admin/questions/question/bulk.html", context)
        if not isinstance(request.user, User):
            raise PermissionDenied
        _do_all(name, model_admin, request, request.user, chosen, form.cleaned_data, done, do)
        return None

    action.__name__ = name
    return action


def _do_all(
    name: str,
    model_admin: Any,
    request: HttpRequest,
    by: User,
    questions: list[Question],
    data: dict[str, Any],
    done: "StrPromise",
    do: Callable[[Question, User, dict[str, Any], str], None],
) -> None:
    refusals = []
    for question in questions:
        try:
            do(question, by, data, request.POST.get(f"seen-{question.pk}", ""))
        except QuestionRefused as refusal:
            refusals.append((question.code, str(refusal)))
        else:
            model_admin.log_change(request, question, f"Bulk action: {name.removesuffix('_selected')}.")
    if count := len(questions) - len(refusals):
        messages.success(request, done % {"count": count})
    if refusals:
        count = len(refusals)
        said = ngettext(
            "%(count)d question could not be processed.", "%(count)d questions could not be processed.", count
        ) % {"count": count}
        if count > MOST_REFUSALS:
            note = _("These are the first %(count)d:") % {"count": MOST_REFUSALS}
            said = f"{said} {note}"
        rows = format_html_join("", "<br>{}: {}", refusals[:MOST_REFUSALS])
        messages.error(request, format_html("{}{}", said, rows))


BULK_ACTIONS = [
    _action(
        "publish_selected",
        _("Publish"),
        ngettext_lazy("%(count)d question was published.", "%(count)d questions were published.", "count"),
        TextForm,
        _publish,
    ),
    _action(
        "review_selected",
        _("Send to review"),
        ngettext_lazy("%(count)d question was sent to review.", "%(count)d questions were sent to review.", "count"),
        ReviewForm,
        _send_to_review,
    ),
    _action(
        "retire_selected",
        _("Retire"),
        ngettext_lazy("%(count)d question was retired.", "%(count)d questions were retired.", "count"),
        TextForm,
        _retire,
    ),
    _action(
        "tag_selected",
        _("Add or remove tags"),
        ngettext_lazy(
            "The tags of %(count)d question were changed.", "The tags of %(count)d questions were changed.", "count"
        ),
        TagsForm,
        _change_tags,
    ),
    _action(
        "move_selected",
        _("Move to another task"),
        ngettext_lazy("%(count)d question was moved.", "%(count)d questions were moved.", "count"),
        TaskForm,
        _move,
    ),
    _action(
        "difficulty_selected",
        _("Set the difficulty"),
        ngettext_lazy(
            "The difficulty of %(count)d question was set.", "The difficulty of %(count)d questions was set.", "count"
        ),
        DifficultyForm,
        _set_difficulty,
    ),
]
