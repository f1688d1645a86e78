from typing import Any

from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.admin import ReadOnlyAdmin
from exams.attempts.models import Attempt, AttemptItem
from exams.attempts.services import closing as services
from exams.cohorts.access import own_cohorts
from exams.scoring.models import Score


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
    """Attempts are looked at, never edited. Instructors see those that were made in assignments of their cohorts."""

    list_display = ["candidate", "exam", "state", "started_at", "submitted_at", "scaled", "scoring_error"]
    # Dates as a filter, not as a `date_hierarchy`: that reads every attempt there is for its list of years, and a full
    # count reads them once more.
    list_filter = ["state", "exam", "started_at"]
    show_full_result_count = False
    search_fields = ["candidate__email", "candidate__name", "exam__title"]
    linked_lookups = ["items__question__id__exact"]  # "See the attempts" on a question's page
    inlines = [ScoreInline, ItemInline]
    list_per_page = 50

    def get_queryset(self, request: HttpRequest) -> QuerySet[Attempt]:
        current = Prefetch("scores", Score.objects.filter(is_current=True), to_attr="current_scores")
        attempts = super().get_queryset(request).select_related("candidate", "exam").prefetch_related(current)
        if request.user.is_superuser:
            return attempts
        return attempts.filter(assignment__cohort__in=own_cohorts(request.user))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        # What candidates' visits do for each of them, an instructor's does for all.
        services.sweep(now=timezone.now())
        return super().changelist_view(request, extra_context)

    @admin.display(description=_("estimate"))
    def scaled(self, attempt: Attempt) -> str:
        scores: list[Score] = getattr(attempt, "current_scores", [])
        return str(scores[0].scaled) if scores else "–"
