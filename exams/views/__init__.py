"""The candidate's pages: each translates a request to one service call or a few reads, and back."""

from exams.views.afterwards import attempt_result, attempt_review, history
from exams.views.choosing import certification_detail, chapter_detail, exam_detail, exam_start, home
from exams.views.cohorts import cohort_leave, invitation_answer, join, own_cohorts
from exams.views.keeping import attempt_unsaved
from exams.views.privacy import own_data, privacy
from exams.views.problems import problem_report, problem_reports
from exams.views.taking import answer_save, attempt_clock, attempt_page, hand_in

__all__ = [
    "answer_save",
    "attempt_clock",
    "attempt_page",
    "attempt_result",
    "attempt_review",
    "attempt_unsaved",
    "certification_detail",
    "chapter_detail",
    "cohort_leave",
    "exam_detail",
    "exam_start",
    "hand_in",
    "history",
    "home",
    "invitation_answer",
    "join",
    "own_cohorts",
    "own_data",
    "privacy",
    "problem_report",
    "problem_reports",
]
