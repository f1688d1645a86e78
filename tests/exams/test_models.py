import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from exams.attempts.models import Attempt, AttemptItem
from exams.blueprints.models import Exam
from exams.blueprints.rules import FULL
from exams.scoring.models import Score
from tests.exams.helpers import MINUTE, SECOND, START, close, finish, item_of
from tests.factories import DomainFactory, ExamFactory, UserFactory, make_attempt, make_exam

pytestmark = pytest.mark.django_db


# PostgreSQL names every constraint; SQLite names the columns of a unique one.
COLUMNS = {
    "exams_exam_slug": "exams_exam.slug",
    "one_open_attempt_per_exam": "exams_attempt.candidate_id, exams_attempt.exam_id",
    "one_item_per_position": "exams_attemptitem.attempt_id, exams_attemptitem.position",
    "no_question_twice_in_an_attempt": "exams_attemptitem.attempt_id, exams_attemptitem.question_id",
    "one_score_per_version": "exams_score.attempt_id, exams_score.version",
    "one_current_score": "exams_score.attempt_id",
}


def violates(name, write):
    """Assert that the database refuses the write by this constraint."""
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        write()
    message = str(refusal.value)
    assert name in message or message == f"UNIQUE constraint failed: {COLUMNS[name]}"


# --- Exam -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("exam_has_a_scored_question", {"question_count": 4, "unscored_count": 4}),
        ("exam_has_a_scored_question", {"question_count": 0, "unscored_count": 0}),
        ("exam_cut_score_lies_on_the_scale", {"cut_score": 99}),
        ("exam_cut_score_lies_on_the_scale", {"cut_score": 1001}),
        ("exam_cut_score_lies_on_the_scale", {"cut_score": 500, "scale_min": 500, "scale_max": 500}),
        ("exam_has_time", {"minutes": 0}),
        ("exam_opens_before_it_closes", {"opens_at": START, "closes_at": START}),
        ("exam_opens_before_it_closes", {"opens_at": START + SECOND, "closes_at": START}),
    ],
)
def test_exam_that_makes_no_sense_is_refused(name, fields):
    exam = ExamFactory()

    violates(name, lambda: Exam.objects.filter(pk=exam.pk).update(**fields))

    for field, value in fields.items():
        setattr(exam, field, value)
    (constraint,) = (constraint for constraint in Exam._meta.constraints if constraint.name == name)
    with pytest.raises(ValidationError, match=str(constraint.violation_error_message)):
        exam.validate_constraints()


@pytest.mark.parametrize(
    "fields",
    [
        {"question_count": 4, "unscored_count": 3},
        {"cut_score": 100},
        {"cut_score": 1000},
        {"minutes": 1},
        {"opens_at": START, "closes_at": START + SECOND},
        {"opens_at": START},
        {"closes_at": START},
    ],
)
def test_exam_at_the_edge_of_sense_is_taken(fields):
    ExamFactory(**fields).validate_constraints()


def test_exam_slug_is_unique():
    ExamFactory(slug="sprint")

    violates("exams_exam_slug", lambda: ExamFactory(slug="sprint"))


def test_exam_takes_a_domain_of_its_certification_only():
    exam = ExamFactory()
    exam.domain = DomainFactory(certification=exam.certification)
    exam.clean()

    exam.domain = DomainFactory()
    with pytest.raises(ValidationError, match="a domain of the exam's certification"):
        exam.clean()


def test_exam_practises_a_domain_or_a_chapter_not_both():
    exam = ExamFactory()
    exam.domain, exam.chapter = DomainFactory(certification=exam.certification), 3

    with pytest.raises(ValidationError, match="a domain or a chapter, not both"):
        exam.clean()


def test_exam_counts_its_scored_questions():
    assert Exam(question_count=65, unscored_count=15).scored_count == 50


def test_exams_stand_full_ones_first_then_practice_by_domain():
    exam = make_exam(slug="sprint", question_count=3)
    certification = exam.certification
    for number in (2, 1):
        ExamFactory(slug=f"d{number}", certification=certification, domain=certification.domains.get(number=number))
    ExamFactory(slug="full", certification=certification, question_count=9)
    ExamFactory(slug="hidden", certification=certification, is_offered=False)

    assert [exam.slug for exam in certification.exams.offered()] == ["full", "sprint", "d1", "d2"]


# --- Attempt ----------------------------------------------------------------------------------------


def test_second_open_attempt_at_the_same_exam_is_refused():
    attempt = make_attempt(now=START)
    copy = Attempt.objects.get(pk=attempt.pk)
    copy.pk = None

    violates("one_open_attempt_per_exam", lambda: copy.save(force_insert=True))


def test_second_attempt_is_taken_when_the_first_is_closed_or_someone_elses():
    attempt = close(make_attempt(now=START))
    again = make_attempt(exam=attempt.exam, candidate=attempt.candidate, now=START)
    make_attempt(exam=attempt.exam, now=START)

    assert again.exam.attempts.count() == 3


