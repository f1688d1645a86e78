"""Who is in a session, and what it has proven of that person."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from accounts.models import User

P = ParamSpec("P")

# When the person of this session logged in, in seconds since 1970.
LOGGED_IN_AT = "logged_in_at"
SECOND_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def has_second_factor(request: HttpRequest) -> bool:
    """Tell whether the person has one. Recovery codes alone are none: they stand in for one."""
    return bool(Authenticator.objects.filter(user=request.user, type__in=SECOND_FACTORS).exists())


def used_second_factor(request: HttpRequest) -> bool:
    """Tell whether this very session was given a second factor that the person still has.

    A recovery code counts, as long as there is the factor that it stands in for: that is what it was given out for.
    """
    used = {
        record.get("id") for record in get_authentication_records(request, request.user) if record["method"] == "mfa"
    }
    if not used:
        return False
    own = dict(Authenticator.objects.filter(user=request.user).values_list("pk", "type"))
    return any(factor in SECOND_FACTORS for factor in own.values()) and any(pk in used for pk in own)


def proven_at(request: HttpRequest) -> float:
    """Return when the person of this session last gave a password or a factor."""
    records = get_authentication_records(request, request.user)
    moments = [record["at"] for record in records if record["method"] in ("password", "mfa")]
    return float(max([request.session.get(LOGGED_IN_AT, 0), *moments]))


def was_proven_recently(request: HttpRequest, *, now: float) -> bool:
    return now - proven_at(request) < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT


def candidate_required(
    view: Callable[Concatenate[HttpRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Ask for a log-in; answer htmx with 401, never with a log-in page that looks like a success."""

    @wraps(view)
    def wrapper(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if request.user.is_authenticated:
            return view(request, *args, **kwargs)
        if getattr(request, "htmx", False):
            return HttpResponse(_("Log in again."), status=401, content_type="text/plain")
        return redirect_to_login(request.get_full_path())

    return wrapper


def signed_in(request: HttpRequest) -> User:
    """Return the request's user. A view that needs one asks for a log-in first; where it forgot to, this refuses."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user
