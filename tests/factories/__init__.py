from tests.factories.accounts import UserFactory
from tests.factories.exams import ExamFactory, make_attempt, make_exam
from tests.factories.questions import (
    CertificationFactory,
    DomainFactory,
    QuestionFactory,
    RevisionFactory,
    TaskFactory,
    make_content,
)

__all__ = [
    "CertificationFactory",
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
