from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.core.validators import validate_ipv46_address
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.admin.read_only import ReadOnlyAdmin
from accounts.audit import recorded_actions
from accounts.models import AuditEvent, User


class CappedPaginator(Paginator):
    """Counts no further than the pages that anybody turns: a full count reads a million rows for each page."""

    CAP = 5_000

    @cached_property
    def count(self) -> int:
        events: QuerySet[AuditEvent] = self.object_list  # type: ignore[assignment]  # the admin gives a queryset
        return events[: self.CAP].count()


class ByAction(admin.SimpleListFilter):
    title = _("action")
    parameter_name = "action"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(action, action) for action in recorded_actions()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
        return queryset.filter(action=self.value()) if self.value() else queryset


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    """The audit log, for superusers to read. Every look-up it offers is by an index."""

    list_display = ["at", "action", "actor_link", "target_link", "address_link", "changes"]
    list_filter = [ByAction, "at"]
    list_per_page = 50
    show_full_result_count = False
    paginator = CappedPaginator
    # What a list may be narrowed to is one of these, by the links in its rows.
    linked_lookups = ["action", "actor_id", "address", "target_type", "target_id"]
    search_fields = ["action"]  # shows the box; the search itself is below
    search_help_text = _("An email or IP address, a request or person ID, or the beginning of an action.")
    fields = ["at", "action", "actor_link", "address_link", "request_id", "target_link", "changes"]
    readonly_fields = fields  # type: ignore[assignment]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

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

    @admin.display(description=_("who"), ordering="actor_name")
    def actor_link(self, event: AuditEvent) -> str:
        if event.actor_id is None:
            return "–"
        return self._narrowed(
            event.actor_name or gettext("person %(actor_id)s") % {"actor_id": event.actor_id}, actor_id=event.actor_id
        )

    @admin.display(description=_("from"), ordering="address")
    def address_link(self, event: AuditEvent) -> str:
        return self._narrowed(event.address, address=event.address) if event.address else "–"

    @admin.display(description=_("what"))
    def target_link(self, event: AuditEvent) -> str:
        if not event.target_type:
            return "–"
        label = f"{event.target_type.partition('.')[2]} {event.target_name or event.target_id}"
        return self._narrowed(label, target_type=event.target_type, target_id=event.target_id)

    @admin.display(description=_("before → after"))
    def changes(self, event: AuditEvent) -> SafeString:
        names = {**event.before, **event.after}
        lines = [
            (name, *("–" if side.get(name) is None else side[name] for side in (event.before, event.after)))
            for name in names
        ]
        return format_html_join("", "<div>{}: {} → {}</div>", lines)
