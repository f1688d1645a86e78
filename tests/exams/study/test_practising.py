"""Practice: what may be practised, answers, checks, and what is learned."""

import datetime as dt

import pytest

from exams.attempts.services.closing import submit_attempt
from exams.attempts.services.saving import Answer
from exams.exceptions import AttemptClosed, InvalidResponse, PracticeRefused, StaleAnswer
from exams.scoring.models import JudgedAnswer, Score
from exams.scoring.services import score_attempt
from exams.study.criteria import Criteria, Pool
from exams.study.models import Memory, PracticeItem
from exams.study.queries.pool import matching, practisable
from exams.study.services.learning import learn_due
from exams.study.services.practising import check_answer, finish_practice, save_practice_answer, start_chosen
from questions.models import Question
from tests.exams.helpers import MINUTE, START, finish
from tests.factories import UserFactory, make_attempt, make_exam
from tests.queries import count_queries

pytestmark = pytest.mark.django_db


@pytest.fixture
def exam():
    return make_exam(question_count=4)


@pytest.fixture
def candidate():
    return UserFactory()


def start(candidate, certification, *, now=START, **criteria):
    return start_chosen(
        candidate=candidate,
        certification=certification,
        criteria=Criteria(**criteria),
        title="Ten questions",
        now=now,
        seed=1,
    )


def right(item, **changes):
    """Return the right answer to a question of the practice as its page sends it."""
    shown = item.option_order.index(item.revision.key[0])
    return Answer(item.position, chosen=(shown,), page="p", count=1, **changes)


def wrong(item, **changes):
    shown = item.option_order.index((item.revision.key[0] + 1) % 4)
    return Answer(item.position, chosen=(shown,), page="p", count=1, **changes)


def items_of(practice):
    return list(practice.items.select_related("revision").order_by("position"))


def check(practice, answer, now=START + MINUTE):
    return check_answer(candidate=practice.candidate, practice_id=practice.pk, answer=answer, now=now)


def test_practice_asks_so_many_questions(exam, candidate):
    practice = start(candidate, exam.certification, number=5)

    assert [item.position for item in items_of(practice)] == [1, 2, 3, 4, 5]
    assert (practice.deadline_at, practice.finished_at) == (None, None)


def test_checked_answer_is_judged_once_and_locked(exam, candidate):
    practice = start(candidate, exam.certification)
    item = items_of(practice)[0]

    check(practice, right(item, is_sure=True, seconds_spent=30))
    check(practice, wrong(item), START + 2 * MINUTE)

    answer = JudgedAnswer.objects.get()
    assert (answer.is_right, answer.is_first, answer.is_sure, answer.seconds) == (True, True, True, 30)
    assert answer.answered_at == START + MINUTE
    with pytest.raises(AttemptClosed):
        save_practice_answer(candidate=candidate, practice_id=practice.pk, answer=wrong(item), now=START + MINUTE)


def test_answer_is_saved_by_the_rules_of_exams(exam, candidate):
    practice = start(candidate, exam.certification)
    item = items_of(practice)[0]
    save_practice_answer(candidate=candidate, practice_id=practice.pk, answer=right(item), now=START)
    other_tab = Answer(item.position, chosen=(0,), page="other", count=1)

    if items_of(practice)[0].response != [item.option_order[0]]:
        with pytest.raises(StaleAnswer):
            save_practice_answer(candidate=candidate, practice_id=practice.pk, answer=other_tab, now=START)
    assert items_of(practice)[0].response == item.revision.key


def test_memory_holds_the_first_answer_and_the_last(exam, candidate):
    for now, answer in ((START, wrong), (START + dt.timedelta(days=1), right)):
        practice = start(candidate, exam.certification, now=now, number=1)
        check(practice, answer(items_of(practice)[0]), now)

    memory = Memory.objects.get()
    assert (memory.was_right_first, memory.is_right, memory.answers, memory.misses) == (False, True, 2, 1)


def test_question_of_an_exam_under_way_is_not_practised(exam, candidate):
    attempt = make_attempt(exam=exam, candidate=candidate, now=START)
    asked = set(attempt.items.values_list("question", flat=True))

    assert asked.isdisjoint(practisable(candidate, exam.certification).values_list("question", flat=True))


def test_exam_that_begins_later_holds_back_the_check(exam, candidate):
    practice = start(candidate, exam.certification, number=8)
    attempt = make_attempt(exam=exam, candidate=candidate, now=START)
    asked = attempt.items.first().question_id
    item = practice.items.select_related("revision").get(question=asked)

    with pytest.raises(PracticeRefused):
        check(practice, right(item))

    assert not JudgedAnswer.objects.exists()
    submit_attempt(candidate=candidate, attempt_id=attempt.pk, now=START + MINUTE)
    assert check(practice, right(item), START + 2 * MINUTE).checked_at


def test_reserved_question_is_not_practised(exam, candidate):
    Question.objects.update(is_reserved=True)

    with pytest.raises(PracticeRefused):
        start(candidate, exam.certification)


def test_practice_is_another_persons_secret(exam, candidate):
    practice = start(candidate, exam.certification)

    with pytest.raises(PracticeItem.DoesNotExist):
        check_answer(candidate=UserFactory(), practice_id=practice.pk, answer=Answer(1), now=START)


