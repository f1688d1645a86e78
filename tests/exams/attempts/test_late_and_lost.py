"""Two tabs on a network that delays, repeats and loses: whatever happens, no older change undoes a newer one."""

import itertools
from dataclasses import dataclass, field

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exams.attempts.models import AttemptItem
from exams.attempts.services.saving import Answer, save_answer
from exams.exceptions import StaleAnswer
from tests.exams.helpers import MINUTE, START, item_of
from tests.factories import make_attempt

pytestmark = pytest.mark.django_db


@dataclass
class Sent:
    """A request on its way: what it says, and the moment the candidate made that change."""

    tab: "Tab"
    answer: Answer
    made_at: int


@dataclass
class Tab:
    """What static/exams/answers.js keeps of one question."""

    page: str
    sequence: int = 0
    count: int = 0
    chosen: tuple[int, ...] = ()
    changed_at: int = 0


@dataclass
class Exam:
    item: AttemptItem
    tabs: list[Tab] = field(default_factory=lambda: [Tab("tab-0"), Tab("tab-1")])
    on_the_way: list[Sent] = field(default_factory=list)
    moment: int = 0
    pages: int = 2
    # When the newest change of each page was made of those that the server took.
    acknowledged: dict[str, int] = field(default_factory=dict)

    def fresh(self):
        return AttemptItem.objects.get(pk=self.item.pk)

    def shown(self, item):
        return () if item.response is None else tuple(item.option_order.index(own) for own in item.response)

    def change(self, number, chosen):
        """The candidate chooses an option, or clears the answer; the page sends it."""
        tab = self.tabs[number]
        self.moment += 1
        tab.count, tab.chosen, tab.changed_at = tab.count + 1, chosen, self.moment
        self.resend(number)

    def resend(self, number):
        """The page tries again what it has, with what it knows by now."""
        tab = self.tabs[number]
        if tab.count:
            answer = Answer(position=1, chosen=tab.chosen, sequence=tab.sequence, page=tab.page, count=tab.count)
            self.on_the_way.append(Sent(tab, answer, tab.changed_at))

    def reload(self, number):
        fresh = self.fresh()
        self.tabs[number] = Tab(f"tab-{self.pages}", sequence=fresh.sequence, chosen=self.shown(fresh))
        self.pages += 1

    def deliver(self, index, *, is_answered):
        """A request reaches the server, not necessarily the oldest; the answer may be lost."""
        if not self.on_the_way:
            return
        sent = self.on_the_way.pop(index % len(self.on_the_way))
        known = self.fresh()
        before = self.shown(known)
        attempt = self.item.attempt
        try:
            saved = save_answer(
                candidate=attempt.candidate, attempt_id=attempt.pk, answer=sent.answer, now=START + MINUTE
            )
        except StaleAnswer:
            assert self.shown(self.fresh()) == before
            return
        page = sent.answer.page
        assert self.shown(self.fresh()) == sent.answer.chosen
        if before != sent.answer.chosen:
            # It changed something, so it must know what it changes, and no newer change of its page was taken.
            assert known.sequence == sent.answer.sequence or known.saved_by_page == page
            assert sent.made_at > self.acknowledged.get(page, 0)
        self.acknowledged[page] = max(self.acknowledged.get(page, 0), sent.made_at)
        if is_answered:
            sent.tab.sequence = saved.sequence


@pytest.fixture
def attempt():
    return make_attempt(now=START)


tabs = st.integers(0, 1)
choices = st.sampled_from([(), (0,), (1,)])
steps = st.lists(
    st.one_of(
        st.tuples(st.just("change"), tabs, choices),
        st.tuples(st.just("change"), tabs, choices),
        st.tuples(st.just("deliver"), st.integers(0, 5), st.booleans()),
        st.tuples(st.just("deliver"), st.integers(0, 5), st.booleans()),
        st.tuples(st.just("resend"), tabs),
        st.tuples(st.just("reload"), tabs),
    ),
    max_size=16,
)


@settings(
    deadline=None, max_examples=100, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=steps)
def test_no_older_change_of_a_page_undoes_a_newer_one_that_was_acknowledged(attempt, steps):
    with transaction.atomic():
        exam = Exam(item_of(attempt))
        for what, *details in steps:
            if what == "deliver":
                exam.deliver(details[0], is_answered=details[1])
            else:
                getattr(exam, what)(*details)
        transaction.set_rollback(True)


@pytest.mark.parametrize("tabs_of_changes", list(itertools.product((0, 1), repeat=2)))
def test_three_changes_that_arrive_in_any_order_do_not_undo_each_other(attempt, tabs_of_changes):
    """All cases: who makes the later changes, what is chosen, in which order they arrive."""
    for chosen, order in itertools.product(itertools.product([(), (0,)], repeat=3), itertools.permutations(range(3))):
        with transaction.atomic():
            exam = Exam(item_of(attempt))
            for number, choice in zip((0, *tabs_of_changes), chosen, strict=True):
                exam.change(number, choice)
            sent = list(exam.on_the_way)
            for index in order:
                exam.deliver(exam.on_the_way.index(sent[index]), is_answered=True)
            transaction.set_rollback(True)
