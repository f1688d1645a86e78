"""Which question of the bank a question of a file means: what its id says, and whether its text agrees."""

from collections.abc import Collection
from dataclasses import replace

from django.utils.translation import gettext as _

from questions.bankfiles import QuestionEntry
from questions.content import Problem
from questions.formats.base import ReadQuestion, derived_id
from questions.linting import resemblance
from questions.models import Question
from questions.services.exporting import entry_of

# Below that two texts are about different things, and the same id is more likely a mistake than an edit.
UNRELATED = 0.1
# A title or a number in a chapter is in every second file: that it means a question which is here, the text must say.
SAME = 0.3
# Options of questions about anything.
_ANYWHERE = {"yes", "no", "true", "false", "a", "b", "c", "d", "1", "2", "3", "4"}


def made_id(read: ReadQuestion) -> str:
    """Return the id that a question gets for its content alone."""
    return derived_id(read.entry) if read.entry else ""


def named(read: ReadQuestion, existing: dict[str, Question], taken: dict[str, str]) -> ReadQuestion:
    """Give a question an id of its own where another question has the one that its title or place would give it."""
    if read.entry is None or read.id_is_ours:
        return read
    other, made = existing.get(read.entry.id), made_id(read)
    current = entry_of(other) if other else None
    is_other = other is not None and not (current and is_same(current, read.entry, read.assumed, SAME))
    if made == read.entry.id or (read.entry.id not in taken and not is_other):
        return read
    names = {"id": read.entry.id, "place": taken.get(read.entry.id, ""), "made": made}
    if read.entry.id in taken:
        note = _("“%(id)s” is the id of another question at %(place)s; this question gets the id %(made)s.") % names
    else:
        note = _("“%(id)s” is the id of another question in the bank; this question gets the id %(made)s.") % names
    return replace(read, entry=read.entry.model_copy(update={"id": made}), notes=(*read.notes, note))


def is_same(current: QuestionEntry, entry: QuestionEntry, assumed: Collection[str], threshold: float) -> bool:
    """Say whether two questions of one name are versions of one question, by what they ask or offer."""
    entry = with_own(entry, current, assumed)
    asked, asks = (f"{other.case} {other.stem}" for other in (current, entry))
    if " ".join(asked.split()).casefold() == " ".join(asks.split()).casefold():
        return True
    alike = resemblance(asked, asks)
    offered, offers = ({option.text.casefold() for option in other.options} for other in (current, entry))
    is_telling = threshold == UNRELATED and not offered <= _ANYWHERE
    return alike >= threshold or (bool(offered) and offered == offers and (is_telling or alike >= UNRELATED))


def twice(entry: QuestionEntry, place: str) -> Problem:
    """Say that a file holds a question a second time, or an id."""
    if entry.id == derived_id(entry):  # no id of the file's
        return Problem("question", _("the same question appears at %(place)s; keep one.") % {"place": place})
    return Problem(
        "id", _("appears twice in the file, first at %(place)s; give each question its own.") % {"place": place}
    )


def taken_by(current: QuestionEntry) -> Problem:
    """Say that an id is that of quite another question."""
    message = _(
        "belongs to another question, “%(stem)s”; change the id, or import with “over questions that were edited here” "
        "(--overwrite) to replace that question."
    )
    return Problem("id", message % {"stem": shortened(current.stem)[:60]})


def with_own(entry: QuestionEntry, current: QuestionEntry, assumed: Collection[str]) -> QuestionEntry:
    """Return the entry with the question's own values of what the file says nothing."""
    own = {name: getattr(current, name) for name in assumed if name != "rationales"}
    if "skills" in own:  # a skill goes with its task: moved to another one, the question leaves it behind
        tasks = own.get("tasks", entry.tasks)
        own["skills"] = {
            certification: code
            for certification, code in current.skills.items()
            if tasks.get(certification) == current.tasks.get(certification)
        }
    same = [option.text for option in entry.options] == [option.text for option in current.options]
    if same and "rationales" in assumed:
        own["options"] = tuple(
            option.model_copy(update={"rationale": kept.rationale})
            for option, kept in zip(entry.options, current.options, strict=True)
        )
    return entry.model_copy(update=own)


def shortened(text: str) -> str:
    """Return a text on one line, at most 90 characters long."""
    joined = " ".join(text.split())
    return joined if len(joined) <= 90 else f"{joined[:89]}…"
