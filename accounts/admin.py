import datetime as dt
from typing import Any
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from allauth.account.admin import EmailAddressAdmin as AllauthEmailAddressAdmin
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.core.validators import validate_ipv46_address
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import localize
from django.utils.functional import cached_property
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts import claiming, outbox, reauthentication
from accounts.audit import recorded_actions
from accounts.granting import grant_extra_time
from accounts.models import AuditEvent, ExtraTime, OutgoingMail, User, account_of
from accounts.moments import MomentField, MomentInput
from accounts.roles import INSTRUCTORS


class OwnAddress:
    """An address that is another account's can be given to nobody else, also where it is not that account's first."""

    def clean_email(self: Any) -> str:
        email: str = self.cleaned_data["email"]
        owner = account_of(email)
        if owner is not None and owner.pk != self.instance.pk:
            raise ValidationError(gettext("Another account has this address."), code="unique")
        return email


class PersonForm(OwnAddress, UserChangeForm):
    address_is_verified = forms.BooleanField(
        required=False,
        label=_("The changed address is verified"),
        help_text=_(
            "Tick this only if you know that the new address belongs to this person. Otherwise we mail a link to it."
        ),
    )


class NewPersonForm(OwnAddress, AdminUserCreationForm):
    pass


class ExtraTimeForm(forms.ModelForm):
    class Meta:
        field_classes = {"until_at": MomentField}
        widgets = {"until_at": MomentInput()}

    def clean_until_at(self) -> dt.datetime:
        until_at: dt.datetime = self.cleaned_data["until_at"]
        if until_at <= timezone.now():
            raise ValidationError(gettext("Choose a time in the future."))
        return until_at


