from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.decorators import secure_admin_login
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import BadRequest, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.decorators import method_decorator

SECOND_FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]


@method_decorator(secure_admin_login, name="login")
class AdminSite(admin.AdminSite):
    """The admin, entered through the same log-in (and rate limits) as everything else, and with a second factor."""

    site_header = "Question bank and exams"
    site_title = "Instructors"
    index_title = "Instructors"
    enable_nav_sidebar = True

    def has_permission(self, request: HttpRequest) -> bool:
        """Let staff in. Who has a second factor gave it at the log-in, so here it is enough to have one."""
        is_staff = super().has_permission(request)
        return is_staff and (not settings.STAFF_NEED_MFA or is_mfa_enabled(request.user, SECOND_FACTORS))

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if super().has_permission(request) and not self.has_permission(request):
            messages.info(request, "Instructors need a second factor: set up an authenticator app or a passkey.")
            return redirect("mfa_index")
        return super().login(request, extra_context)

    def admin_view(  # type: ignore[override]  # the stubs' type of a view is private
        self, view: Callable[..., HttpResponse], cacheable: bool = False
    ) -> Callable[..., HttpResponse]:
        """Answer 400 where a list's filter or chosen rows are no such thing: Django's admin answers some with 500."""

        @wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            try:
                return view(request, *args, **kwargs)
            except (ValueError, OverflowError, ValidationError) as error:
                match = request.resolver_match
                if match and (match.url_name or "").endswith("_changelist"):
                    raise BadRequest(str(error)) from error
                raise

        return super().admin_view(checked, cacheable)
