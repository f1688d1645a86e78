"""Whose account it is: whoever has the mailbox in hand, and not whoever typed its address first.

Anybody can sign up with somebody else's address, a password of their own and a second factor, and wait for the owner to
confirm it. So the first confirmation of an account sets its password, unless it comes from the browser that knows the
password already, and what was set up before goes.
"""

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.db import transaction

from accounts import audit
from accounts.models import User


def is_unclaimed(user: User) -> bool:
    """Tell whether nobody has yet shown that an address of this account is theirs."""
    return not EmailAddress.objects.filter(user=user, verified=True).exists()


@transaction.atomic
def claim(*, user: User, address: str, password: str | None = None) -> bool:
    """Hand an unclaimed account to the owner of this address; False if it has an owner.

    A new password ends all sessions of the account. Other addresses, factors and the name go: they are of whoever
    signed up. The caller marks the address as confirmed.
    """
    user = User.objects.select_for_update().get(pk=user.pk)
    if not is_unclaimed(user):
        return False
    dropped = {
        "addresses": EmailAddress.objects.filter(user=user).exclude(email=address).delete()[0],
        "factors": Authenticator.objects.filter(user=user).delete()[0],
        "name": user.name,
    }
    user.name = ""
    if password is not None:
        user.set_password(password)
    user.save()
    audit.record("account.claimed", by=user, target=user, before=dropped, after={"address": address})
    return True


@transaction.atomic
def correct_address(*, user: User, old: str, is_verified: bool, by: User) -> EmailAddress:
    """Let the address rows follow `user.email`, which an operator has changed from `old`. Return the new row.

    The old address logs nobody in any more. Whoever gets the mail of the new one can claim the account, unless the
    operator vouches for it.
    """
    EmailAddress.objects.filter(user=user, email=old).delete()
    EmailAddress.objects.filter(user=user, primary=True).exclude(email=user.email).update(primary=False)
    address, _ = EmailAddress.objects.update_or_create(
        user=user, email=user.email, defaults={"primary": True, "verified": is_verified}
    )
    audit.record(
        "account.address_corrected",
        by=by,
        target=user,
        before={"address": old},
        after={"address": user.email, "verified": is_verified},
    )
    return address
