from exams.models.attempts import Attempt, AttemptItem, Score
from exams.models.cohorts import Accommodation, Assignment, Cohort, Extension, Invitation, Membership
from exams.models.exams import Exam, ExamForm, ExamQuota, FormQuestion
from exams.models.problems import ProblemReport

__all__ = [
    "Accommodation",
    "Assignment",
    "Attempt",
    "AttemptItem",
    "Cohort",
    "Exam",
    "ExamForm",
    "ExamQuota",
    "Extension",
    "FormQuestion",
    "Invitation",
    "Membership",
    "ProblemReport",
    "Score",
]
