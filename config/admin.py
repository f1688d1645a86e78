from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from allauth.account.decorators import secure_admin_login
from allauth.account.utils import get_next_redirect_url
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import get_fields_from_path
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import BadRequest, PermissionDenied, ValidationError
from django.db.models import DateField, Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.decorators import method_decorator
from django.utils.timezone import is_aware
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import reauthentication
from accounts.access import has_second_factor, used_second_factor
from config.audited import AuditedAdmin
from config.versioned import VersionedAdmin
from exams.blueprints.bounds import EARLIEST, LATEST

# Longer than any name, shorter than what SQLite refuses to plan.
MAX_SEARCH, MAX_SEARCH_WORDS = 300, 20
# Rows in a table of a form. Django builds and checks up to 2,000 because a hidden field says so: seconds per request.
MAX_ROWS = 200


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


def offered_lookups(model: type[Model], list_filter: Any, date_hierarchy: str | None) -> Iterator[str]:
    """Yield the query parameters that the filters of a list put into their own links."""
    for item in list_filter:
        if isinstance(item, type):
            yield item.parameter_name  # type: ignore[attr-defined]  # the site's own classes are `SimpleListFilter`s
            continue
        path, kind = item if isinstance(item, list | tuple) else (item, None)
        if kind is admin.EmptyFieldListFilter:
            yield f"{path}__isempty"
            continue
        field = get_fields_from_path(model, path)[-1]
        yield f"{path}__isnull"
        if related := getattr(field, "target_field", None):
            yield f"{path}__{related.name}__exact"
        elif isinstance(field, DateField):
            yield from (f"{path}__gte", f"{path}__lt")
        else:
            yield f"{path}__exact"
    if date_hierarchy:
        yield from (f"{date_hierarchy}__{part}" for part in ("year", "month", "day"))


def is_moment(text: str) -> bool:
    """Tell whether a text is a moment as the filters write it, of a year that every time zone knows."""
    try:
        moment = parse_datetime(text)
    except ValueError:
        return False
    return moment is not None and is_aware(moment) and EARLIEST <= moment <= LATEST


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
        try:
            return asked or super().changeform_view(request, *args, **kwargs)
        except OverflowError as error:
            raise BadRequest("no such row") from error  # a choice of several rows, one with a number beyond all columns

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        asked = reauthentication.ask(request) if request.method == "POST" else None
        return asked or super().delete_view(request, *args, **kwargs)

    def get_formsets_with_inlines(self, *args: Any, **kwargs: Any) -> Iterator[Any]:
        for formset, inline in super().get_formsets_with_inlines(*args, **kwargs):
            formset.max_num, formset.absolute_max = min(formset.max_num, MAX_ROWS), MAX_ROWS
            yield formset, inline

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Allow what this list's own filters and our links to it ask, and nothing else, to superusers too.

        Django allows every look-up of the model's own columns, so a list tells what it does not show: who reported a
        problem, how a password's hash begins. And a look-up that no filter sends fails in ways that no filter knows.
        """
        offered = offered_lookups(self.model, self.get_list_filter(request), self.date_hierarchy)
        # `linked_lookups` names what a link elsewhere on the site adds to the address of this list.
        is_offered = lookup in {*offered, *getattr(self, "linked_lookups", ())}
        return is_offered and (is_moment(value) if lookup.endswith(("__gte", "__lt")) else True)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Find nothing for a search that is no search: each word is one more condition on each column."""
        if len(search_term) > MAX_SEARCH or len(search_term.split()) > MAX_SEARCH_WORDS:
            messages.warning(
                request,
                gettext("Search for at most %(words)s words and %(characters)s characters in total.")
                % {"words": MAX_SEARCH_WORDS, "characters": MAX_SEARCH},
            )
            return queryset.none(), False
        return super().get_search_results(request, queryset, search_term)

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

    site_header = _("Question bank and exams")
    site_title = _("Instructors")
    index_title = _("Instructors")
    enable_nav_sidebar = True

    def has_permission(self, request: HttpRequest) -> bool:
        """Let staff in whose session was given a second factor. To have one is not enough: who has this session?"""
        is_staff = super().has_permission(request)
        return is_staff and (not settings.STAFF_NEED_MFA or used_second_factor(request))

    def autocomplete_view(self, request: HttpRequest) -> HttpResponse:
        """Refuse: no form here completes as one types, and Django's view lists the rows behind any foreign key."""
        if request.method in ("GET", "HEAD"):
            raise PermissionDenied
        return super().autocomplete_view(request)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if not super().has_permission(request) or self.has_permission(request):
            return super().login(request, extra_context)
        if not has_second_factor(request):
            messages.info(
                request, gettext("Instructors need a second factor. Set up an authenticator app or a passkey.")
            )
            return redirect("mfa_index")
        messages.info(request, gettext("Confirm your second factor: you have not used it in this session yet."))
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
