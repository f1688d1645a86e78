"""The work that follows a hand-in: asking for scores, giving them, and parking what cannot be scored."""

import datetime as dt
import logging
from collections.abc import Collection
from functools import partial
from typing import Any
from uuid import UUID

from django.db import OperationalError, transaction
from django.db.models import F

from exams import workers
from exams.attempts.models import Attempt
from exams.exceptions import Incomparable, UnscorableAttempt
from exams.scoring.judging import judge
from exams.scoring.models import Rescore, RescoreFailure, Score

logger = logging.getLogger(__name__)


@transaction.atomic
def requeue_parked(*, now: dt.datetime, only: Collection[UUID] | None = None) -> list[UUID]:
    """Give parked attempts all their tries again, and ask for their scores; return which.

    With `only`, those of them that are parked. The reason of the last failure stays until a score takes its place.
    """
    parked = Attempt.objects.parked()
    if only is not None:
        parked = parked.filter(pk__in=only)
    rows = list(parked.select_for_update(no_key=True).order_by("submitted_at").values_list("pk", "scoring_tries"))
    attempt_ids = [attempt_id for attempt_id, _ in rows]
    Attempt.objects.filter(pk__in=attempt_ids).update(scoring_tries=0, scoring_requested_at=now)
    for attempt_id, tries in rows:
        logger.info("attempt %s, parked after %s tries, was put back for scoring by an operator", attempt_id, tries)
        transaction.on_commit(partial(workers.request_scoring, attempt_id))
    return attempt_ids


def score_attempt(*, attempt_id: UUID, now: dt.datetime) -> Score | None:
    """Score a submitted attempt, once: called again it returns the score that exists.

    None when there is nothing to score (yet): the attempt is open, gone or parked. A failure is counted and kept with
    its reason; data that no rule can judge parks the attempt at once. A database out of reach, a deadlock or a
    serialization failure says nothing about the attempt: it is raised to be tried again and not counted.
    """
    try:
        return _score_attempt(attempt_id, now)
    except OperationalError:
        raise
    except UnscorableAttempt as error:
        _record_failure(attempt_id, error, tries=Attempt.MAX_SCORING_TRIES)
        logger.exception("attempt %s cannot be scored and is parked", attempt_id)
        return None
    except Exception as error:
        _record_failure(attempt_id, error, tries=F("scoring_tries") + 1)
        raise


@transaction.atomic
def _score_attempt(attempt_id: UUID, now: dt.datetime) -> Score | None:
    attempt = Attempt.objects.select_for_update(no_key=True).filter(pk=attempt_id).first()
    if attempt is None or attempt.is_in_progress:
        return None
    if attempt.state == Attempt.State.SCORED:
        return attempt.scores.get(is_current=True)
    if attempt.scoring_tries >= Attempt.MAX_SCORING_TRIES:
        return None
    judge(attempt, now)
    Attempt.objects.filter(pk=attempt_id, state=Attempt.State.SUBMITTED).update(
        state=Attempt.State.SCORED, scoring_error=""
    )
    _apply_standing_orders(attempt, now)
    return attempt.scores.get(is_current=True)


@transaction.atomic
def apply_rescore(attempt: Attempt, rescore: Rescore, now: dt.datetime) -> bool:
    """Give the attempt its new score version, once; False when it has it, or when the order ended in between."""
    attempt = Attempt.objects.select_for_update(no_key=True).get(pk=attempt.pk)
    is_due = Rescore.objects.filter(pk=rescore.pk, finished_at=None).exists()
    if not is_due or attempt.scores.filter(rescore=rescore).exists():
        return False
    judge(attempt, now, before=attempt.scores.get(is_current=True), rescore=rescore)
    RescoreFailure.objects.filter(rescore=rescore, attempt=attempt).delete()
    return True


@transaction.atomic
def record_rescore_failure(attempt: Attempt, rescore: Rescore, error: Exception, now: dt.datetime) -> None:
    """Count a failure and keep its reason; what no rule can judge is parked at once."""
    failure, _ = RescoreFailure.objects.select_for_update().get_or_create(
        rescore=rescore, attempt=attempt, defaults={"tries": 0, "tried_at": now, "error": ""}
    )
    is_hopeless = isinstance(error, UnscorableAttempt | Incomparable)
    failure.tries = RescoreFailure.MAX_TRIES if is_hopeless else failure.tries + 1
    failure.tried_at, failure.error = now, f"{type(error).__name__}: {error}"[:1000]
    failure.save()


def _apply_standing_orders(attempt: Attempt, now: dt.datetime) -> None:
    """Apply the re-scores that were ordered while the attempt was under way, so that its first score is shown with all
    of them. One that fails is left to the sweep, as `rescoring` says, and holds up no score."""
    orders = Rescore.objects.filter(
        finished_at=None, ordered_at__gte=attempt.started_at, old_revision__in=attempt.items.values("revision")
    )
    for rescore in orders.select_related("old_revision", "revision").order_by("ordered_at", "pk"):
        try:
            apply_rescore(attempt, rescore, now)
        except OperationalError:
            raise
        except Exception as error:
            record_rescore_failure(attempt, rescore, error, now)
            logger.exception(
                "attempt %s was scored without re-score %s; the next sweep tries again", attempt.pk, rescore.pk
            )


def _record_failure(attempt_id: UUID, error: Exception, tries: Any) -> None:
    Attempt.objects.filter(pk=attempt_id, state=Attempt.State.SUBMITTED).update(
        scoring_tries=tries, scoring_error=f"{type(error).__name__}: {error}"[:1000]
    )
