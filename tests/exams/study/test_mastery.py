"""First answers by task and domain, and the task to work on."""

import datetime as dt
from fractions import Fraction

import pytest

from exams.study.models import Memory
from exams.study.queries.mastery import (
    Focus,
    Known,
    Share,
    TaskMastery,
    TaskPlace,
    by_domain,
    focus_of,
    known_by_task,
    mastery,
)
from questions.models import Question, QuestionTask
from tests.exams.helpers import START, fill_task
from tests.factories import CertificationFactory, DomainFactory, TaskFactory, UserFactory
from tests.queries import count_queries

PASS = Fraction(69, 100)
DAY = dt.timedelta(days=1)


def remember(candidate, question, *, first=True, last=None, due_in=1, **fields):
    return Memory(
        candidate=candidate,
        question=question,
        was_right_first=first,
        is_right=first if last is None else last,
        answers=1,
        misses=0 if first else 1,
        last_at=START,
        stability=1.0,
        difficulty=5.0,
        due_at=START + due_in * DAY,
        **fields,
    )


def task_of(right, total, code="1.1", **known):
    return TaskMastery(TaskPlace(1, code, f"Task {code}", 1, "Domain"), Known(Share(right, total), **known))


@pytest.fixture
def task(db):
    return TaskFactory(domain=DomainFactory(number=1))


@pytest.fixture
def candidate(db):
    return UserFactory()


def known(candidate, task, due_before=START):
    return known_by_task(candidate, task.domain.certification, due_before=due_before).get(task.pk, Known())


def test_first_answers_count_whatever_came_later(candidate, task):
    one, two, three = fill_task(task, 3)
    Memory.objects.bulk_create(
        [remember(candidate, one, first=False, last=True), remember(candidate, two), remember(candidate, three)]
    )

    assert known(candidate, task).share == Share(2, 3)


def test_answers_of_others_and_of_other_certifications_do_not_count(candidate, task):
    (question,) = fill_task(task, 1)
    other = TaskFactory(domain=DomainFactory(number=1))
    QuestionTask.objects.create(question=question, task=other)
    Memory.objects.bulk_create([remember(candidate, question, first=False), remember(UserFactory(), question)])

    assert known(candidate, task).share == Share(0, 1)
    assert known(candidate, other).share == Share(0, 1)
    assert known_by_task(candidate, CertificationFactory(), due_before=START) == {}


def test_what_is_retired_or_reserved_was_answered_but_is_not_to_be_practised(candidate, task):
    open_one, retired, reserved = fill_task(task, 3)
    Question.objects.filter(pk=retired.pk).update(status=Question.Status.RETIRED)
    Question.objects.filter(pk=reserved.pk).update(is_reserved=True)
    Memory.objects.bulk_create(remember(candidate, each, first=False) for each in (open_one, retired, reserved))

    assert known(candidate, task, START + 2 * DAY) == Known(Share(0, 3), met=1, due=1, missed=1)


@pytest.mark.parametrize(("due_in", "due"), [(0, 1), (1, 0), (None, 0)])
def test_due_is_what_comes_back_before_the_moment(candidate, task, due_in, due):
    (question,) = fill_task(task, 1)
    memory = remember(candidate, question, first=False, due_in=due_in or 0)
    memory.due_at = memory.due_at if due_in is not None else None
    memory.save()

    assert known(candidate, task, START + DAY).due == due


def test_known_takes_one_query(candidate, task):
    Memory.objects.bulk_create(remember(candidate, question) for question in fill_task(task, 20))

    with count_queries() as counted:
        known(candidate, task)
    assert counted.number == 1


# --- Pure -----------------------------------------------------------------------------------------------------------


def test_share_without_answers_has_neither_percent_nor_interval():
    assert (Share().percent, Share().interval, Share().low, Share().high) == (None, None, None, None)


def test_share_has_the_interval_of_wilson_in_percent():
    share = Share(23, 62)
    assert (round(share.low or 0), round(share.high or 0)) == (26, 50)


def test_domains_sum_their_tasks_in_order():
    places = [
        TaskPlace(1, "2.1", "A", 2, "Two"),
        TaskPlace(2, "1.1", "B", 1, "One"),
        TaskPlace(3, "1.2", "C", 1, "One"),
    ]
    domains = by_domain(mastery(places, {2: Known(Share(1, 4)), 3: Known(Share(2, 6))}))

    assert [(domain.number, domain.share) for domain in domains] == [(1, Share(3, 10)), (2, Share(0, 0))]


def test_unmet_is_what_may_be_practised_and_was_not_met():
    place = TaskPlace(1, "1.1", "A", 1, "One", questions=10)
    assert [TaskMastery(place, Known(met=met)).unmet for met in (0, 4, 12)] == [10, 6, 0]


WEAK, WEAKER, LOW, HIGH, FEW = (
    task_of(8, 23, "1.1"),
    task_of(2, 20, "1.2"),
    task_of(10, 20, "1.3"),
    task_of(60, 60, "1.4"),
    task_of(0, 2, "1.5"),
)


@pytest.mark.parametrize(
    ("tasks", "focus"),
    [
        ([HIGH, WEAK, WEAKER, LOW, FEW], Focus(WEAKER, "weak")),
        ([HIGH, WEAK, FEW], Focus(WEAK, "weak")),
        ([HIGH, LOW, FEW], Focus(LOW, "lowest")),
        ([task_of(5, 8), HIGH], Focus(task_of(5, 8), "lowest")),
        ([task_of(5, 7), FEW], None),
        ([HIGH, task_of(59, 60, "1.6")], Focus(task_of(59, 60, "1.6"), "strong")),
        ([], None),
    ],
)
def test_focus_is_the_task_surely_below_the_mark_else_the_lowest(tasks, focus):
    assert focus_of(tasks, PASS) == focus
