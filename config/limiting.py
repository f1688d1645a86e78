"""How often one address and one account may ask for what costs much. Which limit each page has, and the refusal."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import devices, limits
from accounts.hashing import Busy, Patience, patience
from accounts.models import User
from config.refusals import short_after_many, too_many


@dataclass(frozen=True)
class Rule:
    """The limits of one page, by their names in `settings.LIMITS`; with `is_for_all`, what only reads counts, too.

    `failures` is not counted here, but ends requests here: what would be refused later costs more.
    """

    address: str = ""
    failures: str = ""
    account: str = ""
    patience: str = ""
    is_for_all: bool = False

    def applies_to(self, request: HttpRequest) -> bool:
        return self.is_for_all or request.method not in {"GET", "HEAD", "OPTIONS", "TRACE"}


CHANGE = Rule(account="account change")
DOWNLOAD, IMPORT = Rule(account="downloads"), Rule(account="imports")
DOWNLOAD_BY_LINK, IMPORT_BY_LINK = replace(DOWNLOAD, is_for_all=True), replace(IMPORT, is_for_all=True)
RULES = {
    "account_login": Rule("log-in", failures="failures of an address"),
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
    "exams:exam-start": Rule(account="starts"),
    "exams:own-data": DOWNLOAD,
    "admin:accounts_user_data": DOWNLOAD,
    "admin:exams_cohort_export": DOWNLOAD_BY_LINK,
    "admin:exams_exam_form_pdf": DOWNLOAD_BY_LINK,
    "admin:exams_exam_key_pdf": DOWNLOAD_BY_LINK,
    "admin:questions_question_export": DOWNLOAD_BY_LINK,
    "admin:questions_question_import": IMPORT,
    "admin:questions_question_import_check": IMPORT_BY_LINK,
    "admin:questions_question_import_refused": IMPORT_BY_LINK,
    "admin:questions_question_import_template": DOWNLOAD_BY_LINK,
    "admin:exams_exam_draw": Rule(account="draws"),
}
# What a person is told who did too much of it; of the others, the page says that nothing was done.
REASONS = {
    "starts": _("You have started many exams in a short time."),
    "downloads": _("You have downloaded many files in a short time."),
    "imports": _("You have checked or imported many files in a short time."),
    "draws": _("You have drawn many forms in a short time."),
}
TOO_MANY_FAILED = _("Too many failed login attempts from your network.")
# Where pages with a limit by address are: the others, such as that of a saved answer, are not even resolved.
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


def leads_nowhere(request: HttpRequest) -> bool:
    """Tell whether no page has this address. Not asked of attempts: a saved answer is not to wait for it."""
    path = request.path_info
    if path.startswith(("/attempts/", settings.STATIC_URL)):
        return False
    for candidate in (path,) if path.endswith("/") else (path, f"{path}/"):
        try:
            resolve(candidate)
        except Resolver404:
            continue
        return False
    return True


class _Remembered:
    """Who is refused until when, for a minute at most. A flood that is refused need not ask Redis each time."""

    MOST, LONGEST = 10_000, 60

    def __init__(self) -> None:
        self.ends_at: dict[tuple[str, str], float] = {}

    def ask(
        self, how: Callable[[str, object], limits.Refusal | None], name: str, address: str
    ) -> limits.Refusal | None:
        left = self.ends_at.get((name, address), 0) - time.time()
        if 0 < left <= self.LONGEST:  # a clock that was set back ends it
            return limits.Refusal(name, math.ceil(left))
        refusal = how(name, address)
        if refusal:
            if len(self.ends_at) >= self.MOST:
                self.ends_at.clear()
            self.ends_at[name, address] = time.time() + min(refusal.seconds, self.LONGEST)
        return refusal


class LimitMiddleware:
    """Refuse what comes too often from one address before anything else is done for it, then what one account does."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.remembered = _Remembered()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        rule = rule_of(request)
        if rule is None:
            is_lost = leads_nowhere(request)
            return (is_lost and short_after_many(request, 404)) or self.get_response(request)
        address = limits.address_of(request)
        if refused := self._refused(request, rule, address):
            return refused
        if rule.patience and limits.hit(rule.patience, address):
            with patience(Patience.NONE):
                return self.get_response(request)
        return self.get_response(request)

    def _refused(self, request: HttpRequest, rule: Rule, address: str) -> HttpResponse | None:
        if rule.address and (refusal := self.remembered.ask(limits.hit, rule.address, address)):
            return too_many(refusal.seconds, refusal.wait)
        # A browser that somebody has logged in with may be let in where others are not: see accounts/guessing.py.
        if rule.failures and not devices.device_of(request).accounts:
            refusal = self.remembered.ask(limits.test, rule.failures, address)
            if refusal:
                return too_many(refusal.seconds, refusal.wait, str(TOO_MANY_FAILED))
        return None

    def process_view(self, request: HttpRequest, *view: Any) -> HttpResponse | None:
        rule = RULES.get(request.resolver_match.view_name) if request.resolver_match else None
        if rule and rule.account and rule.applies_to(request) and isinstance(request.user, User):
            refusal = limits.hit(rule.account, request.user.pk)
            return too_many(refusal.seconds, refusal.wait, str(REASONS.get(rule.account, ""))) if refusal else None
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return too_many(2, gettext("a few seconds")) if isinstance(exception, Busy) else None
