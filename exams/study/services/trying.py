"""Judging what a visitor tried. Nothing is stored: there is nobody whom it would belong to."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from django.utils.translation import gettext as _

from exams.attempts.services.saving import Answer, apply_answer
from exams.blueprints.rules import FULL, RULE, rule_of
from exams.exceptions import InvalidResponse
from exams.study.models import PracticeItem
from exams.study.queries.trial import order_of
from questions.kinds import kind_of
from questions.models import Revision
from questions.queries import Previewed, previewed


@dataclass(frozen=True)
class Tried:
    """A question with key and rationales, and what the answer was worth."""

    position: int
    question: Previewed
    points: Fraction
    is_answered: bool

    @property
    def is_right(self) -> bool:
        return self.points == 1


def judge_trial(*, revision_ids: Sequence[int], answers: Sequence[Answer]) -> list[Tried]:
    """Return what came of each question: one query. Raises `InvalidResponse` for what no page of them can send."""
    revisions = Revision.objects.select_related("question").in_bulk(revision_ids)
    given = {answer.position: answer for answer in answers}
    if given.keys() - range(1, len(revision_ids) + 1):
        raise InvalidResponse(_("We cannot find this question."))
    return [_tried(revisions[pk], position, given.get(position)) for position, pk in enumerate(revision_ids, start=1)]


def _tried(revision: Revision, position: int, answer: Answer | None) -> Tried:
    shuffles = revision.shuffle_options or kind_of(revision.kind).always_shuffles
    order = order_of(revision.pk, len(revision.options), shuffle=shuffles, position=position)
    item = PracticeItem(position=position, revision=revision, option_order=order)
    if answer is not None:
        apply_answer(item, answer)
    earned = rule_of(RULE).earned(revision.kind, revision.key, len(revision.options), item.response)
    return Tried(position, previewed(revision, order, item.response), Fraction(earned, FULL), item.response is not None)
