"""The plan, and what it says for today."""

import datetime as dt
from collections import Counter

import pytest

from exams.attempts.models import Attempt
from exams.exceptions import PlanRefused, PracticeRefused
from exams.study.models import Memory, Practice, PracticeItem, StudyPlan
from exams.study.queries.bank import offers
from exams.study.queries.mastery import TaskPlace, focus_of, known_by_task, mastery
from exams.study.queries.today import aimed, plan_of, practices_to_resume, todays, tomorrow, topic_of, week_of
from exams.study.services.planning import set_plan, start_today
from exams.study.services.practising import finish_practice
from questions.models import Question, Task
from tests.exams.helpers import START, fill_task, finish
from tests.exams.study.test_mastery import remember
from tests.exams.study.test_practising import check, items_of, right, wrong
from tests.exams.study.test_practising import start as start_chosen_of
from tests.factories import CertificationFactory, DomainFactory, ExamFactory, TaskFactory, UserFactory, make_attempt

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)
TODAY = START.date()
Reason = PracticeItem.Reason


@pytest.fixture
def candidate():
    return UserFactory(time_zone="UTC")


@pytest.fixture
def certification():
    """Two minutes a question, so that twenty minutes are ten questions; two domains of twelve questions each."""
    certification = CertificationFactory(question_count=10, minutes=20)
    for number in (1, 2):
        fill_task(TaskFactory(domain=DomainFactory(certification=certification, number=number)), 12)
    return certification


def offer_of(certification):
    (offer,) = [offer for offer in offers() if offer.certification.pk == certification.pk]
    return offer


def start(candidate, certification, now=START, seed=1):
    return start_today(candidate=candidate, offer=offer_of(certification), now=now, seed=seed)


def today(candidate, certification, now=START):
    offer = offer_of(certification)
    known = known_by_task(candidate, certification, due_before=tomorrow(candidate, now))
    tasks = mastery(offer.tasks, known)
    return todays(
        candidate,
        offer,
        aimed(plan_of(candidate), certification),
        tasks,
        focus_of(tasks, certification.pass_share),
        practised=week_of(candidate, now)[-1].practised,
        now=now,
    )


def plan(candidate, certification, days=None, minutes=20, now=START):
    date = None if days is None else now.date() + days * DAY
    return set_plan(candidate=candidate, certification=certification, exam_date=date, minutes_a_day=minutes, now=now)


def reasons(practice):
    return [item.reason for item in items_of(practice)]


# --- The plan --------------------------------------------------------------------------------------------------------


def test_plan_that_was_chosen_last_is_the_one_that_counts(candidate, certification):
    other = CertificationFactory()
    plan(candidate, certification, 40)
    plan(candidate, other, 10, now=START + DAY)
    assert plan_of(candidate).certification == other

    plan(candidate, certification, 41, minutes=30, now=START + 2 * DAY)

    chosen = plan_of(candidate)
    assert (chosen.certification, chosen.minutes_a_day) == (certification, 30)
    assert StudyPlan.objects.count() == 2


@pytest.mark.parametrize(
    ("days", "is_refused"), [(-1, True), (0, False), (1, False), (5 * 366, False), (5 * 366 + 1, True)]
)
def test_plan_is_for_a_day_to_come(candidate, certification, days, is_refused):
    if is_refused:
        with pytest.raises(PlanRefused):
            plan(candidate, certification, days)
    else:
        plan(candidate, certification, days)
    assert StudyPlan.objects.exists() is not is_refused


def test_day_to_come_is_one_where_the_candidate_is(certification):
    """At nine in UTC it is the same day in Los Angeles, and ten hours later the next one in Tokyo."""
    candidate = UserFactory(time_zone="Asia/Tokyo")
    evening = START.replace(hour=19)

    with pytest.raises(PlanRefused):
        plan(candidate, certification, 0, now=evening)


