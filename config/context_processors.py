from typing import Any

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, Any]:
    return {
        "SITE_NAME": settings.SITE_NAME,
        "SIGN_UP_IS_OPEN": settings.SIGN_UP == "open",
        "DEMO": getattr(settings, "DEMO", False),
    }
