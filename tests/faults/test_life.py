"""Hypothesis walks the life of an attempt, with the wrong step at the wrong time as often as the right one."""

import datetime as dt

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from exams.attempts import timing
from exams.attempts.models import Attempt
from exams.attempts.services.closing import close_overdue, submit_attempt
from exams.attempts.services.saving import Answer, save_answer
from exams.attempts.services.starting import start_attempt
from exams.exceptions import AttemptClosed, StaleAnswer
from exams.scoring.models import Score
from exams.scoring.services import score_attempt
from tests.exams.helpers import START
from tests.factories import UserFactory, make_exam

pytestmark = pytest.mark.django_db
POSITIONS, OPTIONS = st.integers(1, 4), st.integers(0, 3)


class Life(RuleBasedStateMachine):
    """`answers` and `state` are the model: what a candidate was told, and so what must be true."""

    exam = candidate = None
    steps = 0

    def __init__(self):
        super().__init__()
        self._undo = transaction.atomic()
        self._undo.__enter__()
        self.now = START
        self.attempt = start_attempt(candidate=self.candidate, exam=self.exam, now=self.now, seed=1)
        self.answers, self.sequences, self.counts = {}, dict.fromkeys(range(1, 5), 0), dict.fromkeys("ab", 0)
        self.state, self.frozen = "in_progress", None

    def teardown(self):
        transaction.set_rollback(True)
        self._undo.__exit__(None, None, None)

    @property
    def is_accepting(self):
        return self.state == "in_progress" and self.now <= self.attempt.deadline_at + timing.GRACE

    @property
    def mine(self):
        return {"candidate": self.candidate, "attempt_id": self.attempt.pk, "now": self.now}

    @rule(seconds=st.sampled_from([0, 1, 9, 10, 11, 600, 1800]))
    def wait(self, seconds):
        self.now += dt.timedelta(seconds=seconds)

    @rule(position=POSITIONS, option=OPTIONS, page=st.sampled_from("ab"), behind=st.integers(0, 2))
    def save(self, position, option, page, behind):
        known = max(0, self.sequences[position] - behind)
        self.counts[page] += 1
        try:
            answer = Answer(position, (option,), sequence=known, page=page, count=self.counts[page])
            item = save_answer(**self.mine, answer=answer)
        except AttemptClosed:
            assert not self.is_accepting
        except StaleAnswer:
            assert known < self.sequences[position]
        else:
            assert self.is_accepting
            before, last_page = self.answers.get(position, (None, None))
            is_current = known == self.sequences[position] or last_page == page
            # Over another's answer only by someone who has seen it.
            assert is_current or before == option
            if is_current:
                self.answers[position] = option, page
            self.sequences[position] += is_current
            assert item.sequence == self.sequences[position]

    @rule()
    def start_again(self):
        if self.state == "in_progress":
            again = start_attempt(candidate=self.candidate, exam=self.exam, now=self.now)
            assert (again == self.attempt) == self.is_accepting
            if not self.is_accepting:  # closed by that visit, and another one begun
                self._submitted()

    @rule()
    def hand_in(self):
        submit_attempt(**self.mine)
        self._submitted()

    @rule()
    def sweep(self):
        close_overdue(now=self.now)
        if self.state == "in_progress" and not self.is_accepting:
            self._submitted()

    @rule()
    def score(self):
        score = score_attempt(attempt_id=self.attempt.pk, now=self.now)
        assert (score is None) == (self.state == "in_progress")
        if score:
            self.state = "scored"

    @precondition(lambda self: self.state != "in_progress")
    @rule(position=POSITIONS, option=OPTIONS)
    def hand_in_again_with_another_answer(self, position, option):
        submit_attempt(**self.mine, answers=[Answer(position, (option,), sequence=self.sequences[position])])

    def _submitted(self):
        if self.state == "in_progress":
            self.state, self.frozen = "submitted", self.now

    @invariant()
    def database_agrees(self):
        type(self).steps += 1
        attempt = Attempt.objects.get(pk=self.attempt.pk)
        assert (attempt.state, attempt.submitted_at) == (self.state, self.frozen)
        assert attempt.deadline_at == self.attempt.deadline_at
        stored = {}
        for item in attempt.items.exclude(response=None):
            (own,) = item.response
            stored[item.position] = item.option_order.index(own)
        assert stored == {position: option for position, (option, _) in self.answers.items()}
        scores = list(Score.objects.filter(attempt=attempt))
        assert len(scores) == (self.state == "scored")
        if scores:
            right = [item.response == item.revision.key for item in attempt.items.select_related("revision")]
            assert scores[0].correct == sum(right)


def test_no_illegal_step_in_the_life_of_an_attempt(table, times):
    Life.exam, Life.candidate, Life.steps = make_exam(), UserFactory(), 0
    # No deadline and no database of examples: the machine may be slow, and a run depends on nothing before it.
    calm = settings(
        max_examples=times(10, 250),
        stateful_step_count=times(20, 50),
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )

    run_state_machine_as_test(Life, settings=calm)

    table("steps in the life of an attempt", Life.steps, illegal=0)
    assert Life.steps >= times(100, 10_000)
