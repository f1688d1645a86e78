"""What the workers learn, and when."""

import datetime as dt

import pytest

from exams import tasks
from exams.attempts.services.closing import submit_attempt
from exams.scoring.models import Score
from exams.study.models import Memory
from exams.study.services import learning
from tests.exams.helpers import MINUTE, START
from tests.factories import make_attempt, make_exam

pytestmark = pytest.mark.django_db


def handed_in(**fields):
    attempt = make_attempt(now=START, **fields)
    submit_attempt(candidate=attempt.candidate, attempt_id=attempt.pk, answers=[], now=START + MINUTE)
    return attempt


def test_score_is_learned_from_with_the_score(clock):
    attempt = handed_in()
    clock.move_to(START + MINUTE)

    tasks.score_attempt(str(attempt.pk))

    assert Memory.objects.filter(candidate=attempt.candidate).count() == 4
    assert Score.objects.get().learn_at is None


def test_beat_learns_what_has_waited(clock):
    exam = make_exam(per_domain=4)
    attempt = handed_in(exam=exam)
    open_one = make_attempt(exam=make_exam(), candidate=attempt.candidate, now=START)
    tasks.score_attempt(str(attempt.pk))
    assert Memory.objects.count() == 0
    submit_attempt(candidate=open_one.candidate, attempt_id=open_one.pk, answers=[], now=START + MINUTE)

    clock.move_to(START + dt.timedelta(hours=3))
    tasks.count_scores()

    assert Memory.objects.count() == 4


def test_end_of_the_exam_that_it_waited_for_is_enough(clock):
    attempt = handed_in()
    open_one = make_attempt(exam=make_exam(), candidate=attempt.candidate, now=START)
    tasks.score_attempt(str(attempt.pk))

    submit_attempt(candidate=open_one.candidate, attempt_id=open_one.pk, answers=[], now=START + MINUTE)
    tasks.score_attempt(str(open_one.pk))

    assert Memory.objects.count() == 8


def test_score_stands_where_nothing_can_be_learned(clock, monkeypatch):
    attempt = handed_in()

    def failing(**_):
        raise ValueError("A memory that no library knows.")

    monkeypatch.setattr(learning, "learn", failing)
    tasks.score_attempt(str(attempt.pk))

    score = Score.objects.get()
    assert (score.learn_at, score.learning_error) == (None, "ValueError: A memory that no library knows.")