def test_new_exam_date_plans_what_was_learned_again(candidate, certification):
    practice = start(candidate, certification)
    check(practice, right(items_of(practice)[0]), START)
    without = Memory.objects.get().due_at

    plan(candidate, certification, 2)

    soon = Memory.objects.get().due_at
    assert without > START + DAY
    assert soon is None or soon < START + 2 * DAY
    plan(candidate, certification, None)
    assert Memory.objects.get().due_at == without


# --- Today -----------------------------------------------------------------------------------------------------------


def test_first_day_asks_new_questions_within_the_minutes(candidate, certification):
    practice = start(candidate, certification)

    assert reasons(practice) == [Reason.NEW] * 10
    assert practice.deadline_at is None
    assert {item.task.code for item in practice.items.select_related("task")} == {"1.1"}


def test_misses_come_back_the_next_day_after_a_sibling(candidate, certification):
    practice = start(candidate, certification)
    items = items_of(practice)
    for item in items[:2]:
        check(practice, wrong(item), START)
    for item in items[2:]:
        check(practice, right(item, is_sure=True), START)
    finish_practice(candidate=candidate, practice_id=practice.pk, now=START)

    next_day = start(candidate, certification, START + DAY)

    rows = list(next_day.items.order_by("position").values_list("question", "reason", "task"))
    missed = [item.question_id for item in items[:2]]
    asked = [question for question, _reason, _task in rows]
    assert {question for question, reason, _ in rows if reason == Reason.MISSED} == set(missed)
    assert [reason for _, reason, _ in rows[:2]] == [Reason.SIBLING] * 2
    assert all(asked.index(question) > 1 for question in missed)
    assert {task for _, reason, task in rows if reason == Reason.SIBLING} == {items[0].task_id}


@pytest.mark.parametrize(
    ("memory", "reason"),
    [
        ({"first": True}, Reason.DUE),
        ({"first": True, "is_sure": True}, Reason.DUE),
        ({"first": True, "is_sure": False}, Reason.UNSURE),
        ({"first": False}, Reason.MISSED),
        ({"first": False, "is_sure": False}, Reason.MISSED),
        ({"first": True, "last": False}, Reason.MISSED),
    ],
)
def test_what_comes_back_says_why(candidate, certification, memory, reason):
    question = Question.objects.first()
    remember(candidate, question, due_in=0, **memory).save()

    practice = start(candidate, certification)

    assert practice.items.get(question=question).reason == reason


@pytest.mark.parametrize("days", [None, 5, 20])
@pytest.mark.parametrize(("due", "missed"), [(0, 0), (1, 1), (4, 2), (9, 9), (12, 0), (12, 12)])
def test_home_says_how_many_questions_the_start_will_ask(candidate, certification, days, due, missed):
    questions = list(Question.objects.order_by("pk"))
    Memory.objects.bulk_create(
        remember(candidate, question, first=number >= missed, due_in=-1)
        for number, question in enumerate(questions[:due])
    )
    Memory.objects.bulk_create(remember(candidate, question, due_in=9) for question in questions[due : due + 2])
    if days is not None:
        StudyPlan.objects.create(
            candidate=candidate, certification=certification, exam_date=TODAY + days * DAY, chosen_at=START
        )

    said = today(candidate, certification)
    practice = start(candidate, certification)

    asked = reasons(practice)
    assert said.questions == len(asked) <= 10
    assert said.missed == asked.count(Reason.MISSED)
    assert said.queue.new == asked.count(Reason.NEW)
    assert said.queue.siblings == asked.count(Reason.SIBLING)


def test_reserved_questions_and_those_of_an_exam_under_way_are_neither_said_nor_asked(candidate):
    exam = ExamFactory(question_count=2)
    task = TaskFactory(domain=DomainFactory(certification=exam.certification, number=1))
    reserved, *others = fill_task(task, 5)
    Question.objects.filter(pk=reserved.pk).update(is_reserved=True)
    Memory.objects.bulk_create(remember(candidate, each, first=False, due_in=0) for each in [reserved, *others])
    attempt = make_attempt(exam=exam, candidate=candidate, now=START)
    held = set(attempt.items.values_list("question", flat=True)) | {reserved.pk}

    practice = start(candidate, exam.certification)

    assert held.isdisjoint(practice.items.values_list("question", flat=True))
    assert {each.pk for each in others} - held == set(practice.items.values_list("question", flat=True))


