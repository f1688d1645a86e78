from typing import Any

from allauth.account.admin import EmailAddressAdmin as AllauthEmailAddressAdmin
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext

admin.site.unregister([Authenticator, EmailAddress, UserSession])


@admin.register(Authenticator)
class AuthenticatorAdmin(admin.ModelAdmin):
    """For who lost a phone: a superuser deletes the second factor. allauth's own form would show its secret."""

    list_display = ["user", "type", "created_at", "last_used_at"]
    fields = ["user", "type", "created_at", "last_used_at"]
    search_fields = ["user__email"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(EmailAddress)
class EmailAddressAdmin(AllauthEmailAddressAdmin):  # type: ignore[misc]  # allauth has no types
    """For whoever cannot read their mail. To edit a row would part it from the person's own address."""

    asks_again = True

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Refuse the address by which somebody logs in: without it they could not, nor reset their password."""
        named, counts, permissions_lacking, protected = super().get_deleted_objects(objs, request)
        kept = [
            gettext("“%(email)s”: %(user)s logs in with it") % {"email": address.email, "user": address.user}
            for address in objs
            if address.primary
        ]
        return named, counts, permissions_lacking, [*protected, *kept]
