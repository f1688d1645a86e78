from tests.factories.accounts import UserFactory
from tests.factories.exams import AssignmentFactory, CohortFactory, ExamFactory, make_attempt, make_exam
from tests.factories.questions import (
    ANSWERS,
    KEY_COUNTS,
    CertificationFactory,
    DomainFactory,
    QuestionFactory,
    RevisionFactory,
    SkillFactory,
    TaskFactory,
    make_content,
    takes,
)

__all__ = [
    "ANSWERS",
    "KEY_COUNTS",
    "AssignmentFactory",
    "CertificationFactory",
    "CohortFactory",
    "DomainFactory",
    "ExamFactory",
    "QuestionFactory",
    "RevisionFactory",
    "SkillFactory",
    "TaskFactory",
    "UserFactory",
    "make_attempt",
    "make_content",
    "make_exam",
    "takes",
]
