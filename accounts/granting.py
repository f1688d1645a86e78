"""Extra time for a person as such, whoever's cohort they are in."""

import datetime as dt

from django.db import transaction

from accounts import audit
from accounts.models import ExtraTime, User


@transaction.atomic
def grant_extra_time(
    *, user: User, percent: int, until_at: dt.datetime, reason: str, by: User, now: dt.datetime
) -> ExtraTime:
    """Grant the percentage for exams started from now on until `until_at`; it replaces what was granted before.

    An attempt under way keeps its time: an extension is what changes that. Whether `by` may is the caller's to ask.
    """
    person = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    before = {"percent": person.extra_time_percent, "until_at": person.extra_time_until}
    person.extra_time_percent, person.extra_time_until = percent, until_at
    person.save(update_fields=["extra_time_percent", "extra_time_until"])
    grant = ExtraTime.objects.create(
        user=person, percent=percent, until_at=until_at, reason=reason, granted_by=by, granted_at=now
    )
    after = {"percent": percent, "until_at": until_at, "reason": reason}
    audit.record("user.extra_time_granted", by=by, target=person, before=before, after=after)
    return grant
