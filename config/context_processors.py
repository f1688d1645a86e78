from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from accounts import outbox, schemes


def site(request: HttpRequest) -> dict[str, Any]:
    return {
        "SITE_NAME": settings.SITE_NAME,
        "SIGN_UP_IS_OPEN": settings.SIGN_UP == "open",
        "SCHEME": schemes.scheme_of(request),
        "DEMO": getattr(settings, "DEMO", False),
        "mail_is_delayed": lambda: outbox.is_delayed(now=timezone.now()),  # asked by the pages that promise mail
    }
