"""A question is corrected while attempts that ask it are under way: the first score anybody sees knows it."""

import pytest
from django.urls import reverse

from accounts.models import User
from exams.attempts.models import Attempt
from exams.attempts.services.closing import submit_attempt
from exams.corrections.services import order_rescore, rescore_batch
from exams.scoring.models import Score
from exams.scoring.services import score_attempt
from tests.exams.corrections.test_rescoring import answered, asked_about, correct, with_key
from tests.exams.helpers import MINUTE, START, client_of
from tests.factories import UserFactory, make_content

pytestmark = pytest.mark.django_db


@pytest.fixture
def instructor():
    return User.objects.get(pk=UserFactory(instructor=True).pk)


def hand_in(attempt, now=START + 3 * MINUTE):
    submit_attempt(candidate=attempt.candidate, attempt_id=attempt.pk, now=now)
    return score_attempt(attempt_id=attempt.pk, now=now)


@pytest.mark.parametrize(("rule", "own"), [("credit", None), ("credit", [0]), ("key", [2])])
def test_first_score_that_is_shown_knows_the_orders_given_while_the_attempt_was_under_way(clock, instructor, rule, own):
    exam, question = asked_about(cut_score=100, scale_min=0, scale_max=200)
    attempt = answered(exam, question, own, hand_in=False)
    correct(question, with_key(make_content("x"), 2))
    old = question.revisions.order_by("number").first()
    order_rescore(old_revision=old, rule=rule, by=instructor, reason="Both are right.", now=START + MINUTE)

    score = hand_in(attempt)

    assert (score.version, score.correct, score.is_passed, score.is_current) == (2, 1, True, True)
    assert attempt.scores.get(is_current=True) == score
    page = client_of(attempt.candidate).get(reverse("exams:attempt-result", args=[attempt.pk])).text
    assert '<span class="tag good"> at the pass mark of 100</span>' in " ".join(page.split())
    assert "Both are right." in page


def test_an_order_given_before_the_attempt_began_does_not_concern_it(clock, instructor):
    exam, question = asked_about()
    answered(exam, question, [2])
    old = question.revisions.get()
    order_rescore(old_revision=old, rule="credit", by=instructor, reason="Both.", now=START - MINUTE)

    score = hand_in(answered(exam, question, [0], hand_in=False))

    assert (score.version, score.correct) == (1, 0)


def test_several_orders_are_all_in_the_first_score(clock, instructor):
    exam, question = asked_about()
    attempt = answered(exam, question, None, hand_in=False)
    for number, item in enumerate(attempt.items.select_related("revision")):
        order_rescore(
            old_revision=item.revision, rule="credit", by=instructor, reason=f"Reason {number}.", now=START + MINUTE
        )

    assert (hand_in(attempt).correct, Score.objects.count()) == (2, 3)


def test_an_order_that_fails_holds_up_no_score_and_is_tried_again(clock, instructor, monkeypatch):
    exam, question = asked_about()
    attempt = answered(exam, question, None, hand_in=False)
    rescore = order_rescore(
        old_revision=question.revisions.get(), rule="credit", by=instructor, reason="Both.", now=START + MINUTE
    )
    with monkeypatch.context() as broken:
        broken.setattr("exams.scoring.judging._corrected", lambda item, rescore, rule: 1 // 0)
        assert hand_in(attempt).version == 1

    rescore_batch(rescore_id=rescore.pk, now=START + 4 * MINUTE)

    assert Attempt.objects.get().scores.get(is_current=True).version == 2
