"""What is asked before questions come in as a file or go out as one."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from questions.formats.registry import FORMATS
from questions.forms import read_tags
from questions.models import Certification, Question
from questions.placing import TaskField
from questions.queries import task_labels

# Less than the server takes of any request (`MAX_BODY_BYTES`); the command takes twice as much.
MAX_UPLOAD = 10_000_000
_MEGABYTES = MAX_UPLOAD // 1_000_000
SUFFIXES = ",".join(sorted({suffix for format_ in FORMATS.values() for suffix in format_.suffixes}))


class ImportForm(forms.Form):
    file = forms.FileField(
        label=_("File"),
        max_length=200,
        help_text=format_lazy(_("At most {size} MB and 5,000 questions."), size=_MEGABYTES),
        widget=forms.FileInput(attrs={"accept": SUFFIXES}),
    )
    format = forms.ChoiceField(
        label=_("Format"),
        required=False,
        choices=[
            ("", _("Detect from the file name and contents")),
            *((name, other.label) for name, other in FORMATS.items()),
        ],
    )
    tags = forms.CharField(
        label=_("Tags"),
        required=False,
        max_length=500,
        help_text=_("Separated by commas; added to the file's own tags."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.labels = task_labels()
        self.fields["task"] = TaskField(
            self.labels,
            label=gettext("Task"),
            required=False,
            help_text=gettext("For questions whose file names no task. You can also choose tasks later."),
        )

    def clean_file(self) -> UploadedFile:
        upload: UploadedFile = self.cleaned_data["file"]
        if upload.size and upload.size > MAX_UPLOAD:
            raise forms.ValidationError(
                gettext("The file is larger than %(size)s MB. Split it, or import it from the command line.")
                % {"size": _MEGABYTES}
            )
        return upload

    def clean_tags(self) -> list[str]:
        return read_tags(self.cleaned_data["tags"])

    @property
    def defaults(self) -> dict[str, Any]:
        """Return what the kept file remembers of the choices, as JSON holds it."""
        task = self.cleaned_data.get("task")
        tasks = {task.domain.certification.code: task.code} if task else {}
        return {"tasks": tasks, "tags": self.cleaned_data["tags"]}


class ExportForm(forms.Form):
    MAX_CHOSEN = 500

    format = forms.ChoiceField(label=_("Format"), choices=[(name, format_.label) for name, format_ in FORMATS.items()])
    certification = forms.ModelChoiceField(
        Certification.objects.order_by("code"),
        label=_("Certification"),
        required=False,
        to_field_name="code",
        empty_label=_("All"),
    )
    codes = forms.CharField(required=False, max_length=51 * MAX_CHOSEN, widget=forms.HiddenInput)

    @property
    def questions(self) -> QuerySet[Question]:
        """Select what was chosen: these codes, or a certification's questions, or all."""
        questions = Question.objects.order_by("code")
        if codes := self.cleaned_data["codes"].split():
            questions = questions.filter(code__in=codes[: self.MAX_CHOSEN])
        if certification := self.cleaned_data["certification"]:
            questions = questions.filter(placements__certification=certification)
        return questions
