from typing import Any
from urllib.parse import urlencode

from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.core.validators import validate_ipv46_address
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from accounts.audit import recorded_actions
from accounts.models import AuditEvent, User


@admin.register(User)
class UserAdmin(DjangoUserAdmin):
    """Superusers manage everyone. Instructors see the members of their cohorts and change nobody."""

    ordering = ["email"]
    list_display = ["email", "name", "extra_time_percent", "is_staff", "is_active"]
    list_filter = ["is_staff", "is_active", "groups"]
    search_fields = ["email", "name"]
    readonly_fields = ["last_login", "joined_at"]
    fieldsets = (
        (None, {"fields": ["email", "password"]}),
        ("Person", {"fields": ["name", "time_zone", "extra_time_percent"]}),
        ("Access", {"fields": ["is_active", "is_staff", "is_superuser", "groups"]}),
        ("Dates", {"fields": ["last_login", "joined_at"]}),
    )
    instructor_fieldsets = ((None, {"fields": ["email", "name", "time_zone", "extra_time_percent", "joined_at"]}),)
    add_fieldsets = ((None, {"fields": ["email", "usable_password", "password1", "password2"]}),)
    filter_horizontal = ["groups"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        people = super().get_queryset(request)
        return people if request.user.is_superuser else people.filter(is_staff=False)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return super().get_fieldsets(request, obj) if request.user.is_superuser else self.instructor_fieldsets

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Whatever permissions somebody was given: extra time, zone and name of others are a superuser's to change.
        return request.user.is_superuser and super().has_change_permission(request, obj)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> Any:
        if not request.user.is_superuser:
            # Setting a candidate's password would let an instructor act as the candidate.
            raise PermissionDenied
        return super().user_change_password(request, id, form_url)


admin.site.unregister(Authenticator)


@admin.register(Authenticator)
class AuthenticatorAdmin(admin.ModelAdmin):
    """For who lost a phone: a superuser deletes the second factor. allauth's own form would show its secret."""

    list_display = ["user", "type", "created_at", "last_used_at"]
    fields = ["user", "type", "created_at", "last_used_at"]
    search_fields = ["user__email"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class CappedPaginator(Paginator):
    """Counts no further than the pages that anybody turns: a full count reads a million rows for each page."""

    CAP = 5_000

    @cached_property
    def count(self) -> int:
        events: QuerySet[AuditEvent] = self.object_list  # type: ignore[assignment]  # the admin gives a queryset
        return events[: self.CAP].count()


class ByAction(admin.SimpleListFilter):
    title = "action"
    parameter_name = "action"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(action, action) for action in recorded_actions()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
        return queryset.filter(action=self.value()) if self.value() else queryset


@admin.register(AuditEvent)
class AuditEventAdmin(admin.ModelAdmin):
    """The audit log, for superusers to read. Every look-up it offers is by an index."""

    list_display = ["at", "action", "actor_link", "target_link", "address_link", "changes"]
    list_filter = [ByAction, "at"]
    list_per_page = 50
    show_full_result_count = False
    paginator = CappedPaginator
    # What a list may be narrowed to is one of these, by the links in its rows.
    LOOKUPS = {"action", "actor_id", "address", "target_type", "target_id"}
    search_fields = ["action"]  # shows the box; the search itself is below
    search_help_text = "An e-mail or IP address, the ID of a request or a person, or how an action begins."
    fields = ["at", "action", "actor_link", "address_link", "request_id", "target_link", "changes"]
    readonly_fields = fields  # type: ignore[assignment]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup in self.LOOKUPS or lookup.startswith("at__")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[AuditEvent], search_term: str
    ) -> tuple[QuerySet[AuditEvent], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        found = (
            Q(action__startswith=term.lower()) | Q(actor_name=term.lower()) | Q(target_name=term) | Q(request_id=term)
        )
        if term.isascii() and term.isdecimal() and len(term) < 19:
            people = Q(target_type=User._meta.label_lower, target_id=term)
            found |= Q(actor_id=int(term)) | people
        try:
            validate_ipv46_address(term)
        except ValidationError:
            return queryset.filter(found), False
        return queryset.filter(found | Q(address=term)), False

    def _narrowed(self, label: str, **lookups: Any) -> SafeString:
        url = reverse("admin:accounts_auditevent_changelist")
        return format_html('<a href="{}?{}">{}</a>', url, urlencode(lookups), label)

    @admin.display(description="who", ordering="actor_name")
    def actor_link(self, event: AuditEvent) -> str:
        if event.actor_id is None:
            return "–"
        return self._narrowed(event.actor_name or f"person {event.actor_id}", actor_id=event.actor_id)

    @admin.display(description="from", ordering="address")
    def address_link(self, event: AuditEvent) -> str:
        return self._narrowed(event.address, address=event.address) if event.address else "–"

    @admin.display(description="what")
    def target_link(self, event: AuditEvent) -> str:
        if not event.target_type:
            return "–"
        label = f"{event.target_type.partition('.')[2]} {event.target_name or event.target_id}"
        return self._narrowed(label, target_type=event.target_type, target_id=event.target_id)

    @admin.display(description="before → after")
    def changes(self, event: AuditEvent) -> SafeString:
        names = {**event.before, **event.after}
        lines = [
            (name, *("–" if side.get(name) is None else side[name] for side in (event.before, event.after)))
            for name in names
        ]
        return format_html_join("", "<div>{}: {} → {}</div>", lines)