def test_two_clicks_start_one_practice(candidate, certification):
    assert start(candidate, certification, seed=1) == start(candidate, certification, seed=2)
    assert start(candidate, certification, START + DAY) != Practice.objects.earliest("started_at")


def test_what_was_practised_today_is_taken_off_todays_minutes(candidate, certification):
    practice = start(candidate, certification)
    for item in items_of(practice)[:4]:
        check(practice, right(item), START)
    assert today(candidate, certification).questions == 6

    for item in items_of(practice)[4:]:
        check(practice, right(item), START)
    finish_practice(candidate=candidate, practice_id=practice.pk, now=START)

    assert today(candidate, certification).questions == 0
    assert len(items_of(start(candidate, certification))) == 10  # and who wants more gets more


def test_nothing_to_do_is_said_in_words(candidate):
    certification = CertificationFactory()
    (question,) = fill_task(TaskFactory(domain=DomainFactory(certification=certification)), 1)
    remember(candidate, question, due_in=9).save()

    assert today(candidate, certification).questions == 0
    with pytest.raises(PracticeRefused, match="met every question"):
        start(candidate, certification)


def test_task_to_work_on_comes_first_then_what_is_least_known(candidate, certification):
    first, second = Task.objects.order_by("code")
    weak = Question.objects.filter(placements__task=second).order_by("pk")[:9]
    Memory.objects.bulk_create(remember(candidate, question, first=False, due_in=9) for question in weak)

    said, practice = today(candidate, certification), start(candidate, certification)

    assert [item.task_id for item in items_of(practice)] == [second.pk] * 3 + [first.pk] * 7
    assert said.topic == first.name


# --- The week --------------------------------------------------------------------------------------------------------


def test_week_counts_answers_by_the_candidates_own_days(certification):
    candidate = UserFactory(time_zone="America/Los_Angeles")
    late = dt.datetime(2026, 11, 21, 4, 0, tzinfo=dt.UTC)  # the 20th there
    practice = start(candidate, certification, now=late)
    for item in items_of(practice)[:3]:
        check(practice, right(item), late)
    exam = ExamFactory(certification=certification, question_count=4)
    finish(make_attempt(exam=exam, candidate=candidate, now=START), right=2)

    days = week_of(candidate, START + DAY)

    assert [day.date.day for day in days] == [16, 17, 18, 19, 20, 21, 22]
    assert [(day.answers, day.practised) for day in days[4:]] == [(3, 3), (4, 0), (0, 0)]
    assert Attempt.objects.count() == 1


def test_practice_under_way_is_resumed_and_what_is_over_is_not(candidate, certification):
    practice = start(candidate, certification)
    check(practice, right(items_of(practice)[0]), START)
    over = start_chosen_of(candidate, certification)
    Practice.objects.filter(pk=over.pk).update(deadline_at=START)

    (found,) = practices_to_resume(candidate, START)
    assert (found, found.checked, found.total) == (practice, 1, 10)
    finish_practice(candidate=candidate, practice_id=practice.pk, now=START)
    assert practices_to_resume(candidate, START) == []


@pytest.mark.parametrize(
    ("numbers", "topic"),
    [
        ((10, 0, 0), ("A", True)),
        ((5, 5, 0), ("A", False)),
        ((4, 3, 3), ("One", False)),
        ((4, 4, 0), ("A", False)),
        ((3, 3, 6), ("C", False)),
        ((3, 3, 7), ("C", False)),
        ((0, 0, 0), ("", False)),
    ],
)
def test_topic_is_what_half_of_the_questions_are_about(numbers, topic):
    rows = [(1, "1.1", "A", 1, "One"), (2, "1.2", "B", 1, "One"), (3, "2.1", "C", 2, "Two")]
    places = [TaskPlace(*row) for row in rows]

    assert topic_of(Counter(dict(enumerate(numbers, start=1))), mastery(places, {})) == topic
