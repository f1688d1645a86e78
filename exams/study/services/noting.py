"""What a candidate keeps of a question: a text, a bookmark."""

import datetime as dt

from django.db import IntegrityError, transaction

from accounts.models import User
from exams.exceptions import StaleNote
from exams.study.models import Note


@transaction.atomic
def keep_note(
    *, candidate: User, question_id: int, text: str, is_bookmarked: bool, version: int, now: dt.datetime
) -> Note:
    """Store the note; `version` is the one that the page was opened on, 0 where there was none.

    Raises `StaleNote` if another page has changed it since, unless to the same.
    """
    note = Note.objects.select_for_update(no_key=True).filter(candidate=candidate, question=question_id).first()
    if note is None:
        return _first(candidate, question_id, text, is_bookmarked, now)
    if (note.text, note.is_bookmarked) == (text, is_bookmarked):
        return note
    if note.version != version:
        raise StaleNote
    note.text, note.is_bookmarked, note.updated_at = text, is_bookmarked, now
    note.version += 1
    note.save()
    return note


def _first(candidate: User, question_id: int, text: str, is_bookmarked: bool, now: dt.datetime) -> Note:
    if not (text or is_bookmarked):
        return Note(candidate=candidate, question_id=question_id, version=0, updated_at=now)
    try:
        with transaction.atomic():
            return Note.objects.create(
                candidate=candidate, question_id=question_id, text=text, is_bookmarked=is_bookmarked, updated_at=now
            )
    except IntegrityError:  # one_note_of_a_question: another page was a moment faster
        raise StaleNote from None
