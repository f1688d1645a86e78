"""Sensitive acts ask for the password or the factor again, and nothing that was typed is lost by it.

allauth does this on its own pages. It keeps a refused POST only for an address without a query, and plays it back past
the CSRF check; so here the form is shown once more, for the person to send it.
"""

import re
from typing import Any
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from accounts.access import was_proven_recently

KEPT = "kept_form"
PASSWORD = re.compile(r"(old|new_?)?password\d?")
# Sessions are read with each request; what is longer is typed again.
LONGEST = 100_000


def ask(request: HttpRequest, *, then: str = "") -> HttpResponse | None:
    """Return a redirect to where the person proves who they are, or None if they did so lately.

    With `then`, they go on there and what they sent is not kept: for a button, which is quickly pressed again.
    """
    if was_proven_recently(request, now=timezone.now().timestamp()):
        request.session.pop(KEPT, None)
        return None
    methods = get_adapter().get_reauthentication_methods(request.user)
    if not methods:
        raise PermissionDenied("There is neither a password nor a factor to ask for.")
    onward = then or request.get_full_path()
    if request.method == "POST" and not then:
        request.session[KEPT] = {"path": onward, "fields": _fields(request.POST)}
        onward = reverse("accounts:resume")
    return redirect(f"{methods[0]['url']}?{urlencode({'next': onward})}")


def _fields(posted: QueryDict) -> str:
    """Return the fields, except the passwords: a session lies in the database in clear."""
    fields = posted.copy()
    for name in posted:
        if PASSWORD.fullmatch(name) or name == "csrfmiddlewaretoken":
            del fields[name]
    text = fields.urlencode()
    return text if len(text) <= LONGEST else ""


def kept(request: HttpRequest) -> dict[str, Any] | None:
    """Return the address and the fields, as (name, value), of the form that waits."""
    form = request.session.get(KEPT)
    if not form:
        return None
    fields = QueryDict(form["fields"])
    return {"path": form["path"], "fields": [(name, value) for name in fields for value in fields.getlist(name)]}
