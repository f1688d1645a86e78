"""What people answered at their first meeting with a question: what the review shows of others."""

import pytest

from exams.scoring.services import score_attempt
from exams.statistics.models import QuestionStatistics
from exams.statistics.queries.counting import sums_of_question
from exams.statistics.services import count_scores
from exams.statistics.tallying import AlikeAnswers, question_sums
from tests.exams.helpers import MINUTE, START, close, item_of, make_exam_of
from tests.factories import UserFactory, make_attempt, make_content

pytestmark = pytest.mark.django_db


def alike(*marks, count=1, is_first=True, is_blank=False, is_reached=True):
    return AlikeAnswers(
        count=count, earned=0, is_scored=True, is_blank=is_blank, is_reached=is_reached, score_earned=0, score_total=2,
        marks=marks, is_first=is_first,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("answers", "first"),
    [
        ([], []),
        ([alike(1, 0, is_first=False)], []),
        ([alike(0, 0, is_blank=True)], []),
        ([alike(0, 0, is_reached=False)], []),
        ([alike(1, 0, count=3), alike(0, 1, count=2), alike(1, 1)], [6, 4, 3]),
        ([alike(1, 0), alike(0, 1, is_first=False, count=9)], [1, 1, 0]),
    ],
)
def test_first_answers_are_summed_without_repeats_and_blanks(answers, first):
    assert question_sums(answers, {}).first == first


def answered(exam, candidate, own, now):
    attempt = make_attempt(exam=exam, candidate=candidate, now=now)
    attempt.items.update(response=own)
    close(attempt)
    score_attempt(attempt_id=attempt.pk, now=now + 11 * MINUTE)
    return attempt


def test_worker_stores_what_each_candidate_answered_first(clock):
    exam, repeating = make_exam_of(make_content("x")), UserFactory()
    attempt = answered(exam, repeating, [2], START)
    answered(exam, repeating, [1], START + 20 * MINUTE)
    answered(exam, UserFactory(), [1], START)
    answered(exam, UserFactory(), None, START)

    while count_scores(now=START + 60 * MINUTE):
        pass

    revision = item_of(attempt).revision
    assert sums_of_question(revision).first == [2, 0, 1, 1, 0]
    assert QuestionStatistics.objects.get(revision=revision).first == [2, 0, 1, 1, 0]
