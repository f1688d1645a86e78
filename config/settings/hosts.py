"""The names this site answers to, and the one address that its links in mails have."""

import re

from django.core.exceptions import ImproperlyConfigured
from django.http.request import split_domain_port, validate_host

_LABEL = r"[a-z0-9]([a-z0-9-]*[a-z0-9])?"
# A name, all names below one of at least two labels (`.example.org`), or an address.
_HOST = re.compile(rf"({_LABEL}(\.{_LABEL})*|\.{_LABEL}(\.{_LABEL})+|\[[0-9a-f:.]+\])", re.IGNORECASE)


def allowed_hosts(value: str) -> list[str]:
    """Return the names, and stop the start at what would let anybody choose one or could never match."""
    hosts = value.split(",")
    for host in hosts:
        if not _HOST.fullmatch(host):
            raise ImproperlyConfigured(
                f"ALLOWED_HOSTS has “{host}”. Write the names of the site with commas and without blanks, ports or"
                " wildcards, such as exams.example.org; .example.org allows all names below it; other letters than"
                " ASCII's as xn--…"
            )
    return hosts


def site_url(value: str, hosts: list[str]) -> str:
    """Return the address for links in mails: `SITE_URL`, or https and the first of the names."""
    url = value.rstrip("/") or f"https://{hosts[0].lstrip('.')}"
    netloc = url.removeprefix("https://")
    domain, _ = split_domain_port(netloc)
    if netloc == url or not domain or not validate_host(domain, hosts):
        raise ImproperlyConfigured(
            f"SITE_URL is “{value}”. Set it to https:// and one of ALLOWED_HOSTS, without a path, such as"
            " https://exams.example.org"
        )
    return url
