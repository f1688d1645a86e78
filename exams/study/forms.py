"""The builder's form. Ids that do not exist choose nothing: no look-up is needed to count with them."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _

from exams.study.criteria import MAX_MINUTES, MAX_QUESTIONS, Criteria, Pool
from exams.study.models import Note, Practice
from questions.models import Question

MAX_CHOSEN = 300
# What a browser's script can say exactly, and every column of an id can hold.
MAX_ID, MAX_CHAPTER = 2**53 - 1, 32_767


class NumbersField(forms.Field):
    """Numbers of boxes that were ticked, one name for all."""

    widget = forms.MultipleHiddenInput

    def __init__(self, *, largest: int = MAX_ID) -> None:
        super().__init__(required=False)
        self.largest = largest

    def to_python(self, value: list[str] | None) -> tuple[int, ...]:
        chosen = [text for text in value or () if text]
        if len(chosen) > MAX_CHOSEN or not all(self._fits(text) for text in chosen):
            raise ValidationError(_("Choose from what is offered."))
        return tuple(dict.fromkeys(int(text) for text in chosen))

    def _fits(self, text: str) -> bool:
        # ASCII only and no longer than the largest: int() would take other scripts' digits, and pages of them.
        return text.isascii() and text.isdigit() and len(text) <= len(str(self.largest)) and int(text) <= self.largest


class BuilderForm(forms.Form):
    """Every field has a default, so that nothing at all asks for ten questions of everything."""

    domains = NumbersField()
    tasks = NumbersField()
    chapters = NumbersField(largest=MAX_CHAPTER)
    tags = NumbersField()
    difficulties = forms.MultipleChoiceField(choices=Question.Difficulty.choices, required=False)
    pool = forms.ChoiceField(choices=[(pool, pool) for pool in Pool], required=False)
    number = forms.IntegerField(min_value=1, max_value=MAX_QUESTIONS, required=False, label=_("Number of questions"))
    feedback = forms.ChoiceField(choices=Practice.Feedback.choices, required=False)
    minutes = forms.IntegerField(min_value=1, max_value=MAX_MINUTES, required=False, label=_("Minutes"))
    title = forms.CharField(max_length=100, required=False, label=_("Keep these choices as a set named"))

    def criteria(self) -> Criteria:
        """Return what was chosen, the form being valid."""
        given: dict[str, Any] = self.cleaned_data
        lists = {name: tuple(given[name]) for name in ("domains", "tasks", "chapters", "tags", "difficulties")}
        return Criteria(
            **lists,
            pool=Pool(given["pool"] or Pool.ALL),
            number=given["number"] or Criteria.number,
            feedback=given["feedback"] or Criteria.feedback,
            minutes=given["minutes"],
        )


def as_data(criteria: Criteria) -> MultiValueDict[str, str]:
    """Return the criteria as the builder's form sends them."""
    data: MultiValueDict[str, str] = MultiValueDict()
    for name, value in criteria.as_json().items():
        data.setlist(name, [str(one) for one in value] if isinstance(value, tuple) else [str(value)])
    return data


class TextField(forms.CharField):
    """A text of several lines: a browser sends each line break as two characters and counts it as one."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> Any:
        return super().to_python(value.replace("\r\n", "\n") if isinstance(value, str) else value)


class NoteForm(forms.ModelForm):
    text = TextField(max_length=2000, required=False)
    version = forms.IntegerField(min_value=0, max_value=2**31 - 1)

    class Meta:
        model = Note
        fields = ["text", "is_bookmarked"]
