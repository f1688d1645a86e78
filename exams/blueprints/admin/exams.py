from collections import Counter
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextInputWidget
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils.text import capfirst, format_lazy
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from exams.blueprints.admin.fixed_forms import FormViews
from exams.blueprints.models import Exam, ExamQuota
from exams.blueprints.moments import MOMENT_FIELDS
from exams.blueprints.queries.fixed_forms import BlueprintCheck, blueprint_check, to_mend
from questions.forms import read_tags
from questions.models import Domain, Tag, Task

# Each quota is up to four terms of the one query that reads what a form is drawn from; SQLite takes 500.
MAX_QUOTAS = 100


class TagsField(forms.CharField):
    """Tags by their names, separated by commas as in the form of a question; each must be one that there is."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, widget=AdminTextInputWidget, **kwargs)

    def prepare_value(self, value: Any) -> str:
        return value if isinstance(value, str) else ", ".join(str(tag) for tag in value or ())

    def clean(self, value: Any) -> list[Tag]:
        names = read_tags(super().clean(value))
        tags = {tag.name: tag for tag in Tag.objects.filter(name__in=names)}
        if unknown := [name for name in names if name not in tags]:
            raise ValidationError(
                gettext("No question was ever tagged %(names)s.")
                % {"names": ", ".join(f"“{name}”" for name in unknown)}
            )
        return list(tags.values())

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.prepare_value(initial) != (data or ""))


class QuotaFormSet(forms.BaseInlineFormSet):
    """The quotas of one exam, which must make sense together."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._choices: dict[str, list[Any]] = {}
        super().__init__(*args, **kwargs)

    def _shared_choices(self, name: str, field: Any) -> list[Any]:
        if name not in self._choices:
            self._choices[name] = list(field.choices)
        return self._choices[name]

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        for name in ("domain", "task"):
            # Read once for all rows: each would ask for its own.
            form.fields[name].choices = self._shared_choices(name, form.fields[name])
        if "DELETE" in form.fields:
            form.fields["DELETE"].widget.attrs["aria-label"] = gettext("Delete this quota")

    def clean(self) -> None:
        super().clean()
        rows = [
            form.cleaned_data
            for form in self.forms
            if form not in self.deleted_forms and form.cleaned_data.get("domain") and "task" in form.cleaned_data
        ]
        if not rows or any(self.errors):
            return
        problems = [*self._foreign_rows(rows), *_contradictions(rows)]
        asked, wanted = sum(row["question_count"] for row in rows), self.instance.question_count
        if wanted is not None and asked != wanted:
            problems.append(
                gettext("The quotas ask for %(asked)d questions, but the exam has %(wanted)d. Make the numbers agree.")
                % {"asked": asked, "wanted": wanted}
            )
        if problems:
            raise ValidationError(problems)

    def _foreign_rows(self, rows: list[dict[str, Any]]) -> list[str]:
        exam: Exam = self.instance
        problems = []
        for row in rows:
            domain, task = row["domain"], row["task"]
            if domain.certification_id != exam.certification_id:
                problems.append(
                    gettext("“%(domain)s” is not a domain of the exam's certification.") % {"domain": domain}
                )
            elif exam.domain_id is not None and domain.pk != exam.domain_id:
                problems.append(
                    gettext("The exam covers one domain only, and that is not “%(domain)s”.") % {"domain": domain}
                )
            if task and task.domain_id != domain.pk:
                problems.append(
                    gettext("“%(task)s” is not a task of “%(domain)s”. Choose the domain that the task belongs to.")
                    % {"task": task, "domain": domain}
                )
        return problems


def _contradictions(rows: list[dict[str, Any]]) -> list[str]:
    counts = Counter((row["domain"], row["task"]) for row in rows)
    problems = [
        ngettext(
            "There is %(count)s quota for “%(name)s”. Combine them into one.",
            "There are %(count)s quotas for “%(name)s”. Combine them into one.",
            count,
        )
        % {"count": count, "name": task or domain}
        for (domain, task), count in counts.items()
        if count > 1
    ]
    for domain, task in counts:
        quotas_of_tasks = {other for of, other in counts if of == domain and other}
        if task is None and quotas_of_tasks >= set(domain.tasks.all()):
            problems.append(
                gettext(
                    "Every task of “%(domain)s” has its own quota, which leaves no questions for the quota "
                    "of the whole domain."
                )
                % {"domain": domain}
            )
    return problems


