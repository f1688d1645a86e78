from collections.abc import Callable

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse

# Nothing here needs the browser's devices; passkeys only on our own pages. No page may be read by another site's.
HEADERS = {
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
}


def permissions_policy_middleware(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Add the security headers for which Django has no setting."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response

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
