from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import models
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from exams import services
from exams.models import Attempt, AttemptItem, Exam, Score
from exams.queries import short_domains
from questions.admin import ReadOnlyAdmin
from questions.models import Domain


@admin.register(Exam)
class ExamAdmin(admin.ModelAdmin):
    list_display = ["title", "certification", "question_count", "unscored_count", "minutes", "is_offered"]
    list_filter = ["certification", "is_offered"]
    list_select_related = ["certification"]
    search_fields = ["title", "slug"]
    prepopulated_fields = {"slug": ["title"]}
    # One field for a moment: the admin's pair of fields has no label that a screen reader could tell.
    formfield_overrides = {
        models.DateTimeField: {
            "form_class": forms.DateTimeField,
            "widget": forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        }
    }
    fieldsets = (
        (None, {"fields": ["title", "slug", "description", "is_offered"]}),
        (
            "Form",
            {
                "fields": [
                    "certification",
                    ("domain", "chapter"),
                    ("question_count", "unscored_count"),
                    "prefers_unseen",
                ]
            },
        ),
        ("Time", {"fields": ["minutes", ("opens_at", "closes_at")]}),
        ("Score", {"fields": [("cut_score", "scale_min", "scale_max")]}),
    )

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "domain":
            kwargs["queryset"] = Domain.objects.select_related("certification")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # results stand on it: stop offering it instead

    def save_model(self, request: HttpRequest, obj: Exam, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        for refusal in short_domains(obj):
            self.message_user(request, f"Saved, but nobody can start it yet. {refusal}", messages.WARNING)


class ItemInline(admin.TabularInline):
    model = AttemptItem
    fields = ["position", "question", "revision", "is_scored", "response", "is_flagged", "seconds_spent"]
    readonly_fields = fields  # type: ignore[assignment]
    extra = 0
    can_delete = False
    show_change_link = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[AttemptItem]:
        return super().get_queryset(request).select_related("question", "revision__question", "attempt")


class ScoreInline(admin.TabularInline):
    model = Score
    fields = ["version", "is_current", "scaled", "correct", "total", "is_passed", "rule", "reason", "created_at"]
    readonly_fields = fields  # type: ignore[assignment]
    extra = 0
    can_delete = False


@admin.register(Attempt)
class AttemptAdmin(ReadOnlyAdmin):
    """Attempts are looked at, never edited."""

    list_display = ["candidate", "exam", "state", "started_at", "submitted_at", "scaled", "scoring_error"]
    # Dates as a filter, not as a `date_hierarchy`: that reads every attempt there is for its list of years, and a full
    # count reads them once more.
    list_filter = ["state", "exam", "started_at"]
    show_full_result_count = False
    search_fields = ["candidate__email", "candidate__name", "exam__title"]
    inlines = [ScoreInline, ItemInline]
    list_per_page = 50

    def get_queryset(self, request: HttpRequest) -> QuerySet[Attempt]:
        current = Prefetch("scores", Score.objects.filter(is_current=True), to_attr="current_scores")
        return super().get_queryset(request).select_related("candidate", "exam").prefetch_related(current)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        # What candidates' visits do for each of them, an instructor's does for all.
        services.sweep(now=timezone.now())
        return super().changelist_view(request, extra_context)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        # "See the attempts" on a question's page.
        return lookup == "items__question__id__exact" or super().lookup_allowed(lookup, value, request)

    @admin.display(description="estimate")
    def scaled(self, attempt: Attempt) -> str:
        scores: list[Score] = getattr(attempt, "current_scores", [])
        return str(scores[0].scaled) if scores else "–"
