"""What allauth asks this site about addresses and mail."""

import re
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest

from accounts.addresses import normalize_address
from accounts.models import validate_address

# The first that matches: Edge calls itself Chrome as well, and Chrome calls itself Safari.
_BROWSERS = [("Edg", "Edge"), ("Firefox", "Firefox"), ("OPR", "Opera"), ("Chrome", "Chrome"), ("Safari", "Safari")]
_SYSTEMS = ["Android", "iPhone", "iPad", "Windows", "Macintosh", "CrOS", "Linux"]


class MailAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    def clean_email(self, email: str) -> str:
        email = normalize_address(email)
        validate_address(email)
        return email

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        super().send_mail(template_prefix, email, {"SITE_NAME": settings.SITE_NAME, **context})

    def get_http_user_agent(self, request: HttpRequest) -> str:
        """Name the browser in our words: the header is whatever its sender wants in a mail to the account's owner."""
        header = super().get_http_user_agent(request)
        browser = next((name for mark, name in _BROWSERS if re.search(rf"\b{mark}/", header)), "An unknown browser")
        system = next((name for name in _SYSTEMS if name in header), "")
        return f"{browser} on {system}" if system else browser
