from exams.admin.attempts import AttemptAdmin
from exams.admin.cohorts import CohortAdmin
from exams.admin.exams import ExamAdmin
from exams.admin.people import MemberAdmin
from exams.admin.problems import ProblemReportAdmin
from exams.admin.rescores import RescoreAdmin
from exams.admin.statistics import QuestionStatisticsAdmin

__all__ = [
    "AttemptAdmin",
    "CohortAdmin",
    "ExamAdmin",
    "MemberAdmin",
    "ProblemReportAdmin",
    "QuestionStatisticsAdmin",
    "RescoreAdmin",
]
