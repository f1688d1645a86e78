"""The browsers that people have logged in with. What strangers do to an account does not lock its owner's browser out.

One signed cookie names the browser by a random number and the accounts it was used for. It opens nothing: it only gives
the browser a count of wrong passwords of its own, so a stolen one is worth five guesses in five minutes.
"""

import secrets
from dataclasses import dataclass

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from accounts.models import User

MAX_AGE = 365 * 24 * 3600
MOST_ACCOUNTS = 20  # a computer of a classroom
_SALT = "accounts.devices"


@dataclass(frozen=True)
class Device:
    number: str = ""
    accounts: tuple[int, ...] = ()

    def knows(self, user: User | None) -> bool:
        return user is not None and user.pk in self.accounts


def cookie_name() -> str:
    return "__Host-device" if settings.SESSION_COOKIE_SECURE else "device"


def device_of(request: HttpRequest) -> Device:
    """Return what the request's cookie names; a forged, old or missing one names nothing."""
    try:
        number, *accounts = signing.loads(request.COOKIES.get(cookie_name(), ""), salt=_SALT, max_age=MAX_AGE)
        return Device(str(number), tuple(map(int, accounts)))
    except (signing.BadSignature, ValueError, TypeError):
        return Device()


def remember(request: HttpRequest, response: HttpResponse, user: User) -> None:
    """Let the browser that gets this answer be one that this person has used."""
    before = device_of(request)
    accounts = [user.pk, *(pk for pk in before.accounts if pk != user.pk)][:MOST_ACCOUNTS]
    value = signing.dumps([before.number or secrets.token_hex(8), *accounts], salt=_SALT)
    response.set_cookie(
        cookie_name(), value, max_age=MAX_AGE, httponly=True, secure=settings.SESSION_COOKIE_SECURE, samesite="Lax"
    )
