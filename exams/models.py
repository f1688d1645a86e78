"""All models of the app, each from its subject: Django looks for them here."""

from exams.attempts.models import Attempt, AttemptItem, Extension
from exams.blueprints.models import Exam, ExamForm, ExamQuota, FormQuestion
from exams.cohorts.models import (
    Accommodation,
    Assignment,
    Cohort,
    FormerMember,
    Invitation,
    Membership,
    PendingJoin,
)
from exams.problems.models import ProblemReport
from exams.scoring.models import JudgedAnswer, Rescore, RescoreFailure, Score
from exams.statistics.models import ExamStatistics, QuestionStatistics
from exams.study.models import Memory, Note, Practice, PracticeItem, PracticeSet, SetAssignment, StudyPlan

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
    "Memory",
    "Note",
    "PendingJoin",
    "Practice",
    "PracticeItem",
    "PracticeSet",
    "ProblemReport",
    "QuestionStatistics",
    "Rescore",
    "RescoreFailure",
    "Score",
    "SetAssignment",
    "StudyPlan",
]
