from typing import Any

from allauth.account.decorators import secure_admin_login
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import BadRequest, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.decorators import method_decorator

from config.audited import AuditedAdmin
from config.versioned import VersionedAdmin

SECOND_FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]


# What values raise that are no such thing: a word for a number, a year of eleven digits.
NO_SUCH_VALUE = (ValueError, OverflowError, ValidationError)


class CheckedChangeList(ChangeList):
    """A list whose filters were given nonsense goes back to the whole list; Django's fails at some, with 500."""

    def get_queryset(self, *args: Any, **kwargs: Any) -> QuerySet[Any]:
        try:
            return super().get_queryset(*args, **kwargs)
        except NO_SUCH_VALUE as error:
            raise IncorrectLookupParameters(error) from error

    def get_results(self, request: HttpRequest) -> None:
        try:
            super().get_results(request)  # here the database first sees what the filters were given
        except NO_SUCH_VALUE as error:
            raise IncorrectLookupParameters(error) from error


class CheckedLists(AuditedAdmin, VersionedAdmin, admin.ModelAdmin):
    """What every model's admin on this site does besides."""

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return type("CheckedChangeList", (CheckedChangeList, super().get_changelist(request, **kwargs)), {})

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any], *args: Any, **kwargs: Any) -> Any:
        """Refuse rows that cannot be: otherwise an action would meet them in the database."""
        key = self.model._meta.pk
        try:
            for chosen in request.POST.getlist(helpers.ACTION_CHECKBOX_NAME):
                key.run_validators(key.to_python(chosen))
        except NO_SUCH_VALUE as error:
            raise BadRequest("no such row") from error
        return super().response_action(request, queryset, *args, **kwargs)


@method_decorator(secure_admin_login, name="login")
class AdminSite(admin.AdminSite):
    """The admin, entered through the same log-in (and rate limits) as everything else, and with a second factor."""

    site_header = "Question bank and exams"
    site_title = "Instructors"
    index_title = "Instructors"
    enable_nav_sidebar = True

    def has_permission(self, request: HttpRequest) -> bool:
        """Let staff in. Who has a second factor gave it at the log-in, so here it is enough to have one."""
        is_staff = super().has_permission(request)
        return is_staff and (not settings.STAFF_NEED_MFA or is_mfa_enabled(request.user, SECOND_FACTORS))

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if super().has_permission(request) and not self.has_permission(request):
            messages.info(request, "Instructors need a second factor: set up an authenticator app or a passkey.")
            return redirect("mfa_index")
        return super().login(request, extra_context)

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        admin_class = admin_class or admin.ModelAdmin
        checked = type(admin_class.__name__, (CheckedLists, admin_class), {"__module__": admin_class.__module__})
        super().register(model_or_iterable, checked, **options)
