"""Light or dark by choice: kept by the browser, since a screen at night is one thing and the laptop at work another."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse

SCHEMES = ("light", "dark")
MAX_AGE = 365 * 24 * 3600


def cookie_name() -> str:
    return "__Host-scheme" if settings.SESSION_COOKIE_SECURE else "scheme"


def scheme_of(request: HttpRequest) -> str:
    """Return what this browser has chosen; "" leaves it to the system."""
    chosen = request.COOKIES.get(cookie_name(), "")
    return chosen if chosen in SCHEMES else ""


def choose(response: HttpResponse, scheme: str) -> None:
    """Let the browser that gets this answer keep a scheme; "" forgets it."""
    response.set_cookie(
        cookie_name(),
        scheme,
        max_age=MAX_AGE if scheme else 0,
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
    )
