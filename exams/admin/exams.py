from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import models
from django.http import HttpRequest

from exams.models import Exam
from exams.queries import short_domains
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
