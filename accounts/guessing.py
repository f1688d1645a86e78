"""Guards against guessing: passwords at log-in and when they are asked for again, and codes of second factors."""

import logging
from functools import cached_property
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter, get_adapter
from allauth.account.signals import password_reset
from allauth.account.utils import filter_users_by_email
from allauth.core import context
from allauth.mfa.base import forms as mfa_forms
from django import forms
from django.contrib.auth.hashers import get_hasher, identify_hasher, make_password
from django.core.exceptions import ValidationError
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from accounts import audit, devices, limits
from accounts.hashing import Patience, patience, turn
from accounts.models import User

logger = logging.getLogger(__name__)

# An address that failed so often since it last succeeded waits for nobody: it takes the turns that are left.
SUSPECT = "suspicious address"
SUCCEEDED = "succeeded"


class _Try:
    """One password for one account, and the counts that it belongs to."""

    def __init__(self, request: HttpRequest, email: str) -> None:
        self.request, self.email = request, email
        self.device = devices.device_of(request)
        self.address = limits.address_of(request)

    @cached_property
    def user(self) -> User | None:
        """Whose account it is. Asked of the database late: floods end before."""
        return self.request.user if isinstance(self.request.user, User) else _owner_of(self.email)

    @cached_property
    def is_at_home(self) -> bool:
        return bool(self.device.accounts) and self.device.knows(self.user)

    @property
    def count(self) -> tuple[str, str]:
        """Return the limit that this counts for, and its key."""
        if self.user is None:
            return "failures at an account", limits.account_key(self.email)
        if self.is_at_home:
            return "failures of a device", f"{self.device.number} {self.user.pk}"
        return "failures at an account", f"user {self.user.pk}"

    def patience(self) -> Patience:
        if self.is_at_home:
            return Patience.KNOWN
        if limits.test(SUSPECT, self.address):
            return Patience.NONE
        return Patience.KNOWN if limits.test(SUCCEEDED, self.address) else Patience.STRANGER

    def begin(self) -> None:
        """Count it as a failure until it turns out to be none: side by side, no more can begin than may fail."""
        if not self.is_at_home and (refusal := limits.test("failures of an address", self.address)):
            raise _too_many(_("Too many failed login attempts from your network. Try again in %(wait)s."), refusal)
        if refusal := limits.hit(*self.count):
            self._failed()
            raise _too_many(
                _("Too many failed login attempts. Try again in %(wait)s, or reset your password to get in at once."),
                refusal,
            )

    def end(self, *, was_right: bool) -> None:
        if was_right:
            limits.clear(*self.count)
            limits.clear(SUSPECT, self.address)
            limits.hit(SUCCEEDED, self.address)
        else:
            self._failed()

    def _failed(self) -> None:
        """Count it for the address; also what was refused for its account, or a flood would cost a page each time."""
        if not self.is_at_home:
            limits.hit("failures of an address", self.address)
            limits.hit(SUSPECT, self.address)


class GuardedLogIn(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """The part of the adapter that counts. allauth's own counts are off: their keys hold the request's Host."""

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        attempt = _Try(request, str(credentials.get("email", "")))
        with patience(attempt.patience()), turn():
            attempt.begin()
            user: User | None = super().authenticate(request, **credentials)
            attempt.end(was_right=user is not None)
            if user and not isinstance(request.user, User):
                _renew_hash(user, credentials["password"])
        return user

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **kwargs)
        devices.remember(request, response, user)
        return response


@receiver(password_reset)
def forgive(user: User, **kwargs: Any) -> None:
    """Forget the wrong passwords for somebody who has set a new one by mail. Codes of a factor stay counted."""
    limits.clear("failures at an account", f"user {user.pk}")


def _too_many(text: str, refusal: limits.Refusal) -> ValidationError:
    logger.warning("a guess was refused: limit “%s”", refusal.name)
    return ValidationError(text, code="too_many_login_attempts", params={"wait": refusal.wait})


def _owner_of(email: str) -> User | None:
    people: list[User] = filter_users_by_email(email, prefer_verified=True)
    return min(people, key=lambda user: user.pk, default=None)


def _renew_hash(user: User, password: str) -> None:
    """Replace a hash of an old kind. Only at a log-in: a person's sessions end with the hash that they began with."""
    preferred, old = get_hasher(), user.password
    if identify_hasher(old).algorithm != preferred.algorithm or preferred.must_update(old):
        user.password = make_password(password)
        # Not save(): this is no change of the password, and does nothing if there was one meanwhile.
        User.objects.filter(pk=user.pk, password=old).update(password=user.password)


class _Code(forms.Form):
    """A code of an app or a recovery code. Few may be wrong at once, and few in all; a right one forgets the former.

    Only who gave the right password gets here, and a browser that the owner has used has counts of its own: so nobody
    closes an account to its owner, whose sessions go on in any case.
    """

    def clean_code(self) -> str:
        request, user = context.request, self.user  # type: ignore[attr-defined]
        device = devices.device_of(request)
        key = f"{device.number} {user.pk}" if device.knows(user) else user.pk
        if refusal := limits.test("wrong codes", key) or limits.hit("second factor", key):
            raise _too_many(_("Too many wrong codes. Try again in %(wait)s."), refusal)
        try:
            code: str = super().clean_code()  # type: ignore[misc]
        except ValidationError as error:
            if error.code == "incorrect_code":
                self._count(request, user, key)
            raise
        limits.clear("second factor", key)
        return code

    def _count(self, request: HttpRequest, user: User, key: object) -> None:
        limits.hit("wrong codes", key)
        if limits.test("wrong codes", key):
            audit.record("factor.closed", by=audit.actor(), target=user)
            get_adapter(request).send_notification_mail("account/email/wrong_codes", user)


class AuthenticateForm(_Code, mfa_forms.AuthenticateForm):  # type: ignore[misc]
    pass


class ReauthenticateForm(_Code, mfa_forms.ReauthenticateForm):  # type: ignore[misc]
    pass
