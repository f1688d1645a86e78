"""That a page decides about what it showed."""

from django.utils.translation import gettext as _

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
    if last is None:
        message = _("Somebody changed %(question)s after you opened the page. Read it as it is now, then decide.")
        raise StaleVersion(message % {"question": question})
    message = _(
        "Somebody changed %(question)s after you opened the page (%(name)s: %(step)s). Read it as it is now, then "
        "decide."
    )
    name = last.by or _("the command line")
    raise StaleVersion(message % {"question": question, "name": name, "step": last.get_kind_display()})
