"""That a page decides about what it showed."""

from questions.exceptions import StaleVersion
from questions.models import Question
from questions.queries import version_of


def locked(question: Question, seen: str | None = None) -> Question:
    """Return the question as it is stored, its row locked.

    Raises `StaleVersion` if it is another version than the page showed; `seen` is None where there is no page.
    """
    question = Question.objects.select_for_update(of=("self",)).get(pk=question.pk)
    if seen is None or seen == version_of(question):
        return question
    last = question.events.select_related("by").order_by("-pk").first()
    who = f" ({last.by or 'the command line'} {last.get_kind_display()})" if last else ""
    raise StaleVersion(
        f"Somebody changed {question} after you opened the page{who}. Read it as it is now, then decide."
    )
