"""Refusals that cost next to nothing: constant pages that need neither session nor database."""

from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts import limits

# What was counted once, in the middleware or in a view, is not counted again.
COUNTED = "exams.dead_end_counted"
TEXTS = {
    400: (_("Bad request"), _("The server could not read this request. Go back and try again.")),
    403: (_("This page was open too long"), _("The form was not accepted. Go back, reload the page, and try again.")),
    404: (_("Page not found"), _("The page does not exist, or your account does not have access to it.")),
    413: (
        _("Too much data"),
        _("You sent more than the server accepts. Nothing was stored. Go back and send less."),
    ),
}


@lru_cache(maxsize=len(TEXTS) * len(settings.LANGUAGES))
def _page(status: int, language: str | None) -> bytes:
    title, text = TEXTS[status]
    return loader.render_to_string("refusal.html", {"title": title, "text": text}).encode()


def short(status: int) -> HttpResponse:
    return HttpResponse(_page(status, get_language()), status=status, headers={"Cache-Control": "no-store"})


def short_after_many(request: HttpRequest, status: int) -> HttpResponse | None:
    """Count a request that ends in an error; return the short page if its address had the full one often enough.

    It refuses nobody anything, so the limit may be low: a page of the site costs a flood more than all the rest.
    """
    if request.META.get(COUNTED):
        return None
    request.META[COUNTED] = True
    return short(status) if limits.hit("dead ends", limits.address_of(request)) else None


@lru_cache(maxsize=256)
def _too_many_page(wait: str, reason: str, language: str | None) -> bytes:
    return loader.render_to_string("429.html", {"wait": wait, "reason": reason}).encode()


def too_many(seconds: int, wait: str, reason: str = "") -> HttpResponse:
    """Answer 429."""
    headers = {"Retry-After": str(seconds), "Cache-Control": "no-store"}
    return HttpResponse(_too_many_page(wait, reason, get_language()), status=429, headers=headers)
