"""What is stored about people: the page that says it, one's own download, and being forgotten."""

import json

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts import audit, reauthentication
from accounts.access import candidate_required, signed_in
from accounts.models import User
from exams.exceptions import ErasureRefused
from exams.people.erasing import erase_person
from exams.people.own_data import all_about


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    context = {
        "audit_days": settings.AUDIT_RETENTION_DAYS,
        "inactive_days": settings.INACTIVE_ACCOUNT_DAYS,
        "unconfirmed_days": settings.UNCONFIRMED_ACCOUNT_DAYS,
        "session_days": settings.CANDIDATE_SESSION_SECONDS // 86_400,
    }
    return render(request, "exams/people/privacy.html", context)


class DeletionForm(forms.Form):
    """Typing one's own address is hard to do by mistake."""

    address = forms.EmailField(label=_("To confirm, enter your email address"))

    def __init__(self, person: User, data: object = None) -> None:
        super().__init__(data)  # type: ignore[arg-type]  # a QueryDict or None
        self.person = person

    def clean_address(self) -> str:
        address: str = self.cleaned_data["address"]
        if address.lower() != self.person.email.lower():
            raise forms.ValidationError(gettext("This is not your account's email address."))
        return address


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@candidate_required
def own_data(request: HttpRequest) -> HttpResponse:
    """Download all that is stored about oneself, or have it erased. The password is asked again first."""
    person = signed_in(request)
    if request.method == "POST" and (asked := reauthentication.ask(request)):
        return asked
    if request.POST.get("action") == "download":
        return data_file(person, by=person)
    form = DeletionForm(person, request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            erase_person(person=person, by=person, now=timezone.now())
        except ErasureRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            logout(request)
            messages.success(request, gettext("Your account is deleted. Nothing on this site names you any more."))
            return redirect("exams:home")
    return render(request, "exams/people/own_data.html", {"form": form})


def data_file(person: User, *, by: User) -> HttpResponse:
    """Return all that is stored about a person as one file; that it was made is in the audit log."""
    audit.record("person.exported", by=by, target=person)
    content = json.dumps(all_about(person, timezone.now()), cls=DjangoJSONEncoder, indent=2, ensure_ascii=False)
    headers = {"Content-Disposition": f'attachment; filename="person-{person.pk}.json"'}
    return HttpResponse(content, content_type="application/json; charset=utf-8", headers=headers)
