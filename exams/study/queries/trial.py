"""Five questions that anybody may try without an account: the same for everybody, never those reserved for exams."""

from collections.abc import Sequence

from django.core.cache import cache
from django.db.models import F, QuerySet, Window
from django.db.models.functions import RowNumber

from exams.attempts.queries.taking import ShownItem
from exams.blueprints.assembly import option_order
from exams.study.queries.bank import SECONDS
from questions.kinds import Told, kind_of
from questions.models import QuestionTask, Revision
from questions.queries import published_placements
from questions.rendering import render_markdown

QUESTIONS = 5


def open_to_all(certification_id: int) -> QuerySet[QuestionTask]:
    """Select what may be tried: published questions that no instructor reserves for exams. Cases are long to read."""
    placed = published_placements().filter(certification=certification_id, question__is_reserved=False)
    return placed.filter(question__published_revision__case_text="")


def trial_of(certification_id: int) -> list[int]:
    """Return the revisions of the questions to try, one of each domain first; as of a minute ago at most: one query."""

    def found() -> list[int]:
        place = Window(RowNumber(), partition_by=F("domain"), order_by=F("draw_key").asc())
        ranked = open_to_all(certification_id).annotate(place=place).filter(place__lte=QUESTIONS)
        rows = ranked.order_by("place", "domain__number").values_list("question__published_revision", flat=True)
        return [pk for pk in rows[:QUESTIONS] if pk is not None]

    revisions: list[int] = cache.get_or_set(_key(certification_id), found, SECONDS)  # type: ignore[assignment]
    return revisions


def _key(certification_id: int) -> str:
    return f"study-trial-{certification_id}"


def forget_trial(certification_id: int) -> None:
    """Look at the next visit which questions there are to try."""
    cache.delete(_key(certification_id))


def still_open(certification_id: int, revision_ids: Sequence[int]) -> bool:
    """Tell whether all of these revisions may still be tried: none was edited, retired or reserved meanwhile."""
    among = open_to_all(certification_id).filter(question__published_revision__in=revision_ids)
    return len(set(revision_ids)) == len(revision_ids) == among.count()


def order_of(revision_id: int, option_count: int, *, shuffle: bool, position: int) -> list[int]:
    """Return the order of the options, the same at every visit."""
    return option_order(option_count, shuffle=shuffle, seed=revision_id, position=position)


def asked_of(revision_ids: Sequence[int]) -> list[ShownItem]:
    """Return these questions as they are asked: one query, which does not read key, rationales or explanation."""
    columns = ("pk", "kind", "stem", "options", "choices", "choose", "prompt", "shuffle_options")
    rows = Revision.objects.filter(pk__in=revision_ids).order_by().values_list(*columns)
    found = {row[0]: row[1:] for row in rows}
    items = []
    for position, pk in enumerate((pk for pk in revision_ids if pk in found), start=1):
        name, stem, options, choices, choose, prompt, shuffles = found[pk]
        kind = kind_of(name)
        order = order_of(pk, len(options), shuffle=shuffles or kind.always_shuffles, position=position)
        items.append(
            ShownItem(
                position=position,
                case=render_markdown(""),
                stem=render_markdown(stem),
                asked=kind.asked(Told(options, choices, choose, prompt), order, None),
                is_flagged=False,
                seconds_spent=0,
                sequence=0,
            )
        )
    return items
