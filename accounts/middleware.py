import zoneinfo
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.cache import add_never_cache_headers

from accounts import audit
from accounts.models.users import languages


def audit_middleware(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Let the audit log say which request an act came from."""

    def middleware(request: HttpRequest) -> HttpResponse:
        with audit.of_request(request):
            return get_response(request)

    return middleware


def private_pages_middleware(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Keep in no cache what was shown to a signed-in person, and all of /accounts/, unless its view says otherwise."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if "Cache-Control" not in response.headers and (
            request.path.startswith("/accounts/") or (request.session.session_key and request.user.is_authenticated)
        ):
            add_never_cache_headers(response)
        return response

    return middleware


def time_zone_middleware(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Show moments in the person's own time zone. Only days of study are computed in it."""

    def middleware(request: HttpRequest) -> HttpResponse:
        # `session` first: an anonymous visitor without a session costs no query.
        if request.session.session_key and request.user.is_authenticated:
            timezone.activate(request.user.zone)
        else:
            timezone.activate(zoneinfo.ZoneInfo(settings.DEFAULT_TIME_ZONE))
        return get_response(request)

    return middleware


def own_language_middleware(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Speak the language that the person has chosen, whatever this browser prefers."""

    def middleware(request: HttpRequest) -> HttpResponse:
        # `session` first, as above. A language that the site no longer speaks counts as none.
        if request.session.session_key and request.user.is_authenticated and request.user.language in languages():
            translation.activate(request.user.language)
            request.LANGUAGE_CODE = translation.get_language()
        return get_response(request)

    return middleware
