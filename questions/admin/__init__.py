from questions.admin import bank
from questions.admin.questions import QuestionAdmin

__all__ = ["QuestionAdmin", "bank"]
