"""Every write that changes an attempt. The rules of saving, handing in, closing and scoring are here and only here.

An attempt moves `in_progress → submitted → scored`, each step by one conditional UPDATE. Saving and handing in lock
the attempt's row first, so an answer is either stored before the hand-in, and scored, or refused.
"""

from exams.services.blueprints import create_standard_exams
from exams.services.closing import close_overdue, submit_attempt, sweep
from exams.services.saving import Answer, FormSaved, save_answer, save_form
from exams.services.scoring import (
    RESEND_AFTER,
    SCORE_TASK,
    request_scoring,
    requeue_parked,
    resend_due,
    score_attempt,
)
from exams.services.starting import start_attempt

__all__ = [
    "RESEND_AFTER",
    "SCORE_TASK",
    "Answer",
    "FormSaved",
    "close_overdue",
    "create_standard_exams",
    "request_scoring",
    "requeue_parked",
    "resend_due",
    "save_answer",
    "save_form",
    "score_attempt",
    "start_attempt",
    "submit_attempt",
    "sweep",
]
