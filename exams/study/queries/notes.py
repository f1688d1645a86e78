"""What a candidate keeps of a question."""

from accounts.models import User
from exams.study.models import Note


def note_of(candidate: User, question_id: int) -> Note:
    """Return the candidate's note of a question; if there is none, an empty one of version 0 that is not stored."""
    stored = Note.objects.filter(candidate=candidate, question=question_id).first()
    return stored or Note(candidate=candidate, question_id=question_id, version=0)
