"""The instructor's form of a question: what stays (code, tags, difficulty) and the content of its next revision."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.text import format_lazy, slugify
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from questions.content import (
    MAX_OPTIONS,
    MAX_TAGS,
    MAX_TEXT,
    Option,
    QuestionContent,
    Reference,
    draft_problems,
)
from questions.kinds import KIND_CHOICES, KINDS, AnswerField, Kind, kind_of
from questions.models import Question, Revision
from questions.parts import MAX_TYPED, REFERENCE_SEPARATOR, address_fault, read_reference, written_reference
from questions.queries import possible_reviewers

FORM_OPTIONS = MAX_OPTIONS
OPTION_PARTS = ["text", "key", "match", "rationale", "place"]
NO_STEM = "…"


def option_field(number: int, name: str) -> str:
    return f"option_{number}_{name}"


def answer_field(kind: Kind, field: AnswerField) -> str:
    return f"{kind.name}_{field.name}"


def text_field(rows: int, **kwargs: Any) -> forms.CharField:
    return forms.CharField(max_length=MAX_TEXT, widget=forms.Textarea(attrs={"rows": rows}), **kwargs)


def read_tags(text: str) -> list[str]:
    """Return the tags of a list separated by commas. Raises `ValidationError` for what cannot be a tag."""
    tags = [(tag, slugify(tag)) for tag in text.split(",") if tag.strip()]
    if len(tags) > MAX_TAGS:
        raise ValidationError(
            gettext("You gave %(count)d tags; the limit is %(most)d.") % {"count": len(tags), "most": MAX_TAGS}
        )
    for tag, name in tags:
        if not 0 < len(name) <= 50:
            raise ValidationError(
                gettext("“%(tag)s” is not a valid tag. Use up to 50 letters, digits and hyphens.")
                % {"tag": tag.strip()[:60]}
            )
    return [name for _key, name in tags]


class QuestionForm(forms.ModelForm):
    # Not `tags`: the form would store the names itself, as if they were ids.
    tag_names = forms.CharField(
        label=_("Tags"),
        required=False,
        max_length=1000,
        help_text=_("Separated by commas, for example: kinesis, streaming"),
    )
    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=KIND_CHOICES,
        help_text=_("Options that are put in order: write them in their right order."),
    )
    case = text_field(
        4,
        required=False,
        label=_("Case"),
        help_text=_("A situation that several questions share, shown above the stem."),
    )
    stem = text_field(
        8,
        label=_("Stem"),
        help_text=_(
            "Markdown: **bold**, `code`, tables, code blocks between ``` lines. If several answers "
            "are right, end with “(Choose two.)”."
        ),
    )
    shuffle_options = forms.BooleanField(required=False, initial=True, label=_("Show the options in random order"))
    decoys = text_field(
        3, label=_("Decoys"), required=False, help_text=_("One per line: additional matches that fit no option.")
    )
    explanation = text_field(
        4, label=_("Explanation"), required=False, help_text=_("The point to remember from this question.")
    )
    service_note = text_field(
        2,
        label=_("Service note"),
        required=False,
        help_text=_("If a service was renamed or retired: its current name, and what the exam meant."),
    )
    references = text_field(
        3,
        label=_("References"),
        required=False,
        help_text=format_lazy(
            _("One per line: document title {separator} section {separator} https://… (the address can be left out)"),
            separator=REFERENCE_SEPARATOR,
        ),
    )
    valid_as_of = forms.DateField(
        label=_("Checked on"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),  # as browsers read it, in every language
        help_text=_("When the facts were last checked."),
    )

    class Meta:
        model = Question
        fields = ["code", "difficulty", "is_reserved"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # What is filled but has no meaning in a question of the chosen kind; known once the form is cleaned.
        self.ignored: list[str] = []
        self.initial.setdefault("valid_as_of", timezone.localdate())
        if self.instance.pk:
            self.initial["tag_names"] = ", ".join(map(str, self.instance.tags.all()))
            self.initial.update(_initial(latest_revision(self.instance)))

    def clean_tag_names(self) -> list[str]:
        return read_tags(self.cleaned_data["tag_names"])

    def clean_decoys(self) -> tuple[str, ...]:
        lines = (line.strip() for line in self.cleaned_data["decoys"].splitlines())
        return tuple(dict.fromkeys(line for line in lines if line))

    def clean_references(self) -> tuple[Reference, ...]:
        references = []
        for number, line in enumerate(self.cleaned_data["references"].splitlines(), start=1):
            if not line.strip():
                continue
            title, section, url = read_reference(line)
            if not (title and section):
                raise ValidationError(
                    gettext("Line %(number)s lacks a title or a section. Write: document title %(separator)s section")
                    % {"number": number, "separator": REFERENCE_SEPARATOR}
                )
            if url and (fault := address_fault(url)):
                raise ValidationError(
                    gettext("Line %(number)s: the address “%(url)s” %(fault)s")
                    % {"number": number, "url": url[:80], "fault": fault}
                )
            references.append(Reference(title=title, section=section, url=url))
        return tuple(references)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        kind = kind_of(data.get("kind") or next(iter(KINDS)))
        options = self._options(data, kind)
        decoys = data.get("decoys") or ()
        if decoys and "decoys" not in kind.parts:
            self.ignored.append(gettext("the decoys"))
            decoys = ()
        # As far as it goes: the preview shows it while it is being written. It is stored only without errors.
        self.content = QuestionContent(
            kind=kind.name,
            shuffle=data.get("shuffle_options", True),
            case=data.get("case") or "",
            stem=data.get("stem") or NO_STEM,
            options=options,
            decoys=decoys,
            answer=self._answer(data, kind),
            explanation=data.get("explanation") or "",
            service_note=data.get("service_note") or "",
            references=data.get("references") or (),
            valid_as_of=data.get("valid_as_of") or self.initial["valid_as_of"],
        )
        if not self.errors:
            for problem in draft_problems(self.content):
                self.add_error(None, str(problem))
        return data

    def _answer(self, data: dict[str, Any], kind: Kind) -> dict[str, Any]:
        """Return what is filled in of the answer; what other kinds ask for is ignored, and named."""
        answer: dict[str, Any] = {}
        for other in KINDS.values():
            for field in other.fields:
                value = data.get(answer_field(other, field))
                if not value:
                    continue
                if other is not kind:
                    self.ignored.append(gettext("“%(label)s”") % {"label": field.label})
                    continue
                lines = tuple(line for line in str(value).splitlines() if line.strip())
                answer[field.name] = lines if field.widget == "lines" else value
        return answer

    def _options(self, data: dict[str, Any], kind: Kind) -> tuple[Option, ...]:
        """Return the options in the order of their places; one without a place stands where it was written."""
        placed = []
        for number in range(1, FORM_OPTIONS + 1):
            part = {name: data.get(option_field(number, name)) for name in OPTION_PARTS}
            if part["key"] and "key" not in kind.parts:
                self.ignored.append(gettext("the key mark of option %(number)s") % {"number": number})
                part["key"] = False
            if part["match"] and "match" not in kind.parts:
                self.ignored.append(gettext("the match of option %(number)s") % {"number": number})
                part["match"] = ""
            if part["text"]:
                option = Option(
                    text=part["text"],
                    key=bool(part["key"]),
                    match=part["match"] or "",
                    rationale=part["rationale"] or "",
                )
                placed.append((part["place"] or number, part["place"] is None, number, option))
            elif part["key"] or part["match"] or part["rationale"]:
                message = gettext("Write the option's text, or clear its other fields and its key mark.")
                self.add_error(option_field(number, "text"), message)
        return tuple(option for *_place, option in sorted(placed, key=lambda row: row[:3]))


def _option_fields() -> dict[str, forms.Field]:
    fields: dict[str, forms.Field] = {}
    for number in range(1, FORM_OPTIONS + 1):
        fields[option_field(number, "text")] = text_field(2, label=_("Text"), required=False)
        fields[option_field(number, "key")] = forms.BooleanField(label=_("Right answer (key)"), required=False)
        fields[option_field(number, "match")] = text_field(1, label=_("Matching text"), required=False)
        fields[option_field(number, "rationale")] = text_field(
            2,
            label=_("Rationale"),
            required=False,
            help_text=_("Why the option is right, or why it is wrong and when it would be right.")
            if number == 1
            else "",
        )
        fields[option_field(number, "place")] = forms.IntegerField(
            label=_("Place"),
            required=False,
            min_value=1,
            max_value=FORM_OPTIONS,
            help_text=_("Enter a number to move the option; leave empty to keep its place.") if number == 1 else "",
        )
    return fields


def _answer_fields() -> dict[str, forms.Field]:
    fields: dict[str, forms.Field] = {}
    for room in KINDS.values():
        for field in room.fields:
            said: dict[str, Any] = {"label": field.label, "help_text": field.help, "required": False}
            if field.widget == "check":
                made: forms.Field = forms.BooleanField(**said)
            elif field.widget == "lines":
                made = text_field(4, strip=False, **said)
            else:
                made = forms.CharField(max_length=MAX_TYPED, **said)
            fields[answer_field(room, field)] = made
    return fields


# Declared once for the class, as if written out: the admin builds its pages from `base_fields`.
QuestionForm.base_fields.update(_option_fields() | _answer_fields())
QuestionForm.declared_fields.update(_option_fields() | _answer_fields())


def latest_revision(question: Question) -> Revision | None:
    return question.revisions.order_by("-number").first() if question.pk else None


def _initial(revision: Revision | None) -> dict[str, Any]:
    if revision is None:
        return {}
    content = revision.content
    initial: dict[str, Any] = {
        "kind": content.kind,
        "case": content.case,
        "stem": content.stem,
        "shuffle_options": content.shuffle,
        "decoys": "\n".join(content.decoys),
        "explanation": content.explanation,
        "service_note": content.service_note,
        "references": "\n".join(written_reference(reference) for reference in content.references),
        "valid_as_of": content.valid_as_of,
    }
    kind = kind_of(content.kind)
    for field in kind.fields:
        value = content.answer.get(field.name)
        initial[answer_field(kind, field)] = "\n".join(value) if isinstance(value, tuple) else value
    for number, option in enumerate(content.options, start=1):
        for name in ("text", "key", "match", "rationale"):
            initial[option_field(number, name)] = getattr(option, name)
    return initial


# --- Steps ----------------------------------------------------------------------------------------------


class ReviewerField(forms.ModelChoiceField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(User.objects.none(), **kwargs)
        self.queryset = possible_reviewers()


class StepForm(forms.Form):
    """One step in the life of a question."""

    step = forms.ChoiceField(
        choices=[
            (name, name)
            for name in (
                *("send_to_review", "comment", "approve", "approve_and_publish", "send_back"),
                *("publish", "retire", "bring_back", "copy", "restore"),
            )
        ]
    )
    seen = forms.CharField(required=False, max_length=40)
    text = forms.CharField(label=_("Text"), required=False, max_length=4000)
    reviewer = ReviewerField(label=_("Reviewer"), required=False)
    revision = forms.IntegerField(required=False, min_value=1, max_value=2**31 - 1)
