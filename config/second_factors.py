"""Second factors as allauth keeps them, encrypted; and what is said when they cannot be read."""

from collections.abc import Callable

from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import InvalidToken
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts import encryption

PURPOSE = "second factors"


class UnreadableSecretError(ValidationError):
    """A form shows it like any error; for every other page there is the middleware below."""


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no types
    def encrypt(self, text: str) -> str:
        return encryption.encrypt(text, secret_keys=_keys(), purpose=PURPOSE)

    def decrypt(self, encrypted_text: str) -> str:
        try:
            return encryption.decrypt(encrypted_text, secret_keys=_keys(), purpose=PURPOSE)
        except InvalidToken:
            raise UnreadableSecretError(
                _(
                    "The secret key of this site has changed, so this second factor cannot be checked. Use a "
                    "passkey if you have one, or ask the people who run this site."
                )
            ) from None


def _keys() -> list[str]:
    return [str(key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]


class UnreadableSecretMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, UnreadableSecretError):
            return None
        return render(request, "mfa/unreadable.html", {"messages_of_error": exception.messages}, status=409)
