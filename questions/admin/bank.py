from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.admin import ReadOnlyAdmin
from questions.models import Certification, Domain, Question, Revision, Skill, Task

# Of a task or a skill.
PUBLISHED = Count("placements", filter=Q(placements__question__status=Question.Status.PUBLISHED))


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
    list_display = ["__str__", "domain", "published_questions"]
    list_filter = ["domain__certification"]
    search_fields = ["code", "name", "domain__name", "domain__certification__code"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Task]:
        tasks: QuerySet[Task] = super().get_queryset(request).select_related("domain__certification")
        return tasks.annotate(published=PUBLISHED)

    @admin.display(description=_("published questions"))
    def published_questions(self, task: Task) -> int:
        return int(getattr(task, "published", 0))


@admin.register(Skill)
class SkillAdmin(ReadOnlyAdmin):
    """Which skills have how many questions: what is still to be written."""

    list_display = ["__str__", "task", "published_questions"]
    list_filter = ["task__domain__certification"]
    list_per_page = 200  # a certification's on one page
    search_fields = ["code", "name", "task__name", "task__domain__certification__code"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Skill]:
        skills: QuerySet[Skill] = super().get_queryset(request).select_related("task__domain__certification")
        return skills.annotate(published=PUBLISHED)

    @admin.display(description=_("published questions"))
    def published_questions(self, skill: Skill) -> SafeString:
        url = reverse("admin:questions_question_changelist")
        return format_html('<a href="{}?skill={}">{}</a>', url, skill.pk, getattr(skill, "published", 0))


@admin.register(Revision)
class RevisionAdmin(ReadOnlyAdmin):
    list_display = ["__str__", "kind", "created_by", "created_at", "published_at", "preview"]
    search_fields = ["question__code"]
    list_select_related = ["question", "created_by"]

    @admin.display(description=_("question"))
    def preview(self, revision: Revision) -> SafeString:
        url = reverse("admin:questions_question_change", args=[revision.question_id])
        return format_html('<a href="{}">{}</a>', url, gettext("open"))
