from typing import Any
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from allauth.account.decorators import secure_admin_login
from allauth.account.utils import get_next_redirect_url
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import BadRequest, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.decorators import method_decorator

from accounts import reauthentication
from accounts.access import has_second_factor, used_second_factor
from config.audited import AuditedAdmin
from config.versioned import VersionedAdmin

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
    """What every model's admin on this site does besides.

    Deleting anything asks for the password or factor again, and where `asks_again` is set so does changing anything.
    """

    def _asks_again(self) -> bool:
        return getattr(self, "asks_again", False)

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        is_sensitive = self._asks_again() or request.POST.get("action") == "delete_selected"
        asked = reauthentication.ask(request) if request.method == "POST" and is_sensitive else None
        return asked or super().changelist_view(request, *args, **kwargs)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        asked = reauthentication.ask(request) if request.method == "POST" and self._asks_again() else None
        return asked or super().changeform_view(request, *args, **kwargs)

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        asked = reauthentication.ask(request) if request.method == "POST" else None
        return asked or super().delete_view(request, *args, **kwargs)

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
        """Let staff in whose session was given a second factor. To have one is not enough: who has this session?"""
        is_staff = super().has_permission(request)
        return is_staff and (not settings.STAFF_NEED_MFA or used_second_factor(request))

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if not super().has_permission(request) or self.has_permission(request):
            return super().login(request, extra_context)
        if not has_second_factor(request):
            messages.info(request, "Instructors need a second factor: set up an authenticator app or a passkey.")
            return redirect("mfa_index")
        messages.info(request, "Confirm with your second factor: this session has not used it yet.")
        methods = get_adapter().get_reauthentication_methods(request.user)
        url = next(method["url"] for method in methods if method["id"].startswith("mfa_"))
        return redirect(f"{url}?{urlencode({'next': get_next_redirect_url(request) or reverse('admin:index')})}")

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """There is one page for it, which also tells the person by mail."""
        return redirect("account_change_password")

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        admin_class = admin_class or admin.ModelAdmin
        checked = type(admin_class.__name__, (CheckedLists, admin_class), {"__module__": admin_class.__module__})
        super().register(model_or_iterable, checked, **options)
