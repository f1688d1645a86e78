"""The list of how questions did: sorted and filtered by stored columns, whatever the number of answers."""

from typing import Any

from django.contrib import admin
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _

from accounts.admin import ReadOnlyAdmin
from exams.statistics import services
from exams.statistics.models import QuestionStatistics
from exams.statistics.queries.statistics import FLAG_FIELDS, FLAG_WORDS, Share
from questions.admin.filters import ByCertification
from questions.models import Question


class ByFlag(admin.SimpleListFilter):
    title = _("flag")
    parameter_name = "flag"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(flag, str(words)) for flag, words in FLAG_WORDS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[QuestionStatistics]) -> QuerySet[QuestionStatistics]:
        fields = {str(flag): name for flag, name in FLAG_FIELDS.items()}
        name = fields.get(self.value() or "")
        return queryset.filter(**{name: True}) if name else queryset


class ByCertificationOfQuestion(ByCertification):
    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Any]:
        placed = super().queryset(request, Question.objects.all())
        narrowed: QuerySet[Any] = queryset.filter(revision__question__in=placed)
        return narrowed if self.value() else queryset


@admin.register(QuestionStatistics)
class QuestionStatisticsAdmin(ReadOnlyAdmin):
    list_display = ["revision", "reached", "percent_right", "correlation", "seconds_needed", "flags"]
    list_filter = [ByFlag, ByCertificationOfQuestion, "revision__kind"]
    list_select_related = ["revision__question"]
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["revision__question__code"]
    fields = ["revision", "reached"]
    change_list_template = "admin/exams/statistics/change_list.html"
    change_form_template = "admin/exams/statistics/change_form.html"

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        services.count_in_process(now=timezone.now())
        return super().changelist_view(request, extra_context)

    # Ascending, what too few answered comes last: the worst questions are first.
    @admin.display(description=_("right"), ordering=F("share_right").asc(nulls_last=True))
    def percent_right(self, row: QuestionStatistics) -> str:
        return "–" if row.share_right is None else f"{Share(row.right, row.reached).shown} %"

    @admin.display(description=_("discrimination"), ordering=F("discrimination").asc(nulls_last=True))
    def correlation(self, row: QuestionStatistics) -> str:
        return "–" if row.discrimination is None else number_format(row.discrimination, 2)

    @admin.display(description=_("median time"), ordering=F("median_seconds").asc(nulls_last=True))
    def seconds_needed(self, row: QuestionStatistics) -> str:
        return "–" if row.median_seconds is None else f"{number_format(f'{row.median_seconds:g}')} s"

    @admin.display(description=_("flags"))
    def flags(self, row: QuestionStatistics) -> str:
        return ", ".join(str(FLAG_WORDS[flag]) for flag, name in FLAG_FIELDS.items() if getattr(row, name)) or "–"
