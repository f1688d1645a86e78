import datetime as dt
from typing import Any

from allauth.account.adapter import get_adapter
from django import forms
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.formats import localize
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import claiming, reauthentication
from accounts.granting import grant_extra_time
from accounts.models import ExtraTime, User, account_of
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


admin.site.unregister(Group)


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
