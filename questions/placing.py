"""The form fields that say where a question counts: its tasks, and their skills."""

import re
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from questions.models import QuestionTask, Skill, Task

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise


class PlaceField(forms.ModelChoiceField):
    """A task or a skill by its label, such as “MLS-C01 1.2 Sanitize data”, or the beginning of it.

    A text field with the browser's own list of proposals, `list_id`: it searches, and screen readers know it.
    """

    rows: QuerySet[Any]
    list_id: str
    example: str
    several: "StrPromise"
    none: "StrPromise"

    def __init__(self, labels: dict[int, str], **kwargs: Any) -> None:
        attrs = {"list": self.list_id, "class": "vTextField", "autocomplete": "off", "placeholder": _("Type to search")}
        super().__init__(self.rows, widget=forms.TextInput(attrs=attrs), **kwargs)
        self.labels = labels

    def prepare_value(self, value: Any) -> Any:
        return self.labels.get(value, value) if isinstance(value, int) else value

    def to_python(self, value: Any) -> Any:
        wanted = re.sub(r"\s+", " ", str(value or "")).strip().casefold()
        if not wanted:
            return None
        found = [pk for pk, label in self.labels.items() if label.casefold().startswith(wanted)]
        exact = [pk for pk in found if self.labels[pk].casefold() == wanted or self._code(pk) == wanted]
        if len(exact or found) != 1:
            example = next(iter(self.labels.values()), self.example)
            message = self.several if found else self.none
            raise ValidationError(message % {"text": str(value)[:100], "example": example})
        return self.rows.get(pk=(exact or found)[0])

    def _code(self, pk: int) -> str:
        """Return certification and code: “MLA-C02 3.1.1” is itself the beginning of “MLA-C02 3.1.10”."""
        return " ".join(self.labels[pk].split(" ", 2)[:2]).casefold()


class TaskField(PlaceField):
    rows = Task.objects.select_related("domain__certification")
    list_id, example = "task-list", "MLS-C01 1.2"
    several = _("Several tasks begin with “%(text)s”. Choose one from the list, for example “%(example)s”.")
    none = _("No task begins with “%(text)s”. Choose one from the list, for example “%(example)s”.")


class SkillField(PlaceField):
    rows = Skill.objects.select_related("task__domain__certification")
    list_id, example = "skill-list", "MLA-C02 1.2.3"
    several = _("Several skills begin with “%(text)s”. Choose one from the list, for example “%(example)s”.")
    none = _("No skill begins with “%(text)s”. Choose one from the list, for example “%(example)s”.")


def foreign_skill(task: Task | None, skill: Skill | None) -> str:
    """Say that a skill belongs to another task, and which ones would be right; empty if all is well."""
    if task is None or skill is None or skill.task_id == task.pk:
        return ""
    codes = ", ".join(task.skills.values_list("code", flat=True))
    if not codes:
        return gettext("%(task)s has no skills. Leave the skill empty, or choose the task %(of_task)s.") % {
            "task": task,
            "of_task": skill.task,
        }
    return gettext("%(skill)s does not belong to the task %(task)s, whose skills are %(codes)s.") % {
        "skill": skill,
        "task": task,
        "codes": codes,
    }


class PlacementFormSet(forms.BaseInlineFormSet):
    """The tasks of a question: one per certification, each with a skill of its own if there is one."""

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        if "DELETE" in form.fields:
            form.fields["DELETE"].widget.attrs["aria-label"] = gettext("Remove this task")

    def clean(self) -> None:
        super().clean()
        certifications: set[int] = set()
        for form in self.forms:
            task = form.cleaned_data.get("task") if hasattr(form, "cleaned_data") else None
            if task is None or form.cleaned_data.get("DELETE"):
                continue
            if fault := foreign_skill(task, form.cleaned_data.get("skill")):
                form.add_error("skill", fault)
            certification = task.domain.certification
            if certification.pk in certifications:
                raise ValidationError(
                    gettext("Two tasks belong to %(certification)s. Choose one task per certification.")
                    % {"certification": certification.code.upper()}
                )
            certifications.add(certification.pk)

    class Meta:
        model = QuestionTask
