from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.admin import ReadOnlyAdmin
from questions.models import Certification, Domain, Revision, Task


@admin.register(Certification)
class CertificationAdmin(ReadOnlyAdmin):
    list_display = ["code", "name", "status", "question_count", "minutes", "cut_score"]


@admin.register(Domain)
class DomainAdmin(ReadOnlyAdmin):
    list_display = ["__str__", "certification", "weight"]
    list_filter = ["certification"]
    list_select_related = ["certification"]
    search_fields = ["name", "certification__code"]


@admin.register(Task)
class TaskAdmin(ReadOnlyAdmin):
    list_display = ["__str__", "domain"]
    list_filter = ["domain__certification"]
    search_fields = ["code", "name", "domain__name", "domain__certification__code"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Task]:
        return super().get_queryset(request).select_related("domain__certification")


@admin.register(Revision)
class RevisionAdmin(ReadOnlyAdmin):
    list_display = ["__str__", "kind", "created_by", "created_at", "published_at", "preview"]
    search_fields = ["question__code"]
    list_select_related = ["question", "created_by"]

    @admin.display(description=_("question"))
    def preview(self, revision: Revision) -> SafeString:
        url = reverse("admin:questions_question_change", args=[revision.question_id])
        return format_html('<a href="{}">{}</a>', url, gettext("open"))
