"""The instructor's form of a question: what stays (code, tags, difficulty) and the content of its next revision."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from questions.content import MAX_OPTIONS, Option, QuestionContent, Reference, draft_problems
from questions.models import Question, QuestionTask, Revision

FORM_OPTIONS = MAX_OPTIONS
REFERENCE_SEPARATOR = "|"


def option_field(number: int, name: str) -> str:
    return f"option_{number}_{name}"


class QuestionForm(forms.ModelForm):
    tags = forms.CharField(required=False, help_text="Separated by commas, for example: kinesis, streaming")
    kind = forms.ChoiceField(choices=Revision.Kind)
    stem = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text="Markdown: **bold**, `code`, tables, code blocks between ``` lines. "
        "For several right answers end with “(Choose two.)”.",
    )
    shuffle_options = forms.BooleanField(required=False, initial=True, label="Show the options in random order")
    explanation = forms.CharField(
        required=False, widget=forms.Textarea(attrs={"rows": 4}), help_text="The point of the question, to remember."
    )
    service_note = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="If a service was renamed or retired since: today's name, and what the exam meant.",
    )
    references = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=f"One a line: document title {REFERENCE_SEPARATOR} section",
    )
    valid_as_of = forms.DateField(
        label="Checked on",
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="When its facts were last checked.",
    )

    class Meta:
        model = Question
        fields = ["code", "difficulty"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        revision = latest_revision(self.instance)
        self.initial.update(
            {
                "tags": ", ".join(map(str, self.instance.tags.all() if self.instance.pk else [])),
                "valid_as_of": timezone.localdate(),
                **_initial(revision),
            }
        )

    def clean_tags(self) -> list[str]:
        return [tag.strip().lower().replace(" ", "-") for tag in self.cleaned_data["tags"].split(",") if tag.strip()]

    def clean_references(self) -> tuple[Reference, ...]:
        references = []
        for number, line in enumerate(self.cleaned_data["references"].splitlines(), start=1):
            if not line.strip():
                continue
            title, separator, section = (part.strip() for part in line.partition(REFERENCE_SEPARATOR))
            if not (title and separator and section):
                raise ValidationError(
                    f"Line {number} has no title or no section; write: document title {REFERENCE_SEPARATOR} section"
                )
            references.append(Reference(title=title, section=section))
        return tuple(references)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        options = []
        for number in range(1, FORM_OPTIONS + 1):
            text, key, rationale = (data.get(option_field(number, name)) for name in ("text", "key", "rationale"))
            if text:
                options.append(Option(text=text, key=bool(key), rationale=rationale or ""))
            elif key or rationale:
                self.add_error(
                    option_field(number, "text"), "Write the option's text, or empty its rationale and untick its key."
                )
        if self.errors:
            return data
        self.content = QuestionContent(
            kind=data["kind"],
            shuffle=data["shuffle_options"],
            stem=data["stem"],
            options=tuple(options),
            explanation=data["explanation"],
            service_note=data["service_note"],
            references=data["references"],
            valid_as_of=data["valid_as_of"],
        )
        for problem in draft_problems(self.content):
            self.add_error(None, str(problem))
        return data


def _option_fields() -> dict[str, forms.Field]:
    fields: dict[str, forms.Field] = {}
    for number in range(1, FORM_OPTIONS + 1):
        fields[option_field(number, "text")] = forms.CharField(
            label="Text", required=False, widget=forms.Textarea(attrs={"rows": 2})
        )
        fields[option_field(number, "key")] = forms.BooleanField(label="Right answer (key)", required=False)
        fields[option_field(number, "rationale")] = forms.CharField(
            label="Rationale",
            required=False,
            widget=forms.Textarea(attrs={"rows": 2}),
            help_text="Why it is right here, or why it is wrong and when it would be right." if number == 1 else "",
        )
    return fields


# Declared once for the class, as if written out: the admin builds its pages from `base_fields`.
QuestionForm.base_fields.update(_option_fields())
QuestionForm.declared_fields.update(_option_fields())


def latest_revision(question: Question) -> Revision | None:
    return question.revisions.order_by("-number").first() if question.pk else None


def _initial(revision: Revision | None) -> dict[str, Any]:
    if revision is None:
        return {}
    content = revision.content
    initial: dict[str, Any] = {
        "kind": content.kind,
        "stem": content.stem,
        "shuffle_options": content.shuffle,
        "explanation": content.explanation,
        "service_note": content.service_note,
        "references": "\n".join(f"{r.title} {REFERENCE_SEPARATOR} {r.section}" for r in content.references),
        "valid_as_of": content.valid_as_of,
    }
    for number, option in enumerate(content.options, start=1):
        initial[option_field(number, "text")] = option.text
        initial[option_field(number, "key")] = option.key
        initial[option_field(number, "rationale")] = option.rationale
    return initial


class PlacementFormSet(forms.BaseInlineFormSet):
    """The tasks of a question: one per certification."""

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        if "DELETE" in form.fields:
            form.fields["DELETE"].widget.attrs["aria-label"] = "Remove this task"

    def clean(self) -> None:
        super().clean()
        certifications: set[int] = set()
        for form in self.forms:
            task = form.cleaned_data.get("task") if hasattr(form, "cleaned_data") else None
            if task is None or form.cleaned_data.get("DELETE"):
                continue
            certification = task.domain.certification
            if certification.pk in certifications:
                raise ValidationError(f"Two tasks of {certification.code.upper()}: choose one task per certification.")
            certifications.add(certification.pk)

    class Meta:
        model = QuestionTask
