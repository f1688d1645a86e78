"""What a candidate may read again after hand-in: questions with key and rationales."""

import datetime as dt
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, replace
from fractions import Fraction

from django.db.models import F

from accounts.models import User
from exams.attempts import timing
from exams.attempts.models import Attempt, AttemptItem
from exams.blueprints.rules import FULL
from exams.corrections.queries import applied_rescores
from exams.release.queries import may_know, shown_of_each
from exams.release.shown import When
from exams.results.queries.outcomes import Outcome
from exams.scoring.comparing import translated
from exams.scoring.estimates import shown_percent, shown_points
from exams.scoring.models import Rescore, Score
from questions.kinds import kind_of
from questions.kinds.base import moved
from questions.kinds.showing import AnswerLine
from questions.models import Certification, Question, Revision
from questions.queries import Previewed, previewed, told_of
from questions.rendering import NOTHING

# Of fewer first answers no shares are shown.
MINIMUM_FOR_SHARES = 20


@dataclass(frozen=True)
class Change:
    """An answer that was changed: the first one and the last, in words, and after how many seconds; None: unknown."""

    first: list[AnswerLine]
    last: list[AnswerLine]
    after: int | None

    @property
    def after_time(self) -> str:
        return "" if self.after is None else timing.in_seconds(self.after)


@dataclass(frozen=True)
class ReviewedItem:
    """A question as it was asked and answered; domain and task have the names of when it was scored."""

    position: int
    question: Previewed
    task: str
    domain_name: str
    correction: str
    points: Fraction
    is_answered: bool
    is_flagged: bool
    is_scored: bool
    is_sure: bool | None
    seconds_spent: int
    change: Change | None
    first_answers: int  # by how many candidates; 0 where they are too few for the shares of the options

    @property
    def is_right(self) -> bool:
        return self.points == 1

    @property
    def shown_points(self) -> str:
        """What a partly right answer earned of its point; "" for one that is right or wrong."""
        return shown_points(self.points) if 0 < self.points < 1 else ""

    @property
    def time_spent(self) -> str:
        return timing.in_seconds(self.seconds_spent)


def reviewed_items(
    attempt: Attempt, score: Score, outcomes: Sequence[Outcome], *, is_explained: bool = True
) -> list[ReviewedItem]:
    """Return these questions of a scored attempt with key, rationales and what the candidate answered: one query.

    The outcomes are of what the candidate may learn about now. Whether the key may be shown yet is for `shown_of` to
    say; without `is_explained` there is the key and no word about it.
    """
    items = AttemptItem.objects.filter(pk__in=[outcome.item_id for outcome in outcomes]).order_by()
    items = items.select_related("revision__question").annotate(first=F("revision__statistics__first"))
    found = {item.pk: item for item in items}
    rescores = applied_rescores(attempt) if score.rescore_id else {}
    return [
        _reviewed(outcome, found[outcome.item_id], is_explained, rescores.get(outcome.question_id))
        for outcome in outcomes
    ]


def _judged_by(item: AttemptItem, rescore: Rescore | None) -> Previewed:
    """Show a question as it was asked; judged by a corrected key, with that key and what is said about it today."""
    asked = item.revision
    if rescore is None or rescore.rule == Rescore.Rule.CREDIT:
        return previewed(asked, item.option_order, item.response)
    judged = copy(rescore.revision)
    judged.question, judged.case_text, judged.stem = asked.question, asked.case_text, asked.stem
    places = moved(asked.options, judged.options)
    return previewed(judged, [places[own] for own in item.option_order], translated(asked, judged, item.response))


def _unexplained(question: Previewed) -> Previewed:
    options = [replace(option, rationale=NOTHING) for option in question.solved.options]
    solved = replace(question.solved, options=options)
    return replace(question, solved=solved, explanation=NOTHING, service_note=NOTHING, references=[])


def _change(item: AttemptItem) -> Change | None:
    if item.first_response is None or item.first_response == item.response:
        return None
    kind, told = kind_of(item.revision.kind), told_of(item.revision)
    first, last = (kind.asked(told, item.option_order, answer).lines for answer in (item.first_response, item.response))
    return Change(first, last, item.changed_after)


def _first_sums(item: AttemptItem) -> list[int]:
    """Return how many answered the question at their first meeting, and marked each option; [] of too few."""
    sums: list[int] = item.first or []  # type: ignore[attr-defined]  # annotated
    return sums if sums and sums[0] >= MINIMUM_FOR_SHARES else []


def _with_shares(question: Previewed, order: Sequence[int], sums: Sequence[int]) -> Previewed:
    """Say of each option how many of a hundred candidates marked it. A question without options is as it was."""
    if not sums:
        return question
    options = [
        replace(option, share=shown_percent(Fraction(100 * sums[1 + order[option.number]], sums[0])))
        for option in question.solved.options
    ]
    return replace(question, solved=replace(question.solved, options=options))


def _reviewed(outcome: Outcome, item: AttemptItem, is_explained: bool, rescore: Rescore | None) -> ReviewedItem:
    # Marks of some kinds say what was right by the old key.
    sums = [] if rescore else _first_sums(item)
    question = _with_shares(_judged_by(item, rescore), item.option_order, sums)
    return ReviewedItem(
        position=item.position,
        question=question if is_explained else _unexplained(question),
        task=outcome.task,
        domain_name=outcome.domain_name,
        correction=f"{rescore.get_rule_display()}: {rescore.reason}" if rescore else "",
        points=Fraction(outcome.earned, FULL),
        is_answered=item.response is not None,
        is_flagged=item.is_flagged,
        is_scored=item.is_scored,
        is_sure=item.is_sure,
        seconds_spent=item.seconds_spent,
        change=_change(item),
        first_answers=sums[0] if sums and question.solved.options else 0,
    )


def answered_in_chapter(
    candidate: User, certification: Certification, chapter: int, now: dt.datetime
) -> list[Revision]:
    """Return the chapter's questions that the candidate has answered in a scored attempt, as they read today.

    Of attempts whose key and explanations are shown. Without what `may_know` leaves out while an attempt is under way.
    """
    scored = Attempt.objects.filter(candidate=candidate, state=Attempt.State.SCORED).select_related("exam")
    shown = shown_of_each(scored, now, with_score=False)
    explained = [attempt_id for attempt_id in shown if shown[attempt_id].explanations is When.NOW]
    answered = AttemptItem.objects.filter(attempt__in=explained, response__isnull=False)
    questions = Question.objects.published().filter(
        placements__certification=certification,
        source_chapter=chapter,
        pk__in=may_know(answered, candidate).values("question_id"),
    )
    return [
        question.published_revision
        for question in questions.select_related("published_revision__question").order_by("source_id")
        if question.published_revision
    ]
