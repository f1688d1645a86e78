"""Every write that changes an attempt. The rules of saving, handing in, closing and scoring are here and only here.

An attempt moves `in_progress → submitted → scored`, each step by one conditional UPDATE. Saving and handing in lock
the attempt's row first, so an answer is either stored before the hand-in, and scored, or refused.
"""

from exams.services.blueprints import create_standard_exams, delete_form, draw_form, replace_in_form
from exams.services.closing import close_overdue, resend_due, submit_attempt, sweep
from exams.services.cohorts import (
    Invitee,
    Standing,
    accept_invitation,
    decline_invitation,
    invite,
    join,
    leave,
    remember_link,
    remove_member,
    renew_link,
    standings,
    take_link,
    withdraw_invitation,
)
from exams.services.erasing import apply_retention, cohorts_left_alone, erase_inactive, erase_person
from exams.services.extending import accommodate, extend_assignment, extend_attempt
from exams.services.own_data import all_about
from exams.services.problems import DAILY_REPORTS, report_problem, resolve_reports
from exams.services.rescoring import order_rescore, request_rescore, requeue_rescores, rescore_batch, resend_rescores
from exams.services.saving import Answer, FormSaved, save_answer, save_form
from exams.services.scoring import (
    requeue_parked,
    score_attempt,
)
from exams.services.starting import start_attempt
from exams.services.statistics import count_in_process, count_scores, recount_scores, requeue_statistics
from exams.workers import COUNT_TASK, RESCORE_TASK, RESEND_AFTER, SCORE_TASK, request_scoring

__all__ = [
    "COUNT_TASK",
    "DAILY_REPORTS",
    "RESCORE_TASK",
    "RESEND_AFTER",
    "SCORE_TASK",
    "Answer",
    "FormSaved",
    "Invitee",
    "Standing",
    "accept_invitation",
    "accommodate",
    "all_about",
    "apply_retention",
    "close_overdue",
    "cohorts_left_alone",
    "count_in_process",
    "count_scores",
    "create_standard_exams",
    "decline_invitation",
    "delete_form",
    "draw_form",
    "erase_inactive",
    "erase_person",
    "extend_assignment",
    "extend_attempt",
    "invite",
    "join",
    "leave",
    "order_rescore",
    "recount_scores",
    "remember_link",
    "remove_member",
    "renew_link",
    "replace_in_form",
    "report_problem",
    "request_rescore",
    "request_scoring",
    "requeue_parked",
    "requeue_rescores",
    "requeue_statistics",
    "rescore_batch",
    "resend_due",
    "resend_rescores",
    "resolve_reports",
    "save_answer",
    "save_form",
    "score_attempt",
    "standings",
    "start_attempt",
    "submit_attempt",
    "sweep",
    "take_link",
    "withdraw_invitation",
]
