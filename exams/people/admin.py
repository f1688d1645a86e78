from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import reauthentication
from accounts.access import signed_in
from accounts.admin import UserAdmin
from accounts.models import User
from exams.cohorts.access import own_cohorts
from exams.cohorts.models import Membership
from exams.exceptions import ErasureRefused
from exams.people import erasing as services
from exams.people.views import data_file

admin.site.unregister(User)


@admin.register(User)
class MemberAdmin(UserAdmin):
    """To an instructor people are the members of their cohorts; accounts, which knows no cohorts, leaves that open."""

    change_form_template = "admin/accounts/user/change_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        people = super().get_queryset(request)
        if request.user.is_superuser:
            return people
        members = Membership.objects.filter(cohort__in=own_cohorts(request.user))
        return people.filter(pk__in=members.values("candidate"))

    # --- What a person may ask for, for who cannot log in ------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        def route(name: str, view: Any, *methods: str) -> URLPattern:
            guarded = self.admin_site.admin_view(require_http_methods(list(methods))(view))
            url: URLPattern = path(f"<int:person_id>/{name}/", guarded, name=f"accounts_user_{name}")
            return url

        own = [route("data", self.data_view, "GET"), route("erase", self.erase_view, "GET", "POST")]
        return [*own, *super().get_urls()]

    def _person(self, request: HttpRequest, person_id: int) -> User:
        if not request.user.is_superuser:
            raise PermissionDenied
        return get_object_or_404(User, pk=person_id, erased_at=None)

    def data_view(self, request: HttpRequest, person_id: int) -> HttpResponse:
        person = self._person(request, person_id)
        return reauthentication.ask(request) or data_file(person, by=signed_in(request))

    def erase_view(self, request: HttpRequest, person_id: int) -> HttpResponse:
        """Name what goes and what stays; on POST erase the person."""
        person, refusal = self._person(request, person_id), ""
        if request.method == "POST":
            if asked := reauthentication.ask(request):
                return asked
            try:
                services.erase_person(person=person, by=signed_in(request), now=timezone.now())
            except ErasureRefused as error:
                refusal = str(error)
            else:
                self.message_user(request, _("The person was erased."), messages.SUCCESS)
                return redirect("admin:accounts_user_changelist" if request.user.pk != person.pk else "exams:home")
        context = {
            **self.admin_site.each_context(request),
            "person": person,
            "refusal": refusal,
            "memberships": [row.cohort for row in person.memberships.select_related("cohort")],
            "alone": services.cohorts_left_alone(person),
            "attempts": person.attempts.count(),
            "reports": person.problem_reports.count(),
            "opts": self.opts,
            "title": _("Erase %(person)s") % {"person": person},
        }
        return render(request, "admin/accounts/user/erase.html", context, status=409 if refusal else 200)