def test_feedback_at_the_end_judges_all_answers_there(exam, candidate):
    practice = start(candidate, exam.certification, number=3, feedback="end")
    first, second, _third = items_of(practice)
    save_practice_answer(candidate=candidate, practice_id=practice.pk, answer=right(first), now=START)
    save_practice_answer(candidate=candidate, practice_id=practice.pk, answer=wrong(second), now=START)
    with pytest.raises(PracticeRefused):
        check(practice, right(first))

    finish_practice(candidate=candidate, practice_id=practice.pk, now=START + MINUTE)
    finish_practice(candidate=candidate, practice_id=practice.pk, now=START + MINUTE)

    judged = dict(JudgedAnswer.objects.values_list("practice_item__position", "earned"))
    assert {position: bool(earned) for position, earned in judged.items()} == {1: True, 2: False, 3: False}


def test_clock_of_a_timed_practice_ends_it(exam, candidate):
    practice = start(candidate, exam.certification, minutes=10)

    with pytest.raises(AttemptClosed):
        check(practice, right(items_of(practice)[0]), START + 11 * MINUTE)


def test_unfinished_answer_is_not_checked(candidate):
    exam = make_exam(per_domain=0, weights=(100,))
    domain = exam.certification.domains.get()
    from tests.factories import QuestionFactory, make_content

    QuestionFactory(task=domain.tasks.get(), content=make_content(kind="multiple"))
    practice = start(candidate, exam.certification)

    with pytest.raises(InvalidResponse):
        check(practice, Answer(1, chosen=(0,), page="p", count=1))


@pytest.mark.parametrize(
    ("pool", "expected"),
    [(Pool.ALL, 8), (Pool.UNSEEN, 6), (Pool.MISSED, 1), (Pool.UNSURE, 1), (Pool.MISSED_AGAIN, 0), (Pool.MARKED, 0)],
)
def test_pool_is_chosen_by_earlier_answers(exam, candidate, pool, expected):
    practice = start(candidate, exam.certification, number=2)
    first, second = items_of(practice)
    check(practice, right(first, is_sure=False))
    check(practice, wrong(second, is_sure=True))

    assert matching(candidate, exam.certification, Criteria(pool=pool)).count() == expected


def test_scored_exam_is_learned_from(exam, candidate):
    finish(make_attempt(exam=exam, candidate=candidate, now=START), right=3)

    learn_due(now=START + dt.timedelta(hours=1))

    assert sorted(Memory.objects.values_list("is_right", flat=True)) == [False, True, True, True]
    assert Score.objects.get().learn_at is None


def test_nothing_is_learned_while_an_exam_is_under_way(exam, candidate):
    finish(make_attempt(exam=exam, candidate=candidate, now=START), right=3)
    later = START + dt.timedelta(hours=1)
    attempt = make_attempt(exam=make_exam(), candidate=candidate, now=later)

    assert (learn_due(now=later), Memory.objects.count()) == (0, 0)

    submit_attempt(candidate=candidate, attempt_id=attempt.pk, now=later + MINUTE)
    score_attempt(attempt_id=attempt.pk, now=later + MINUTE)
    assert learn_due(now=later + MINUTE, candidate_id=candidate.pk) == 2
    assert Memory.objects.count() == 8


@pytest.mark.parametrize("setting", ["show_score", "show_key"])
def test_nothing_is_learned_of_what_is_never_shown(exam, candidate, setting):
    setattr(exam, setting, "never")
    exam.save()
    finish(make_attempt(exam=exam, candidate=candidate, now=START), right=3)

    learn_due(now=START + dt.timedelta(hours=1))

    assert (Memory.objects.count(), Score.objects.get().learning_error) == (0, "withheld")


def test_poison_score_is_parked_and_holds_up_no_other(exam, candidate, monkeypatch):
    finish(make_attempt(exam=exam, candidate=candidate, now=START), right=3)
    finish(make_attempt(exam=exam, candidate=UserFactory(), now=START), right=3)
    poison = Score.objects.order_by("pk")[0]
    from exams.study.services import learning

    learned = learning.learn
    monkeypatch.setattr(
        learning, "learn", lambda **args: 1 / 0 if args["candidate_id"] == candidate.pk else learned(**args)
    )

    assert learn_due(now=START + dt.timedelta(hours=1)) == 1
    poison.refresh_from_db()
    assert (poison.learn_at, poison.learning_error) == (None, "ZeroDivisionError: division by zero")


def test_check_takes_six_queries(exam, candidate):
    practice = start(candidate, exam.certification)
    item = items_of(practice)[0]

    with count_queries() as counted:
        check(practice, right(item))

    assert counted.number == 6


def test_first_meeting_in_practice_is_a_repeat_in_the_exam(exam, candidate):
    practice = start(candidate, exam.certification, number=8)
    for item in items_of(practice):
        check(practice, right(item))

    finish(make_attempt(exam=exam, candidate=candidate, now=START + 5 * MINUTE), right=3)

    assert set(JudgedAnswer.objects.exclude(score=None).values_list("is_first", flat=True)) == {False}
