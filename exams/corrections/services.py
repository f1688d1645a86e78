"""Judging a question anew after its key was corrected: ordered by a person, done by workers, once per attempt.

The order is a row, `Rescore`; it is due until `finished_at` is set. Each attempt it means gets one score version more,
in a transaction of its own. It stays due while attempts are under way that it means: they get it after their score.
"""

import datetime as dt
import logging
from collections.abc import Collection
from functools import partial

from django.db import OperationalError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import User
from exams import workers
from exams.attempts.models import Attempt
from exams.corrections.queries import due_to_rescore, parked_rescores, pinning, to_rescore
from exams.exceptions import Incomparable, RescoreRefused
from exams.scoring.comparing import translated
from exams.scoring.models import Rescore, RescoreFailure
from exams.scoring.services import apply_rescore, record_rescore_failure
from questions.models import Question, Revision

logger = logging.getLogger(__name__)

# Some seconds of work: a task that is killed repeats no more than what one transaction had not committed.
BATCH = 200


@transaction.atomic
def order_rescore(
    *, old_revision: Revision, rule: str, by: User, reason: str, now: dt.datetime, published: int | None = None
) -> Rescore:
    """Order all attempts that pinned a revision to be re-scored, by the published revision's key or as right.

    Ordering the same again returns the order there is. An earlier order for the same revision that is not finished
    ends: this one covers all it means. `published` is the id of the revision that the page named as published.
    Raises `RescoreRefused`.
    """
    if not by.has_perm("exams.add_rescore"):
        raise RescoreRefused(_("You do not have permission to order a re-score."))
    question, reason = old_revision.question, reason.strip()
    revision = _published(question, published)
    if not reason:
        raise RescoreRefused(_("Give the reason. The candidates will see it."))
    if rule == Rescore.Rule.KEY:
        _require_other_key(old_revision, revision)
    # One at a time for a question: what an earlier order had under way is seen below.
    Question.objects.select_for_update().get(pk=question.pk)
    earlier = Rescore.objects.filter(old_revision=old_revision)
    if same := earlier.filter(revision=revision, rule=rule).first():
        return same
    earlier.filter(finished_at=None).update(finished_at=now)
    rescore = Rescore.objects.create(
        question=question,
        old_revision=old_revision,
        revision=revision,
        rule=rule,
        reason=reason,
        by=by,
        ordered_at=now,
        requested_at=now,
    )
    after = {"rule": rule, "old_revision": old_revision.pk, "revision": revision.pk, "reason": reason}
    audit.record("rescore.ordered", by=by, target=rescore, after=after)
    transaction.on_commit(lambda: request_rescore(rescore.pk))
    return rescore


def _published(question: Question, seen: int | None) -> Revision:
    revision = question.published_revision
    if revision is None:
        raise RescoreRefused(_("Publish the corrected revision first."))
    if seen is not None and revision.pk != seen:
        raise RescoreRefused(
            _("Revision %(number)s was published after you opened the page. Read its key, then decide.")
            % {"number": revision.number}
        )
    return revision


def _require_other_key(old: Revision, new: Revision) -> None:
    if old.pk == new.pk:
        raise RescoreRefused(_("This is the published revision. Publish the corrected one first."))
    try:
        translated(old, new, None)
    except Incomparable as error:
        raise RescoreRefused(
            _(
                "Revision %(old)s cannot be judged by the key of revision %(new)s: %(error)s. You can "
                "count it as right for everyone."
            )
            % {"old": old.number, "new": new.number, "error": error}
        ) from None


def request_rescore(rescore_id: int) -> bool:
    """Ask a worker to do it; False when the broker cannot be reached."""
    return workers.ask_worker(workers.RESCORE_TASK, rescore_id)


def resend_rescores(*, now: dt.datetime) -> None:
    """Ask again for what is due: lost, or waiting for attempts that were under way."""
    due = Rescore.objects.filter(finished_at=None).filter(
        Q(requested_at=None) | Q(requested_at__lt=now - workers.RESEND_AFTER)
    )
    for rescore_id in list(due.order_by("ordered_at", "pk").values_list("pk", flat=True)):
        Rescore.objects.filter(pk=rescore_id).update(requested_at=now)
        if not request_rescore(rescore_id):
            break  # it would not answer for the others either


def rescore_batch(*, rescore_id: int, now: dt.datetime, limit: int = BATCH) -> bool:
    """Do a part of what is due; tell whether there is more to do right now.

    An attempt that fails is tried again by the next sweep, some times, and then parked with its reason. The order is
    finished when nothing is left, parked ones too, and no attempt is under way that it means.
    """
    rescore = Rescore.objects.select_related("old_revision", "revision").filter(pk=rescore_id).first()
    if rescore is None or rescore.finished_at:
        return False
    attempts = list(due_to_rescore(rescore, now).order_by("pk")[:limit])
    done = 0
    for attempt in attempts:
        try:
            done += apply_rescore(attempt, rescore, now)
        except OperationalError:
            raise
        except Exception as error:
            record_rescore_failure(attempt, rescore, error, now)
            logger.exception("attempt %s could not be re-scored; the next sweep tries again", attempt.pk)
    if len(attempts) == limit:
        return True
    is_waiting = pinning(rescore).exclude(state=Attempt.State.SCORED).exists() or to_rescore(rescore).exists()
    if not is_waiting:
        Rescore.objects.filter(pk=rescore.pk, finished_at=None).update(finished_at=now)
    return False


@transaction.atomic
def requeue_rescores(*, now: dt.datetime, only: Collection[int] | None = None) -> list[int]:
    """Give parked re-scores all their tries again, and ask for them; return which."""
    parked = parked_rescores() if only is None else parked_rescores().filter(pk__in=only)
    failures = list(parked.select_for_update(of=("self",)))
    RescoreFailure.objects.filter(pk__in=[failure.pk for failure in failures]).update(
        tries=0, tried_at=now - 2 * workers.RESEND_AFTER
    )
    for rescore_id in sorted({failure.rescore_id for failure in failures}):
        transaction.on_commit(partial(request_rescore, rescore_id))
    return [failure.pk for failure in failures]
