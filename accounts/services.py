"""Sessions that end, people who are told of a change that somebody else made, second factors that are used and kept."""

from typing import TYPE_CHECKING

from allauth.account.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import decrypt, encrypt
from allauth.usersessions.models import UserSession
from django.contrib.auth import update_session_auth_hash
from django.db import transaction
from django.db.models import F

from accounts import audit
from accounts.models import UsedTotpStep, User

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise


@transaction.atomic
def end_sessions(*, user: User, reason: str) -> None:
    """End every session of this person except the one that asks for it, whether it was ever listed or not.

    The session that stays gets a new key: what it may do has just changed.
    """
    User.objects.filter(pk=user.pk).update(session_epoch=F("session_epoch") + 1)
    user.refresh_from_db(fields=["session_epoch"])
    request, actor = audit.current_request(), audit.actor()
    is_own = actor is not None and actor.pk == user.pk
    if request and is_own:
        update_session_auth_hash(request, user)
        UserSession.objects.create_from_request(request)
    audit.record("session.ended", by=actor, target=user, after={"reason": reason, "kept the one that asked": is_own})


def tell_of_change(*, user: User, change: "StrPromise", email: str) -> None:
    """Mail `email` if an administrator made the change: allauth tells people of what they do themselves.

    Commands send nothing: who has the shell has everything. `change` is lazy: the mail is in the language of its
    reader, not of the administrator.
    """
    actor = audit.actor()
    if actor is None or actor.pk == user.pk or not actor.is_superuser:
        return
    adapter = get_adapter()
    adapter.send_notification_mail("account/email/changed_by_administrator", user, {"change": change}, email=email)


def use_totp_step(*, user: User, step: int) -> bool:
    """Mark the code of this half minute as used; False if it was already, in whatever process."""
    UsedTotpStep.objects.filter(user=user, step__lt=step - 10).delete()
    _, is_first = UsedTotpStep.objects.get_or_create(user=user, step=step)
    return is_first


@transaction.atomic
def encrypt_factors() -> int:
    """Encrypt all secrets with the newest key, those that are in clear and those of an older key. Idempotent."""
    count = 0
    for factor in Authenticator.objects.select_for_update().exclude(type=Authenticator.Type.WEBAUTHN):
        for name in ("secret", "seed"):
            if name in factor.data:
                factor.data[name] = encrypt(decrypt(factor.data[name]))
        factor.save(update_fields=["data"])
        count += 1
    return count
