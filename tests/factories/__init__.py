from tests.factories.accounts import UserFactory
from tests.factories.exams import AssignmentFactory, CohortFactory, ExamFactory, make_attempt, make_exam
from tests.factories.questions import (
    ANSWERS,
    CertificationFactory,
    DomainFactory,
    QuestionFactory,
    RevisionFactory,
    TaskFactory,
    make_content,
)

__all__ = [
    "ANSWERS",
    "AssignmentFactory",
    "CertificationFactory",
    "CohortFactory",
    "DomainFactory",
    "ExamFactory",
    "QuestionFactory",
    "RevisionFactory",
    "TaskFactory",
    "UserFactory",
    "make_attempt",
    "make_content",
    "make_exam",
]