class QuotaInline(admin.TabularInline):
    model = ExamQuota
    formset = QuotaFormSet
    extra = 0
    max_num = MAX_QUOTAS
    verbose_name, verbose_name_plural = _("quota"), _("quotas (without any, the weights of the domains apply)")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ExamQuota]:
        return super().get_queryset(request).select_related("domain__certification", "task__domain__certification")

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "domain":
            kwargs["queryset"] = Domain.objects.select_related("certification")
        if db_field.name == "task":
            kwargs["queryset"] = Task.objects.select_related("domain__certification").order_by(
                "domain__certification", "code"
            )
        return _labelled(super().formfield_for_foreignkey(db_field, request, **kwargs), db_field)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        return _labelled(super().formfield_for_dbfield(db_field, request, **kwargs), db_field)

    # Quotas are part of the exam: who may change it may change them.
    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perms(["exams.change_exam"])

    has_change_permission = has_delete_permission = has_view_permission = has_add_permission


def _labelled(field: Any, db_field: Any) -> Any:
    if field:
        # A table of fields has headings, but no labels.
        field.widget.attrs["aria-label"] = str(db_field.verbose_name).capitalize()
    return field


@admin.register(Exam)
class ExamAdmin(FormViews, admin.ModelAdmin):
    inlines = [QuotaInline]
    list_display = ["title", "certification", "question_count", "minutes", "form_kind", "is_offered", "notice"]
    list_filter = ["certification", "is_offered", "form_kind"]
    list_select_related = ["certification"]
    search_fields = ["title", "slug"]
    prepopulated_fields = {"slug": ["title"]}
    formfield_overrides = MOMENT_FIELDS
    fieldsets = (
        (None, {"fields": ["title", "slug", "description", "is_offered"]}),
        (
            _("Form"),
            {
                "fields": [
                    "certification",
                    ("domain", "chapter"),
                    ("question_count", "unscored_count"),
                    ("form_kind", "prefers_unseen"),
                    ("include_tags", "exclude_tags"),
                ]
            },
        ),
        (_("Time"), {"fields": ["minutes", ("opens_at", "closes_at"), "attempts_allowed"]}),
        (_("Score"), {"fields": ["scoring_rule", ("cut_score", "scale_min", "scale_max")]}),
        (_("What candidates are shown"), {"fields": [("show_score", "show_key", "show_explanations")]}),
    )

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "domain":
            kwargs["queryset"] = Domain.objects.select_related("certification")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        return TagsField(
            label=capfirst(db_field.verbose_name),
            help_text=format_lazy("{} {}", db_field.help_text, _("Separated by commas.")),
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Exam]:
        exams: QuerySet[Exam] = super().get_queryset(request)
        return exams.annotate(is_to_mend=Exists(to_mend(Exam.objects.filter(pk=OuterRef("pk")))))

    @admin.display(description=_("notice"))
    def notice(self, exam: Exam) -> str:
        return gettext("forms to repair") if getattr(exam, "is_to_mend", False) else ""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # results stand on it: stop offering it instead

    def get_urls(self) -> list[URLPattern]:
        return [*self.form_urls(), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        exam = self.get_object(request, object_id)
        context = {**(extra_context or {}), "check": blueprint_check(exam) if exam else None}
        return super().change_view(request, object_id, form_url, context)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        # Read anew: this one may still hold the tags and quotas of before.
        exam = Exam.objects.get(pk=form.instance.pk)
        for warning in warnings(exam, blueprint_check(exam)):
            self.message_user(request, warning, messages.WARNING)


def warnings(exam: Exam, check: BlueprintCheck) -> list[str]:
    """Return what an instructor who has saved the exam should know of it."""
    found = []
    if exam.has_fixed_forms:
        if not check.usable_forms:
            found.append(
                gettext("The exam was saved, but nobody can start it yet: it has no usable fixed form. Draw one below.")
            )
    elif check.refusal:
        found.append(gettext("The exam was saved, but nobody can start it yet. %(reason)s") % {"reason": check.refusal})
    else:
        found += [
            gettext("The exam was saved, but nobody can start it yet. %(reason)s") % {"reason": row.shortage}
            for row in check.quotas
            if row.is_short
        ]
    if exam.closes_at is None and Exam.Release.AFTER_WINDOW in {exam.show_score, exam.show_key, exam.show_explanations}:
        found.append(
            gettext(
                "Some results appear only after the exam has closed, but it has no closing time. They "
                "stay hidden, except in cohorts whose assignment has one."
            )
        )
    return found
