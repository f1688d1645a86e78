"""The admin of every subject: Django looks for it here."""

from exams.blueprints.admin.exams import ExamAdmin
from exams.corrections.admin import RescoreAdmin
from exams.people.admin import MemberAdmin
from exams.problems.admin import ProblemReportAdmin
from exams.results.admin.attempts import AttemptAdmin
from exams.results.admin.cohorts import CohortAdmin
from exams.statistics.admin import QuestionStatisticsAdmin

__all__ = [
    "AttemptAdmin",
    "CohortAdmin",
    "ExamAdmin",
    "MemberAdmin",
    "ProblemReportAdmin",
    "QuestionStatisticsAdmin",
    "RescoreAdmin",
]
