from questions.admin.bank import ReadOnlyAdmin
from questions.admin.questions import QuestionAdmin

__all__ = ["QuestionAdmin", "ReadOnlyAdmin"]
