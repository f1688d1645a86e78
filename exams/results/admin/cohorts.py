from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from exams.blueprints.moments import MOMENT_FIELDS
from exams.cohorts.access import own_cohorts
from exams.cohorts.models import Assignment, Cohort
from exams.results.admin.cohort_pages import CohortPages


class AssignmentFormSet(forms.BaseInlineFormSet):
    def save_new(self, form: Any, commit: bool = True) -> Any:
        form.instance.created_at = timezone.now()
        return super().save_new(form, commit)

    def clean(self) -> None:
        """What attempts were made in stays: it says what they were for. Deleting it is refused by the admin itself,
        which names what is protected."""
        super().clean()
        for form in self.initial_forms:
            # A row that the form does not know, by a number that was made up, has no attempts to ask for.
            if form.instance.pk and "exam" in form.changed_data and form.instance.attempts.exists():
                assignment = Assignment.objects.select_related("exam", "cohort").get(pk=form.instance.pk)
                raise ValidationError(
                    gettext("“%(assignment)s” has been started and cannot become another exam. Close it instead.")
                    % {"assignment": assignment}
                )


class AssignmentInline(admin.StackedInline):
    model = Assignment
    formset = AssignmentFormSet
    fields = ["exam", ("opens_at", "closes_at"), "attempts_allowed"]
    extra = 0
    formfield_overrides = MOMENT_FIELDS

    def get_queryset(self, request: HttpRequest) -> QuerySet[Assignment]:
        return super().get_queryset(request).select_related("exam", "cohort")


class ByClosed(admin.SimpleListFilter):
    """Open cohorts, unless somebody asks for the others."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("closed", gettext("Closed")), ("all", gettext("All"))]

    def choices(self, changelist: Any) -> Any:
        default, *others = super().choices(changelist)
        return [{**default, "display": gettext("Open")}, *others]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Cohort]) -> QuerySet[Cohort]:
        return queryset if self.value() == "all" else queryset.filter(closed_at__isnull=self.value() != "closed")


@admin.action(description=_("Close: hide the cohort and its link. Attempts keep their terms."), permissions=["change"])
def close_selected(model_admin: Any, request: HttpRequest, cohorts: QuerySet[Cohort]) -> None:
    closed = cohorts.filter(closed_at=None).update(closed_at=timezone.now())
    model_admin.message_user(
        request,
        ngettext(
            "%(count)s cohort was closed. The filter “state” lists closed cohorts.",
            "%(count)s cohorts were closed. The filter “state” lists closed cohorts.",
            closed,
        )
        % {"count": closed},
    )


@admin.action(description=_("Reopen"), permissions=["change"])
def reopen_selected(model_admin: Any, request: HttpRequest, cohorts: QuerySet[Cohort]) -> None:
    reopened = cohorts.exclude(closed_at=None).update(closed_at=None)
    model_admin.message_user(
        request,
        ngettext("%(count)s cohort was reopened.", "%(count)s cohorts were reopened.", reopened) % {"count": reopened},
    )


@admin.register(Cohort)
class CohortAdmin(CohortPages, admin.ModelAdmin):
    """Instructors see the cohorts they teach, superusers all. Who makes one teaches it."""

    list_display = ["name", "members", "exams", "created_at", "closed_at"]
    list_filter = [ByClosed]
    actions = [close_selected, reopen_selected]
    search_fields = ["name"]
    inlines = [AssignmentInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Cohort]:
        own = own_cohorts(request.user)
        return own.annotate(
            member_count=Count("memberships", distinct=True), exam_count=Count("assignments", distinct=True)
        )

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        # Who teaches besides is a superuser's to say: choosing would show an instructor all the others.
        if obj is None and not request.user.is_superuser:
            return ["name", "invites_by_link"]
        return ["name", "instructors", "invites_by_link"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [] if request.user.is_superuser else ["instructors"]

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs["queryset"] = User.objects.filter(is_staff=True).order_by("email")
        kwargs["required"] = False
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Cohort, form: Any, change: bool) -> None:
        if not change:
            obj.created_at = timezone.now()
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if not change:
            form.instance.instructors.add(request.user)

    @admin.display(description=_("members"), ordering="member_count")
    def members(self, cohort: Cohort) -> int:
        return int(getattr(cohort, "member_count", 0))

    @admin.display(description=_("exams"), ordering="exam_count")
    def exams(self, cohort: Cohort) -> int:
        return int(getattr(cohort, "exam_count", 0))