def test_closed_attempt_cannot_be_opened_beside_another():
    attempt = close(make_attempt(now=START))
    make_attempt(exam=attempt.exam, candidate=attempt.candidate, now=START)

    reopen = Attempt.objects.filter(pk=attempt.pk)
    violates("one_open_attempt_per_exam", lambda: reopen.update(state="in_progress", submitted_at=None))


@pytest.mark.parametrize(
    "fields",
    [
        {"state": "in_progress", "submitted_at": START},
        {"state": "submitted", "submitted_at": None},
        {"state": "scored", "submitted_at": None},
    ],
)
def test_attempt_that_is_submitted_at_no_moment_is_refused(fields):
    attempt = make_attempt(now=START)

    violates("attempt_is_submitted_at_a_moment", lambda: Attempt.objects.filter(pk=attempt.pk).update(**fields))


@pytest.mark.parametrize("deadline_at", [START, START - SECOND])
def test_attempt_that_ends_before_it_starts_is_refused(deadline_at):
    attempt = make_attempt(now=START)

    violates(
        "attempt_deadline_follows_start",
        lambda: Attempt.objects.filter(pk=attempt.pk).update(deadline_at=deadline_at),
    )


def test_attempt_says_which_share_passes():
    assert Attempt(cut_score=750, scale_min=100, scale_max=1000).pass_share == pytest.approx(650 / 900)


def test_overdue_attempts_are_those_in_progress_of_which_the_grace_is_over():
    attempts = [make_attempt(now=START + minutes * MINUTE) for minutes in (0, 5)]
    close(make_attempt(now=START))

    assert list(Attempt.objects.overdue(START + 31 * MINUTE)) == [attempts[0]]


def test_questions_and_exams_that_results_stand_on_cannot_be_deleted():
    attempt = make_attempt(now=START)
    item = item_of(attempt)

    for thing in (attempt.exam, item.question, item.task):
        with pytest.raises(ProtectedError):
            thing.delete()


# --- Item -------------------------------------------------------------------------------------------


def test_two_items_at_one_position_are_refused():
    attempt = make_attempt(now=START)

    violates("one_item_per_position", lambda: attempt.items.filter(position=2).update(position=1))


def test_one_question_twice_in_an_attempt_is_refused():
    attempt = make_attempt(now=START)
    question = item_of(attempt).question

    violates("no_question_twice_in_an_attempt", lambda: attempt.items.filter(position=2).update(question=question))


def test_one_question_in_two_attempts_is_taken():
    exam = make_exam(per_domain=2)

    for candidate in UserFactory.create_batch(2):
        make_attempt(exam=exam, candidate=candidate)

    assert AttemptItem.objects.values("question").distinct().count() == 4


# --- Score ------------------------------------------------------------------------------------------


def another(score, **fields):
    copy = Score.objects.get(pk=score.pk)
    copy.pk = None
    for field, value in fields.items():
        setattr(copy, field, value)
    return copy.save


def test_second_score_of_a_version_is_refused():
    score = finish(make_attempt(now=START))

    violates("one_score_per_version", another(score, is_current=False))


def test_second_current_score_is_refused():
    score = finish(make_attempt(now=START))

    violates("one_current_score", another(score, version=2))


def test_older_score_stays_beside_the_current_one():
    score = finish(make_attempt(now=START))
    Score.objects.update(is_current=False)
    another(score, version=2, is_current=True, created_at=START + dt.timedelta(days=1))()

    assert list(score.attempt.scores.values_list("version", "is_current")) == [(2, True), (1, False)]


def test_score_above_its_total_is_refused():
    score = finish(make_attempt(now=START), right=2)

    Score.objects.filter(pk=score.pk).update(correct=4, earned=4 * FULL)
    with pytest.raises(IntegrityError, match=r"score_is_at_most_its_total|score_has_earned_what_it_can"):
        Score.objects.filter(pk=score.pk).update(correct=5, earned=5 * FULL)


@pytest.mark.parametrize("earned", [None, 2 * FULL - 1, 4 * FULL + 1])
def test_score_that_earned_what_it_cannot_is_refused(earned):
    score = finish(make_attempt(now=START), right=2)

    violates("score_has_earned_what_it_can", lambda: Score.objects.filter(pk=score.pk).update(earned=earned))


# --- Names ------------------------------------------------------------------------------------------


def test_names_say_what_a_row_is():
    candidate = UserFactory(name="Ada")
    attempt = make_attempt(exam=make_exam(title="Sprint"), candidate=candidate, now=START)
    score = finish(attempt, right=2)

    assert str(attempt.exam) == "Sprint"
    assert str(attempt) == "Sprint, Ada, 2026-11-21 09:00 UTC"
    assert str(item_of(attempt)) == f"question 1 of {attempt.pk}"
    assert str(score) == "550 (2/4)"