class ExtraTimeInline(admin.TabularInline):
    """What was granted stays as it was; granting again is a row of its own."""

    model = ExtraTime
    form = ExtraTimeForm
    fk_name = "user"
    fields = ["percent", "until_at", "reason", "granted_by", "granted_at"]
    readonly_fields = ["granted_by", "granted_at"]
    extra, max_num = 0, 1000

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(User)
class UserAdmin(DjangoUserAdmin):
    """Superusers manage everyone. Instructors see the members of their cohorts and change nobody."""

    form = PersonForm
    add_form = NewPersonForm
    ordering = ["email"]
    list_display = ["email", "name", "extra_time", "is_staff", "is_active"]
    inlines = [ExtraTimeInline]
    list_filter = ["is_staff", "is_active", "groups"]
    search_fields = ["email", "name"]
    readonly_fields = ["extra_time", "last_login", "joined_at"]
    fieldsets = (
        (None, {"fields": ["email", "address_is_verified", "password"]}),
        (_("Person"), {"fields": ["name", "time_zone", "extra_time"]}),
        (_("Access"), {"fields": ["is_active", "is_staff", "is_superuser", "groups"]}),
        (_("Dates"), {"fields": ["last_login", "joined_at"]}),
    )
    instructor_fieldsets = ((None, {"fields": ["email", "name", "time_zone", "extra_time", "joined_at"]}),)
    add_fieldsets = ((None, {"fields": ["email", "usable_password", "password1", "password2"]}),)
    filter_horizontal = ["groups"]
    asks_again = True  # see config.admin

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        people = super().get_queryset(request)
        return people if request.user.is_superuser else people.filter(is_staff=False)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return super().get_fieldsets(request, obj) if request.user.is_superuser else self.instructor_fieldsets

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Whatever permissions somebody was given: extra time, zone and name of others are a superuser's to change.
        return request.user.is_superuser and super().has_change_permission(request, obj)

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return self.inlines if obj else []

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        if formset.model is not ExtraTime:
            super().save_formset(request, form, formset, change)
            return
        formset.save(commit=False)  # a grant is made by its service, which keeps the person's row in step
        by = User.objects.get(pk=request.user.pk or 0)
        for row in formset.new_objects:
            grant_extra_time(
                user=form.instance,
                percent=row.percent,
                until_at=row.until_at,
                reason=row.reason,
                by=by,
                now=timezone.now(),
            )

    @admin.display(description=_("extra time in every exam"), ordering="extra_time_percent")
    def extra_time(self, person: User) -> str:
        percent = person.extra_time_at(timezone.now())
        if not percent or person.extra_time_until is None:
            return f"{percent} %"
        return gettext("%(percent)s %% until %(until)s") % {
            "percent": percent,
            "until": localize(timezone.localtime(person.extra_time_until)),
        }

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if not request.user.is_superuser:
            kwargs["form"] = UserChangeForm  # an instructor changes no address
        return super().get_form(request, obj, change=change, **kwargs)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if change and "email" in form.changed_data:
            self._correct_address(request, obj, form)

    def _correct_address(self, request: HttpRequest, person: User, form: Any) -> None:
        """The old address logs in no more and is told; the new one gets a link, unless the operator vouches for it."""
        old = form.initial["email"]
        by, is_verified = User.objects.get(pk=request.user.pk or 0), form.cleaned_data["address_is_verified"]
        address = claiming.correct_address(user=person, old=old, is_verified=is_verified, by=by)
        get_adapter(request).send_mail("account/email/address_corrected", old, {"user": person})
        if not is_verified:
            address.send_confirmation(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # What somebody took, gave and wrote stays. A person who asks to be forgotten is erased: exams/people/admin.py.
        return False

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> Any:
        if not request.user.is_superuser:
            # Setting a candidate's password would let an instructor act as the candidate.
            raise PermissionDenied
        if id == str(request.user.pk):  # there is one page for that, which asks for the old one
            return redirect("account_change_password")
        if request.method == "POST" and (asked := reauthentication.ask(request)):
            return asked
        return super().user_change_password(request, id, form_url)


admin.site.unregister([Authenticator, EmailAddress, Group, UserSession])


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


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin):
    """The instructors' group stays: every migration gives it its permissions by its name."""

    asks_again = True

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ["name"] if obj and obj.name == INSTRUCTORS else []

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Name the people who lose a group's permissions, and refuse the instructors' group."""
        named, counts, permissions_lacking, protected = super().get_deleted_objects(objs, request)
        people = User.objects.filter(groups__in=objs).distinct().order_by("email")
        named = [
            *named,
            *(gettext("Permissions of %(email)s through the group") % {"email": person.email} for person in people),
        ]
        kept = [
            gettext("group “%(group)s”: membership makes people instructors") % {"group": group}
            for group in objs
            if group.name == INSTRUCTORS
        ]
        return named, counts, permissions_lacking, [*protected, *kept]


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
class AuditEventAdmin(admin.ModelAdmin):
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

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

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


@admin.register(EmailAddress)
class EmailAddressAdmin(AllauthEmailAddressAdmin):  # type: ignore[misc]  # allauth has no types
    """For whoever cannot read their mail. To edit a row would part it from the person's own address."""

    asks_again = True

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Refuse the address by which somebody logs in: without it they could not, nor reset their password."""
        named, counts, permissions_lacking, protected = super().get_deleted_objects(objs, request)
        kept = [
            gettext("“%(email)s”: %(user)s logs in with it") % {"email": address.email, "user": address.user}
            for address in objs
            if address.primary
        ]
        return named, counts, permissions_lacking, [*protected, *kept]


@admin.register(OutgoingMail)
class OutgoingMailAdmin(admin.ModelAdmin):
    """What the site sends, and what it could not. What a mail says is shown to nobody: it may hold a link to log in."""

    list_display = ["recipient", "subject", "state", "queued_at", "tries", "error"]
    list_filter = [("parked_at", admin.EmptyFieldListFilter), ("sent_at", admin.EmptyFieldListFilter)]
    search_fields = ["recipient"]
    fields = ["recipient", "subject", "queued_at", "due_at", "tries", "error", "sent_at", "parked_at"]
    actions = ["try_again"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=_("state"))
    def state(self, mail: OutgoingMail) -> str:
        return gettext("sent") if mail.sent_at else gettext("parked") if mail.parked_at else gettext("waiting")

    @admin.action(description=_("Retry parked mail"))
    def try_again(self, request: HttpRequest, mails: QuerySet[OutgoingMail]) -> None:
        if not request.user.is_superuser:
            raise PermissionDenied
        chosen = list(mails.values_list("pk", flat=True))
        again = outbox.requeue_parked(only=chosen, by=request.user, now=timezone.now())
        if again:
            messages.success(
                request,
                ngettext("%(count)s mail is queued again.", "%(count)s mails are queued again.", again)
                % {"count": again},
            )
        if again < len(chosen):
            messages.warning(
                request,
                ngettext(
                    "%(count)s mail was skipped: it is not parked, or its links have expired.",
                    "%(count)s mails were skipped: they are not parked, or their links have expired.",
                    len(chosen) - again,
                )
                % {"count": len(chosen) - again},
            )
