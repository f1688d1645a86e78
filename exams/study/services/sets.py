"""Sets of questions to practise: keeping one, and giving it to a cohort."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import User
from exams.attempts.services.starting_sql import lock_candidate
from exams.cohorts.models import Cohort
from exams.exceptions import PracticeRefused
from exams.study.criteria import Criteria
from exams.study.models import PracticeSet, SetAssignment
from questions.models import Certification

MAX_SETS = 100


@transaction.atomic
def keep_set(
    *, owner: User, certification: Certification, title: str, criteria: Criteria, now: dt.datetime
) -> PracticeSet:
    """Keep these choices under a name. The same choices under the same name are the set there is.

    Raises `PracticeRefused` when the person has `MAX_SETS`.
    """
    lock_candidate(owner.pk)
    own = PracticeSet.objects.filter(owner=owner)
    stored = criteria.as_json()
    for known in own.filter(title=title, certification=certification):
        if known.criteria == stored:
            return known
    if own.count() >= MAX_SETS:
        raise PracticeRefused(
            _("You have %(count)s sets, which is the most there can be. Start without a name.") % {"count": MAX_SETS}
        )
    return PracticeSet.objects.create(
        owner=owner, certification=certification, title=title, criteria=stored, created_at=now
    )


@transaction.atomic
def assign_set(*, practice_set: PracticeSet, cohort: Cohort, by: User, now: dt.datetime) -> SetAssignment:
    """Give the set to a cohort; giving it twice is giving it once."""
    assignment, is_new = SetAssignment.objects.get_or_create(
        set=practice_set, cohort=cohort, defaults={"by": by, "at": now}
    )
    if is_new:
        audit.record("practice_set.assigned", by=by, target=practice_set, after={"cohort": cohort.pk})
    return assignment


@transaction.atomic
def withdraw_set(*, practice_set: PracticeSet, cohort: Cohort, by: User) -> None:
    """Take the set back from a cohort; what its members have practised stays theirs."""
    deleted, _counts = SetAssignment.objects.filter(set=practice_set, cohort=cohort).delete()
    if deleted:
        audit.record("practice_set.withdrawn", by=by, target=practice_set, before={"cohort": cohort.pk})
