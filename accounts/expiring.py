"""Accounts that somebody signed up for and nobody confirmed do not stay."""

import datetime as dt

from allauth.account.models import EmailAddress
from django.db import transaction
from django.db.models import Exists, OuterRef, ProtectedError, QuerySet

from accounts import audit
from accounts.models import User

# Within the time of a task. What is left goes an hour later.
AT_ONCE = 2_000


def _unconfirmed(since: dt.datetime) -> QuerySet[User]:
    confirmed = EmailAddress.objects.filter(user=OuterRef("pk"), verified=True)
    return User.objects.filter(
        ~Exists(confirmed),
        joined_at__lt=since,
        last_login=None,
        erased_at=None,
        is_staff=False,
        is_superuser=False,
    )


def delete_unconfirmed(*, days: int, now: dt.datetime) -> int:
    """Delete accounts that were signed up for so many days ago and never confirmed; return how many. 0 days: none.

    Accounts without a password are left alone: superusers made them, for people who have not come yet.
    """
    if not days:
        return 0
    due = _unconfirmed(now - dt.timedelta(days=days)).order_by("pk").values_list("pk", flat=True)
    return sum(_delete(pk, now - dt.timedelta(days=days)) for pk in list(due[:AT_ONCE]))


def _delete(pk: int, since: dt.datetime) -> bool:
    try:
        with transaction.atomic():
            # Looked at again under a lock: its owner may confirm it at this moment.
            user = _unconfirmed(since).select_for_update(of=("self",)).filter(pk=pk).first()
            if user is None or not user.has_usable_password():
                return False
            audit.record("account.expired", by=None, target=user)
            audit.erase_names(person=user, about=audit.events_about(user))
            user.delete()
    except ProtectedError:
        return False  # something that lasts names it, so it is somebody's
    return True
