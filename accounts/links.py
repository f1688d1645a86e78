"""Absolute addresses of this site. They begin with `SITE_URL`: the host that a request names is its sender's choice."""

from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context as allauth_context
from django.conf import settings


def absolute(path: str) -> str:
    """Return the whole address of a path of this site, or of an address that was made for another host."""
    return str(settings.SITE_URL) + urlsplit(path)._replace(scheme="", netloc="").geturl()


class OwnLinks(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """The part of the adapter that sees to it that no mail says what the request's Host said."""

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        host = allauth_context.request.get_host()
        ours = {
            name: absolute(value)
            for name, value in context.items()
            if isinstance(value, str) and value.startswith(("http://", "https://")) and urlsplit(value).netloc == host
        }
        site = {"name": settings.SITE_NAME, "domain": urlsplit(settings.SITE_URL).netloc}
        super().send_mail(template_prefix, email, {"current_site": site, **context, **ours})
