import logging

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from django.urls import reverse

from accounts.adapters import MailAdapter
from accounts.guessing import GuardedLogIn
from accounts.links import OwnLinks
from accounts.models import User
from exams.cohorts import services

logger = logging.getLogger(__name__)


class AccountAdapter(GuardedLogIn, MailAdapter, OwnLinks):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return bool(settings.SIGN_UP == "open")

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Lead to the cohort by whose link somebody signed up, at the first log-in; to the home page otherwise."""
        if isinstance(request.user, User) and (token := services.take_link(candidate=request.user)):
            return reverse("exams:join", kwargs={"token": token})
        return str(super().get_login_redirect_url(request))

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
