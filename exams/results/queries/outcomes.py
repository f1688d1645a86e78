"""What became of each question of a scored attempt, without its texts: what the palette, the chips and a new practice
of what was missed are made of."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from django.core.cache import cache
from django.db.models import Exists
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from exams.attempts import timing
from exams.attempts.models import Attempt
from exams.blueprints.rules import FULL
from exams.corrections.queries import applied_rescores
from exams.release.queries import may_know
from exams.scoring import outline
from exams.scoring.comparing import translated
from exams.scoring.models import Rescore, Score
from questions.kinds import Response, kind_of
from questions.models import Question

# A question is slow that took so many times its share of the exam's time.
SLOW = 1.5
KEPT = 300  # seconds


@dataclass(frozen=True)
class Outcome:
    """`earned` is in parts; `was_right`: by the first answer, before it was changed."""

    position: int
    item_id: int
    question_id: int
    task: str
    domain_number: int
    domain_name: str
    earned: int
    is_answered: bool
    is_flagged: bool
    is_sure: bool | None
    is_slow: bool
    was_right: bool
    is_practisable: bool

    @property
    def is_right(self) -> bool:
        return self.earned == FULL

    @property
    def state(self) -> str:
        """Also a class of the style sheet."""
        if self.is_right:
            return "right"
        if self.earned:
            return "partly"
        return "wrong" if self.is_answered else "blank"


STATES = {
    "right": pgettext_lazy("a question", "correct"),
    "partly": pgettext_lazy("a question", "partly correct"),
    "wrong": pgettext_lazy("a question", "wrong"),
    "blank": pgettext_lazy("a question", "no answer"),
}

# What can be looked at alone, by its name in the address, in the order of the chips.
FILTERS: dict[str, tuple[object, Callable[[Outcome], bool]]] = {
    "": (_("All"), lambda outcome: True),
    "wrong": (_("Wrong"), lambda outcome: not outcome.is_right),
    "sure-wrong": (_("Sure but wrong"), lambda outcome: outcome.is_sure is True and not outcome.is_right),
    "unsure": (_("Unsure"), lambda outcome: outcome.is_sure is False),
    "flagged": (_("Flagged"), lambda outcome: outcome.is_flagged),
    "slow": (_("Slow"), lambda outcome: outcome.is_slow),
    "changed": (_("Right → wrong"), lambda outcome: outcome.was_right and not outcome.is_right),
}


def current_score(attempt: Attempt) -> Score | None:
    """Return the score that counts, with `has_under_way`: whether its candidate is sitting any exam."""
    under_way = Attempt.objects.in_progress().filter(candidate=attempt.candidate_id).order_by()
    return attempt.scores.filter(is_current=True).annotate(has_under_way=Exists(under_way)).order_by().first()


def outcomes_of(attempt: Attempt, score: Score) -> list[Outcome]:
    """Return the outcomes of what the candidate may learn about now, in the order of the attempt, by its current score.

    Whether the key may be shown yet is for `shown_of` to say: an outcome tells it. Answers of a score never change, so
    they are read once in a while and not for each of sixty-five pages; what is under way is asked each time.
    """
    name = f"outcomes-{attempt.pk}-{score.version}"
    every: list[Outcome] = cache.get_or_set(name, lambda: _read(attempt, score), KEPT) or []
    if not score.has_under_way:  # type: ignore[attr-defined]  # annotated
        return every
    known = set(may_know(attempt.items.all(), attempt.candidate_id).order_by().values_list("pk", flat=True))
    return [outcome for outcome in every if outcome.item_id in known]


def _read(attempt: Attempt, score: Score) -> list[Outcome]:
    rows = score.answers.order_by("item__position").values_list(
        "item__position", "item", "question", "task", "earned", "seconds", "is_sure",
        "item__is_flagged", "item__response", "item__first_response", "revision__kind", "revision__key",
        "question__status", "question__is_reserved",
    )  # fmt: skip
    rescores = applied_rescores(attempt) if score.rescore_id else {}
    places, limit = outline.read(score.outline), SLOW * pace_of(attempt, score)
    return [
        Outcome(
            position=position,
            item_id=item_id,
            question_id=question_id,
            task=places[task_id].label,
            domain_number=places[task_id].domain_number,
            domain_name=places[task_id].domain_name,
            earned=earned,
            is_answered=response is not None,
            is_flagged=is_flagged,
            is_sure=is_sure,
            is_slow=seconds > limit,
            was_right=first not in (None, response) and is_right(kind, key, first, rescores.get(question_id)),
            is_practisable=status == Question.Status.PUBLISHED and not is_reserved,
        )
        for (
            position, item_id, question_id, task_id, earned, seconds, is_sure,
            is_flagged, response, first, kind, key, status, is_reserved,
        ) in rows
    ]  # fmt: skip


def is_right(kind: str, key: Response, response: Response, rescore: Rescore | None) -> bool:
    """Judge an answer as the score judges the last one: by the corrected key where the question was re-scored."""
    if rescore is None:
        return bool(kind_of(kind).points(key, response))
    if rescore.rule == Rescore.Rule.CREDIT:
        return True
    judged = rescore.revision
    return bool(kind_of(kind).points(judged.key, translated(rescore.old_revision, judged, response)))


def pace_of(attempt: Attempt, score: Score) -> float:
    """Return the seconds that each question could take: the candidate's own time, extra time included."""
    return timing.pace(attempt.started_at, attempt.deadline_at, score.total + score.unscored_total)


def chosen(outcomes: Sequence[Outcome], show: str, domain: str) -> list[Outcome]:
    """Return those of a filter and, unless it is "", of the domain with this number. An unknown filter leaves all."""
    _label, matches = FILTERS.get(show, FILTERS[""])
    return [outcome for outcome in in_domain(outcomes, domain) if matches(outcome)]


def in_domain(outcomes: Sequence[Outcome], domain: str) -> list[Outcome]:
    return [outcome for outcome in outcomes if not domain or str(outcome.domain_number) == domain]


def domains_of(outcomes: Collection[Outcome]) -> list[tuple[int, str]]:
    return sorted({(outcome.domain_number, outcome.domain_name) for outcome in outcomes})


def misses(outcomes: Sequence[Outcome]) -> list[int]:
    """Return the ids of the questions to practise again."""
    return [outcome.question_id for outcome in outcomes if not outcome.is_right and outcome.is_practisable]
