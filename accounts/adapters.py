"""What allauth asks this site about addresses and mail."""

import logging
import re
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from django.conf import settings
from django.http import HttpRequest
from django.utils import translation
from django.utils.translation import gettext as _

from accounts import claiming, limits
from accounts.addresses import mailbox_key, normalize_address
from accounts.models import User, validate_address
from accounts.models.users import languages

logger = logging.getLogger(__name__)

# Mails that anybody can have sent to any address. What is counted together; the others follow from what somebody who
# is logged in does to the own account, and are never held back.
_OF_STRANGERS = {
    "account/email/password_reset_key": "reset",
    "account/email/unknown_account": "reset",
    "account/email/account_already_exists": "sign-up",
    "account/email/email_confirmation_signup": "sign-up",
    "account/email/email_confirmation": "sign-up",
}

# The first that matches: Edge calls itself Chrome as well, and Chrome calls itself Safari.
_BROWSERS = [("Edg", "Edge"), ("Firefox", "Firefox"), ("OPR", "Opera"), ("Chrome", "Chrome"), ("Safari", "Safari")]
_SYSTEMS = ["Android", "iPhone", "iPad", "Windows", "Macintosh", "CrOS", "Linux"]


class MailAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    def clean_email(self, email: str) -> str:
        email = normalize_address(email)
        validate_address(email)
        return email

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        kind = _OF_STRANGERS.get(template_prefix)
        if kind and (refusal := self._too_much(kind, email)):
            # The page answers as ever: whoever asks must not learn what others have asked for.
            logger.warning("a mail was not sent: limit “%s”", refusal.name)
            return
        with translation.override(self._language_of(context.get("user"))):
            super().send_mail(template_prefix, email, {"SITE_NAME": settings.SITE_NAME, **context})

    def send_notification_mail(
        self, template_prefix: str, user: User, context: dict[str, Any] | None = None, email: str | None = None
    ) -> None:
        """Tell a person of a change in their language: allauth does not say to `send_mail` whose mail it is."""
        with translation.override(self._language_of(user)):
            super().send_notification_mail(template_prefix, user, {"user": user, **(context or {})}, email=email)

    def _language_of(self, person: User | None) -> str | None:
        """Return the person's own language; without one, what this request speaks, unless it is somebody else's."""
        if person and person.language in languages():
            return person.language
        is_of_another = self.request.user.is_authenticated and person != self.request.user
        return settings.LANGUAGE_CODE if is_of_another else translation.get_language()

    def _too_much(self, kind: str, email: str) -> limits.Refusal | None:
        """Count one mail for its address, its mailbox and its cause; return the first limit that it exceeds."""
        user = self.request.user
        if user.is_authenticated and user.is_superuser:
            return None
        if user.is_authenticated and (refusal := limits.hit("mail from an account", user.pk)):
            return refusal
        return (
            limits.hit("mail from an address", limits.address_of(self.request))
            or limits.hit("mail", f"{kind} {normalize_address(email)}")
            or limits.hit("mail to a mailbox", mailbox_key(email))
        )

    def get_http_user_agent(self, request: HttpRequest) -> str:
        """Name the browser in our words: the header is whatever its sender wants in a mail to the account's owner."""
        header = super().get_http_user_agent(request)
        browser = next((name for mark, name in _BROWSERS if re.search(rf"\b{mark}/", header)), _("An unknown browser"))
        system = next((name for name in _SYSTEMS if name in header), "")
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system} if system else browser


def claim_by_reset(request: HttpRequest, user: User, **kwargs: Any) -> None:
    """A reset link was followed: its reader has the mailbox. An account without an owner yet is theirs."""
    if claiming.claim(user=user, address=user.email):
        address, _created = EmailAddress.objects.get_or_create(user=user, email=user.email, defaults={"primary": True})
        MailAdapter(request).confirm_email(request, address)
