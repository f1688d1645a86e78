import logging
import time
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.encoding import escape_uri_path

from config import logs, metrics, refusals

access_logger = logging.getLogger("access")
LONGEST_PATH = 500
POOL = "X-Exams-Pool"  # set by nginx

# The security headers for which Django has no setting. The same for every page, so they are put together once.
HEADERS = {
    # Everything comes from here, nothing is inline, and no page is shown in another's frame.
    "Content-Security-Policy": "; ".join(
        [
            *(f"{source}-src 'self'" for source in ("script", "style", "img", "font", "connect")),
            "form-action 'self'",
            *(f"{directive} 'none'" for directive in ("default-src", "object-src", "base-uri", "frame-ancestors")),
        ]
    ),
    # Nothing needs the browser's devices; passkeys are used on our own pages.
    "Permissions-Policy": ", ".join(
        [
            *(
                f"{feature}=()"
                for feature in (
                    *("accelerometer", "autoplay", "camera", "display-capture", "encrypted-media", "fullscreen"),
                    *("geolocation", "gyroscope", "magnetometer", "microphone", "midi", "payment", "usb"),
                )
            ),
            *(f"publickey-credentials-{verb}=(self)" for verb in ("create", "get")),
        ]
    ),
    "Cross-Origin-Resource-Policy": "same-origin",
    # Django sends these too, but not with what it refuses itself, such as a wrong host over plain HTTP.
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


def observe_middleware(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Give the request an id, log how it was answered (but no query, which may name people), and count it."""

    def middleware(request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        with logs.of_request(request) as request_id:
            request.META["REQUEST_ID"] = request_id
            response = get_response(request)
            seconds = time.perf_counter() - began
            response.headers["X-Request-ID"] = request_id
            metrics.count(request, response, seconds)
            if access_logger.isEnabledFor(logging.INFO):
                access = {
                    "method": request.method,
                    "path": logs.clean(escape_uri_path(request.path))[:LONGEST_PATH],
                    "status": response.status_code,
                    "ms": round(seconds * 1000, 1),
                }
                access_logger.info("%(method)s %(path)s %(status)s %(ms)s ms", access, extra={"access": access})
        return response

    return middleware


def security_headers_middleware(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Add `HEADERS` to every answer, and the charset to the type of a text, which views name without it."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        kind = response.headers.get("Content-Type", "")
        if (kind.startswith("text/") or kind.endswith(("/xml", "+xml"))) and "charset" not in kind:
            response.headers["Content-Type"] = f"{kind}; charset=utf-8"
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    return middleware


def language_middleware(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Speak the visitor's language also in what is refused before `LocaleMiddleware`.

    That comes after the static files, so that these do not vary. Afterwards the thread speaks the site's own again.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        with translation.override(translation.get_language_from_request(request)):
            return get_response(request)

    return middleware


def refuse_nul_middleware(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Answer 400 to a NUL in an address or a cookie: PostgreSQL fails on it. Form fields refuse it by themselves."""

    def middleware(request: HttpRequest) -> HttpResponse:
        query = request.META.get("QUERY_STRING", "")
        if "\0" in request.path or "%00" in query or any("\0" in value for value in request.COOKIES.values()):
            raise SuspiciousOperation("a NUL character")
        return get_response(request)

    return middleware


def _length(request: HttpRequest) -> int:
    length = request.META.get("CONTENT_LENGTH") or "0"
    return int(length[:15]) if length.isdecimal() else 0


def limit_body_middleware(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Refuse a body that is too large before any of it is read. Django itself sets no limit to files."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if _length(request) > settings.MAX_BODY_BYTES:
            return refusals.short(413)
        return get_response(request)

    return middleware


def door_middleware(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Hand who is not signed in to the processes that yield to candidates, where nginx has some (exams.conf)."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.headers.get(POOL) == "exams_members" and not request.user.is_authenticated:
            return HttpResponse(status=204, headers={"X-Accel-Redirect": "@door"})
        return get_response(request)

    return middleware


def limit_anonymous_body_middleware(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Refuse what only somebody who is signed in may send, before any of it is read."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if _length(request) > settings.MAX_ANONYMOUS_BODY_BYTES and not request.user.is_authenticated:
            if POOL in request.headers:
                # nginx has all of it, and would take an answer before the end for a failure.
                while request.read(65536):
                    pass
            return refusals.short(413)
        return get_response(request)

    return middleware
