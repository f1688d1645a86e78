from exams.models.attempts import Attempt, AttemptItem, Extension
from exams.models.cohorts import (
    Accommodation,
    Assignment,
    Cohort,
    FormerMember,
    Invitation,
    Membership,
    PendingJoin,
)
from exams.models.exams import Exam, ExamForm, ExamQuota, FormQuestion
from exams.models.problems import ProblemReport
from exams.models.scores import JudgedAnswer, Rescore, RescoreFailure, Score
from exams.models.statistics import ExamStatistics, QuestionStatistics

__all__ = [
    "Accommodation",
    "Assignment",
    "Attempt",
    "AttemptItem",
    "Cohort",
    "Exam",
    "ExamForm",
    "ExamQuota",
    "ExamStatistics",
    "Extension",
    "FormQuestion",
    "FormerMember",
    "Invitation",
    "JudgedAnswer",
    "Membership",
    "PendingJoin",
    "ProblemReport",
    "QuestionStatistics",
    "Rescore",
    "RescoreFailure",
    "Score",
]
