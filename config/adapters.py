import logging

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest

from accounts.adapters import MailAdapter
from accounts.guessing import GuardedLogIn
from accounts.links import OwnLinks

logger = logging.getLogger(__name__)


class AccountAdapter(GuardedLogIn, MailAdapter, OwnLinks):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return bool(settings.SIGN_UP == "open")

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the address that counts for rate limits.

        With fewer entries in X-Forwarded-For than TRUSTED_PROXIES, any of them may be the visitor's own words. Then the
        nearest proxy's address counts: all its visitors share one limit, and nobody chooses theirs.
        """
        try:
            return str(super().get_client_ip(request))
        except ImproperlyConfigured:
            logger.warning("X-Forwarded-For names fewer proxies than TRUSTED_PROXIES says: set it to the real number")
            return str(request.META["REMOTE_ADDR"])
