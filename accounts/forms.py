import secrets
from typing import Any

from allauth.account import app_settings
from allauth.account import forms as allauth_forms
from allauth.account.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp import forms as totp_forms
from allauth.mfa.utils import decrypt
from django import forms
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import guessing, totp
from accounts.models import AddressFormField, User, account_of
from accounts.models.users import time_zones
from accounts.services import use_totp_step
from accounts.versions import VersionedForm


class PreferencesForm(VersionedForm):
    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        choices=[(name, name.replace("_", " ")) for name in sorted(time_zones())],
    )

    language = forms.ChoiceField(
        label=gettext_lazy("Language"),
        required=False,
        choices=[("", gettext_lazy("Same as the browser")), *settings.LANGUAGES],
    )

    class Meta:
        model = User
        fields = ["name", "time_zone", "language"]


# --- allauth's forms, with addresses in their one form ------------------------------------------------------------


def _normalizing(field: forms.Field) -> AddressFormField:
    """Return a field that looks like allauth's and takes an address as the models do."""
    return AddressFormField(label=field.label, required=field.required, widget=field.widget, help_text=field.help_text)


class LogInForm(allauth_forms.LoginForm):  # type: ignore[misc]  # allauth has no types
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"] = _normalizing(self.fields["login"])


class SignUpForm(allauth_forms.SignupForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"] = _normalizing(self.fields["email"])

    def validate_unique_email(self, value: str) -> str:
        """Take an address as taken only if it is somebody's: see `account_of`."""
        if account_of(value) is not None:
            if app_settings.EMAIL_VERIFICATION != app_settings.EmailVerificationMethod.MANDATORY:
                raise get_adapter().validation_error("email_taken")  # the demo logs a visitor in at once
            self.account_already_exists = True
        return value

    def try_save(self, request: HttpRequest) -> Any:
        """Make the account, or do the same work and undo it: otherwise the time tells who has an account."""
        if self.account_already_exists:
            with transaction.atomic():
                self._make_nobody(request)
                transaction.set_rollback(True)
            return super().try_save(request)
        with transaction.atomic():
            return super().try_save(request)

    def _make_nobody(self, request: HttpRequest) -> None:
        email = self.cleaned_data["email"]
        self.cleaned_data["email"] = f"{secrets.token_hex(16)}@nobody.invalid"
        self.account_already_exists = False
        self.save(request)
        self.account_already_exists, self.cleaned_data["email"] = True, email


class ResetPasswordForm(allauth_forms.ResetPasswordForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"] = _normalizing(self.fields["email"])

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        user = account_of(email)
        self.users = [user] if user is not None and user.is_active else []
        return email


class AddAddressForm(allauth_forms.AddEmailForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"] = _normalizing(self.fields["email"])


# --- Second factors: allauth's forms, with codes that count once ----------------------------------------------------


def _use_once(user: User, secret: str, code: str) -> None:
    step = totp.step_at(timezone.now().timestamp())
    used = totp.matching_step(secret, code, step=step, tolerance=settings.MFA_TOTP_TOLERANCE)
    if used is None or not use_totp_step(user=user, step=used):
        raise forms.ValidationError(_("This code has already been used. Wait until the app shows the next one."))


class AuthenticateForm(guessing.AuthenticateForm):
    def clean_code(self) -> Any:
        code = super().clean_code()
        if self.authenticator.type == Authenticator.Type.TOTP:
            _use_once(self.user, decrypt(self.authenticator.data["secret"]), code)
        return code


class ReauthenticateForm(guessing.ReauthenticateForm):
    def clean_code(self) -> Any:
        code = super().clean_code()
        if self.authenticator.type == Authenticator.Type.TOTP:
            _use_once(self.user, decrypt(self.authenticator.data["secret"]), code)
        return code


class ActivateTOTPForm(totp_forms.ActivateTOTPForm):  # type: ignore[misc]
    def clean_code(self) -> Any:
        code = super().clean_code()
        _use_once(self.user, self.secret, code)
        return code
