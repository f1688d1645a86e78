"""What a candidate may read again after hand-in: questions with key and rationales."""

import datetime as dt
from copy import copy
from dataclasses import dataclass, replace
from fractions import Fraction

from django.utils.translation import gettext as _

from accounts.models import User
from exams.attempts.models import Attempt, AttemptItem
from exams.blueprints.rules import FULL
from exams.corrections.queries import applied_rescores
from exams.release.queries import may_know, shown_of_each
from exams.release.shown import When
from exams.scoring import outline
from exams.scoring.comparing import translated
from exams.scoring.estimates import shown_points
from exams.scoring.models import JudgedAnswer, Rescore, Score
from questions.kinds.base import moved
from questions.models import Certification, Question, Revision
from questions.queries import Previewed, previewed
from questions.rendering import NOTHING


@dataclass(frozen=True)
class ReviewedItem:
    """A question as it was asked and answered; domain and task have the names of when it was scored."""

    position: int
    question: Previewed
    task: str
    domain_number: int
    domain_name: str
    correction: str
    points: Fraction
    is_answered: bool
    is_flagged: bool
    is_scored: bool
    seconds_spent: int

    @property
    def is_right(self) -> bool:
        return self.points == 1

    @property
    def shown_points(self) -> str:
        """What a partly right answer earned of its point; "" for one that is right or wrong."""
        return shown_points(self.points) if 0 < self.points < 1 else ""

    @property
    def time_spent(self) -> str:
        minutes, seconds = divmod(self.seconds_spent, 60)
        if minutes:
            return _("%(minutes)d min %(seconds)d s") % {"minutes": minutes, "seconds": seconds}
        return _("%(seconds)d s") % {"seconds": seconds}


def reviewed_items(attempt: Attempt, score: Score, *, is_explained: bool = True) -> list[ReviewedItem]:
    """Return the questions of a scored attempt with key, rationales and what the candidate answered: two queries.

    Without those that the candidate may not learn about while another attempt is under way. Whether the key may be
    shown yet is for `shown_of` to say; without `is_explained` there is the key and no word about it.
    """
    # Read first: as a part of the next query it is a plan that PostgreSQL can get wrong by minutes.
    known = list(may_know(attempt.items.all(), attempt.candidate_id).order_by().values_list("pk", flat=True))
    answers = score.answers.filter(item__in=known).order_by("item__position")
    rescores = applied_rescores(attempt) if score.rescore_id else {}
    places = outline.read(score.outline)
    return [
        _reviewed(answer, places[answer.task_id], is_explained, rescores.get(answer.question_id))
        for answer in answers.select_related("item__revision__question")
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


def _reviewed(answer: JudgedAnswer, place: outline.Place, is_explained: bool, rescore: Rescore | None) -> ReviewedItem:
    item = answer.exam_item
    question = _judged_by(item, rescore)
    return ReviewedItem(
        position=item.position,
        question=question if is_explained else _unexplained(question),
        task=place.label,
        domain_number=place.domain_number,
        domain_name=place.domain_name,
        correction=f"{rescore.get_rule_display()}: {rescore.reason}" if rescore else "",
        points=Fraction(answer.earned, FULL),
        is_answered=item.response is not None,
        is_flagged=item.is_flagged,
        is_scored=item.is_scored,
        seconds_spent=item.seconds_spent,
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
