from exams.admin.attempts import AttemptAdmin
from exams.admin.exams import ExamAdmin

__all__ = ["AttemptAdmin", "ExamAdmin"]
