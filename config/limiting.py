"""How often one address and one account may ask for what costs much. Which limit each page has, and the refusal."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.urls import Resolver404, resolve

from accounts import limits
from accounts.hashing import Busy, Patience, patience
from accounts.models import User


@dataclass(frozen=True)
class Rule:
    """The limits of one page, by their names in `settings.LIMITS`; with `is_for_all`, what only reads counts, too."""

    address: str = ""
    account: str = ""
    patience: str = ""
    is_for_all: bool = False

    def applies_to(self, request: HttpRequest) -> bool:
        return self.is_for_all or request.method not in {"GET", "HEAD", "OPTIONS", "TRACE"}


CHANGE = Rule(account="account change")
RULES = {
    "account_login": Rule("log-in"),
    "account_signup": Rule("sign-up", patience="patient sign-up"),
    "account_reset_password": Rule("password reset"),
    "account_reset_password_from_key": Rule("link", is_for_all=True),
    "account_confirm_email": Rule("link", is_for_all=True),
    "accounts:send-again": Rule("password reset"),
    "exams:join": Rule("link", is_for_all=True),
    "mfa_authenticate": Rule("proof"),
    "mfa_reauthenticate": Rule("proof"),
    "mfa_reauthenticate_webauthn": Rule("proof"),
    "account_reauthenticate": Rule("proof"),
    "account_change_password": Rule(account="password change"),
    "account_set_password": Rule(account="password change"),
    "account_email": CHANGE,
    "mfa_activate_totp": CHANGE,
    "mfa_deactivate_totp": CHANGE,
    "mfa_add_webauthn": CHANGE,
    "mfa_generate_recovery_codes": CHANGE,
}
# Where these pages are: the others, such as that of a saved answer, are not even resolved.
PREFIXES = ("/accounts/", "/join/")


def rule_of(request: HttpRequest) -> Rule | None:
    if not request.path_info.startswith(PREFIXES):
        return None
    try:
        # Kept with the request: the log takes the secrets of a link from here, also if it is refused at once.
        request.resolver_match = resolve(request.path_info)
    except Resolver404:
        return None
    rule = RULES.get(request.resolver_match.view_name)
    return rule if rule and rule.applies_to(request) else None


class LimitMiddleware:
    """Refuse what comes too often from one address before anything else is done for it, then what one account does."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        rule = rule_of(request)
        if rule and rule.address and (refusal := limits.hit(rule.address, limits.address_of(request))):
            return too_many(refusal.seconds, refusal.wait)
        if rule and rule.patience and limits.hit(rule.patience, limits.address_of(request)):
            with patience(Patience.NONE):
                return self.get_response(request)
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *view: Any) -> HttpResponse | None:
        rule = rule_of(request)
        if rule and rule.account and isinstance(request.user, User):
            refusal = limits.hit(rule.account, request.user.pk)
            return too_many(refusal.seconds, refusal.wait) if refusal else None
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return too_many(2, "a few seconds") if isinstance(exception, Busy) else None


def too_many(seconds: int, wait: str) -> HttpResponse:
    """Answer 429 in a page that costs next to nothing: it needs neither session nor database."""
    page = loader.render_to_string("429.html", {"wait": wait})
    return HttpResponse(page, status=429, headers={"Retry-After": str(seconds), "Cache-Control": "no-store"})
