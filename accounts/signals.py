"""What each change to an account sets off, whichever page, action or command made it.

Sessions end, the person is told, and the audit log gets a row. Listening to the models rather than to pages means that
no new page can forget it; only `QuerySet.update()` goes past, and nothing changes an account that way.
"""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db.models import Model
from django.http import HttpRequest
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.access import LOGGED_IN_AT
from accounts.models import User, account_of
from accounts.services import end_sessions, tell_of_change

RIGHTS = ("is_active", "is_staff", "is_superuser")

# --- The account itself ---------------------------------------------------------------------------------------------


def user_saved(instance: User, created: bool, raw: bool, **kwargs: Any) -> None:
    if created or raw:
        return
    changes = instance.changes
    if rights := {name: changes[name] for name in RIGHTS if name in changes}:
        _record_change("user.rights_changed", instance, rights)
        tell_of_change(user=instance, change=_("Your permissions were changed."), email=_old(instance, "email"))
        end_sessions(user=instance, reason="rights changed")
    if "email" in changes:
        _record_change("user.email_changed", instance, {"email": changes["email"]})
        # The old address is told by whoever changes it: allauth, and the admin with what to do next.
        end_sessions(user=instance, reason="address changed")
    if "password" in changes:
        # Every session knows a hash of the password: the others have ended by themselves.
        audit.record("user.password_changed", by=audit.actor(), target=instance)
        tell_of_change(user=instance, change=_("Your password was changed."), email=_old(instance, "email"))


def _record_change(action: str, user: User, changes: dict[str, tuple[Any, Any]]) -> None:
    before, after = ({name: pair[index] for name, pair in changes.items()} for index in (0, 1))
    audit.record(action, by=audit.actor(), target=user, before=before, after=after)


def _old(user: User, name: str) -> Any:
    return user.changes[name][0] if name in user.changes else getattr(user, name)


def groups_changed(
    instance: Any, action: str, reverse: bool, model: type[Model], pk_set: set[int] | None, **kwargs: Any
) -> None:
    """Roles are groups, and permissions that one person has."""
    verb = {"post_add": "added", "post_remove": "removed", "pre_clear": "all removed"}.get(action)
    if not verb or pk_set == set():
        return
    named: Any = model._default_manager.filter(pk__in=pk_set or [])
    if reverse:
        people, names = instance.user_set.all() if pk_set is None else named, [str(instance)]
    else:
        people, names = [instance], [str(item) for item in named]
    for user in people:
        audit.record("user.rights_changed", by=audit.actor(), target=user, after={verb: names})
        tell_of_change(user=user, change=_("Your permissions were changed."), email=user.email)
        end_sessions(user=user, reason="rights changed")


# --- Addresses and factors ------------------------------------------------------------------------------------------


def address_saved(instance: EmailAddress, created: bool, raw: bool, **kwargs: Any) -> None:
    if created and not raw and audit.current_request():
        audit.record("address.added", by=audit.actor(), target=instance.user, after={"email": instance.email})


def address_wanted(request: HttpRequest, user: User, email_address: EmailAddress, **kwargs: Any) -> None:
    """Tell the person at the address they have: allauth writes only to the new one."""
    context = {"added": email_address.email}
    get_adapter().send_notification_mail("account/email/address_added", user, context)


def address_confirmed(request: HttpRequest, email_address: EmailAddress, **kwargs: Any) -> None:
    """From now on whoever reads mail at this address may set the password."""
    user = email_address.user
    audit.record("address.confirmed", by=audit.actor(), target=user, after={"email": email_address.email})
    if user.emailaddress_set.filter(verified=True).exclude(pk=email_address.pk).exists():
        end_sessions(user=user, reason="address confirmed")


def address_deleted(instance: EmailAddress, origin: Any, **kwargs: Any) -> None:
    if _is_deleted_with_the_person(origin):
        return
    audit.record("address.removed", by=audit.actor(), target=instance.user, before={"email": instance.email})
    if not (instance.primary and instance.email != instance.user.email):  # else it is being corrected, see above
        text = format_lazy(_("The email address {email} was removed from your account."), email=instance.email)
        tell_of_change(user=instance.user, change=text, email=instance.email)
    end_sessions(user=instance.user, reason="address removed")


def factor_saved(instance: Authenticator, created: bool, raw: bool, **kwargs: Any) -> None:
    if created and not raw:
        audit.record("factor.added", by=audit.actor(), target=instance.user, after={"type": instance.type})
        end_sessions(user=instance.user, reason="factor added")


def factor_deleted(instance: Authenticator, origin: Any, **kwargs: Any) -> None:
    if _is_deleted_with_the_person(origin):
        return
    user = instance.user
    audit.record("factor.removed", by=audit.actor(), target=user, before={"type": instance.type})
    factor = Authenticator.Type(instance.type).label
    text = format_lazy(_("A second factor was removed from your account: {factor}."), factor=factor)
    tell_of_change(user=user, change=text, email=user.email)
    end_sessions(user=user, reason="factor removed")


def factor_used(user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        audit.record("factor.recovery_code_used", by=user, target=user)


def _is_deleted_with_the_person(origin: Any) -> bool:
    return getattr(origin, "model", type(origin)) is User


# --- Log-in ---------------------------------------------------------------------------------------------------------


def session_began(request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Note the moment in the session: what asks for the password again and what ends it counts from here."""
    request.session[LOGGED_IN_AT] = timezone.now().timestamp()


def logged_in(request: HttpRequest, user: User, **kwargs: Any) -> None:
    methods = [record.get("type") or record["method"] for record in get_authentication_records(request, user)]
    audit.record("login.succeeded", by=user, target=user, after={"methods": methods})


def log_in_failed(credentials: dict[str, Any], **kwargs: Any) -> None:
    """Name the account if there is one. What was typed is kept nowhere: it may be a password in the wrong field."""
    typed = credentials.get("email") or credentials.get("username") or ""
    audit.record("login.failed", by=None, target=account_of(typed))


def factor_refused(user: User, authenticator: Authenticator, reauthentication: bool = False, **kwargs: Any) -> None:
    audit.record("login.factor_failed", by=audit.actor(), target=user, after={"type": authenticator.type})


def step_completed(request: HttpRequest, user: User, method: str, reauthenticated: bool = False, **kwargs: Any) -> None:
    """Give a session that may do more now a new key, as at a log-in: who knew the old one knows nothing."""
    if reauthenticated:
        old = request.session.session_key
        request.session.cycle_key()
        UserSession.objects.filter(session_key=old).update(session_key=request.session.session_key)
        audit.record("session.reauthenticated", by=user, target=user, after={"method": kwargs.get("type") or method})


def logged_out(user: User | None, **kwargs: Any) -> None:
    if user and audit.current_request():
        audit.record("session.logged_out", by=user, target=user)
