"""Asking the workers: a task is named here, and defined where its work is done."""

import datetime as dt
import logging
from uuid import UUID

from celery import current_app
from kombu.exceptions import OperationalError as BrokerError

logger = logging.getLogger(__name__)

SCORE_TASK = "exams.score_attempt"
RESCORE_TASK = "exams.rescore"
COUNT_TASK = "exams.count_scores"
# A request for scoring that brought no score for so long is taken as lost and sent again.
RESEND_AFTER = dt.timedelta(seconds=60)


def ask_worker(task: str, argument: str | int) -> bool:
    """Send a task with what it is to work on; False when the broker cannot be reached.

    The database already says that the work is due: a dead broker costs time, and nothing is lost.
    """
    try:
        current_app.tasks[task].apply_async((argument,), retry=False)
    except BrokerError as error:
        logger.warning("broker unreachable, %s of %s will be sent again by the sweep: %s", task, argument, error)
        return False
    return True


def request_scoring(attempt_id: UUID) -> bool:
    """Ask a worker for the score; False when the broker cannot be reached."""
    return ask_worker(SCORE_TASK, str(attempt_id))
