"""The way back to a cohort's link: a sign-up leads over a mail, and forgets where it came from.

A signed cookie keeps it, so that a visitor who is nobody yet costs the database nothing.
"""

from django.conf import settings
from django.http import HttpRequest, HttpResponse

MAX_AGE = 3 * 24 * 3600  # as long as the link that confirms an address
# Longer than any token that was ever made.
LONGEST_TOKEN = 64


def _name() -> str:
    return "__Host-joining" if settings.SESSION_COOKIE_SECURE else "joining"


def keep(response: HttpResponse, token: str) -> None:
    response.set_signed_cookie(
        _name(), token, max_age=MAX_AGE, httponly=True, secure=settings.SESSION_COOKIE_SECURE, samesite="Lax"
    )


def kept(request: HttpRequest) -> str:
    """Return the token of the link that this browser came by, or nothing."""
    return request.get_signed_cookie(_name(), default="", max_age=MAX_AGE) or ""


def forget(response: HttpResponse) -> None:
    if settings.SESSION_COOKIE_SECURE:
        # Browsers ignore whatever sets a __Host- cookie without Secure, also to delete it.
        response.set_cookie(_name(), max_age=0, httponly=True, secure=True, samesite="Lax")
    else:
        response.delete_cookie(_name(), samesite="Lax")
