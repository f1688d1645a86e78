"""The row per judged answer: what it says, that each version of a score has its own, and first meetings."""

import pytest
from django.db import connection
from django.db.models import Sum

from exams.attempts.models import Attempt
from exams.blueprints.rules import FULL
from exams.scoring import services
from exams.scoring.models import JudgedAnswer
from tests.exams.corrections.test_rescoring import LATER, answered, asked_about, correct, order, with_key
from tests.exams.helpers import MINUTE, START, answer_all, close, finish
from tests.factories import UserFactory, make_attempt, make_content, make_exam
from tests.queries import count_queries

pytestmark = pytest.mark.django_db

Given = JudgedAnswer.Given


def score(attempt):
    return services.score_attempt(attempt_id=attempt.pk, now=START + 20 * MINUTE)


def test_each_item_of_a_scored_attempt_has_a_row_that_says_it_all():
    attempt = make_attempt(exam=make_exam(question_count=4, unscored_count=1), now=START)
    answer_all(attempt, right=3)
    attempt.items.update(seconds_spent=40)

    result = score(close(attempt))

    rows = list(result.answers.select_related("item"))
    assert len(rows) == 4
    for row in rows:
        item = row.item
        assert (row.candidate_id, row.question_id, row.revision_id, row.task_id) == (
            attempt.candidate_id, item.question_id, item.revision_id, item.task_id,
        )  # fmt: skip
        assert (row.is_scored, row.seconds, row.answered_at) == (item.is_scored, 40, attempt.submitted_at)
        assert (row.is_first, row.given) == (True, Given.ANSWER)
    assert sorted(row.earned for row in rows) == [0, FULL, FULL, FULL]


def test_score_is_the_sum_of_its_rows():
    result = finish(make_attempt(exam=make_exam(question_count=4, unscored_count=2), now=START), right=3)

    scored = result.answers.filter(is_scored=True)
    assert result.earned == scored.aggregate(Sum("earned"))["earned__sum"]
    assert result.correct == scored.filter(earned=FULL).count()


@pytest.mark.parametrize(
    ("answered_ones", "closed_by", "expected"),
    [
        ([], "candidate", [4, 4, 4, 4]),
        ([], "deadline", [4, 4, 4, 4]),
        ([2], "candidate", [2, 1, 2, 2]),
        ([2], "deadline", [2, 1, 3, 3]),
        ([1, 4], "deadline", [1, 2, 2, 1]),
    ],
)
def test_row_tells_a_blank_from_what_was_not_reached(answered_ones, closed_by, expected):
    attempt = make_attempt(now=START)
    attempt.items.filter(position__in=answered_ones).update(response=[0])
    close(attempt)
    Attempt.objects.update(closed_by=closed_by)

    assert [row.given for row in score(attempt).answers.order_by("item__position")] == expected


# --- First meetings -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("first_scored", [0, 1])
def test_first_meeting_is_decided_by_the_hand_in_whichever_is_scored_first(first_scored):
    exam, person = make_exam(per_domain=2, question_count=4), UserFactory()
    attempts = []
    for number in range(2):
        attempt = make_attempt(exam=exam, candidate=person, now=START + 20 * number * MINUTE)
        attempts.append(close(attempt))
    for attempt in (attempts[first_scored], attempts[1 - first_scored]):
        score(attempt)

    firsts = [set(attempt.scores.get().answers.values_list("is_first", flat=True)) for attempt in attempts]

    assert firsts == [{True}, {False}]


def test_meeting_of_another_person_is_no_repeat():
    exam = make_exam(per_domain=2, question_count=4)
    for _ in range(2):
        finish(make_attempt(exam=exam, candidate=UserFactory(), now=START))

    assert JudgedAnswer.objects.filter(is_first=False).count() == 0


def test_rescore_has_rows_of_its_own_and_changes_no_old_one():
    exam, question = asked_about()
    attempt = answered(exam, question, [2])
    old = list(JudgedAnswer.objects.order_by("pk").values())
    correct(question, with_key(make_content("x"), 2))

    order(question, UserFactory(instructor=True))

    assert list(JudgedAnswer.objects.filter(score__version=1).order_by("pk").values()) == old
    new = {row.question_id: row for row in attempt.scores.get(is_current=True).answers.all()}
    for row in old:
        again = new[row["question_id"]]
        is_corrected = row["question_id"] == question.pk
        assert again.earned == (FULL if is_corrected else row["earned"])
        for name in ("item_id", "revision_id", "task_id", "is_first", "given", "seconds", "answered_at"):
            assert getattr(again, name) == row[name]


def test_rescore_of_a_rescore_takes_over_what_was_corrected_before():
    exam, question = asked_about()
    other = exam.certification.placements.exclude(question=question).get().question
    attempt, instructor = answered(exam, question, [2]), UserFactory(instructor=True)
    order(question, instructor, rule="credit")
    order(other, instructor, rule="credit", now=LATER + MINUTE)

    points = [version.correct for version in attempt.scores.order_by("version")]

    assert points == [0, 1, 2]


# --- In the database ------------------------------------------------------------------------------------------------


def test_scoring_writes_all_rows_at_once():
    numbers = []
    for count in (4, 12):
        attempt = close(make_attempt(exam=make_exam(per_domain=6, question_count=count), now=START))
        with count_queries() as counted:
            score(attempt)
        numbers.append(counted.number)

    assert numbers[0] == numbers[1]


def test_report_of_an_attempt_reads_answers_three_times(client):
    attempt = make_attempt(exam=make_exam(per_domain=6, question_count=12), now=START)
    finish(attempt, right=5)
    client.force_login(attempt.candidate)

    with count_queries() as counted:
        client.get(f"/attempts/{attempt.pk}/result/")

    about_answers = [sql for sql in counted.statements if JudgedAnswer._meta.db_table in sql]
    # Its own; which of them are new to what is known; what is known of these questions.
    assert len(about_answers) == 3
    assert connection.vendor in {"sqlite", "postgresql"}
