"""What pages ask of the database: with real log-ins, with little and with much in the bank, the form and the past."""

import pytest
from django.core.cache import cache
from django.urls import reverse

from exams.attempts.models import Attempt
from exams.blueprints.models import ExamQuota
from exams.cohorts.services import join
from exams.study.services.learning import learn_due
from questions.models import Question, Tag
from tests.exams.helpers import MINUTE, START, client_of, close, fill_task, finish, item_of, posted
from tests.factories import (
    AssignmentFactory,
    CertificationFactory,
    ExamFactory,
    TaskFactory,
    UserFactory,
    make_attempt,
    make_exam,
)
from tests.queries import count_queries

pytestmark = pytest.mark.django_db


def exam_of(question_count, *, bank=None, weights=(40, 30, 30), **fields):
    """Return an exam with a bank of so many questions, by default just what it needs and some more."""
    exam = make_exam(per_domain=0, weights=weights, question_count=question_count, minutes=180, **fields)
    for domain in exam.certification.domains.all():
        fill_task(domain.tasks.get(), -(-(bank or 2 * question_count) // len(weights)))
    return exam


def count_get(client, name, *args, **query):
    with count_queries() as counted:
        response = client.get(reverse(f"exams:{name}", args=args), query)
    assert response.status_code == 200
    return counted.number


# --- Under load in an exam --------------------------------------------------------------------------


@pytest.mark.parametrize("questions", [4, 65])
def test_saving_an_answer_takes_four_queries_at_most(clock, questions):
    attempt = make_attempt(exam=exam_of(questions), now=START)
    client = client_of(attempt.candidate)

    for change in range(3):
        item = item_of(attempt)
        url, data = reverse("exams:answer-save", args=[attempt.pk, 1]), posted(item, change, count=change)
        with count_queries() as counted:
            response = client.post(url, data)
        assert response.status_code == 200
        assert counted.number <= 4


def test_opening_the_exam_page_takes_eight_queries_at_most_and_as_many_for_a_long_form(clock):
    numbers = []
    for questions in (4, 65):
        attempt = make_attempt(exam=exam_of(questions), now=START)
        numbers.append(count_get(client_of(attempt.candidate), "attempt", attempt.pk))

    assert numbers[0] == numbers[1] <= 8


@pytest.mark.parametrize("has_past", [False, True])
def test_starting_takes_twelve_queries_at_most_and_as_many_with_a_large_bank(clock, has_past):
    numbers = []
    for bank in (20, 400):
        exam, candidate = exam_of(10, bank=bank), UserFactory()
        if has_past:
            close(make_attempt(exam=exam, candidate=candidate, now=START))
        client = client_of(candidate)
        with count_queries() as counted:
            response = client.post(reverse("exams:exam-start", args=[exam.slug]))
        assert response.url == reverse("exams:attempt", args=[candidate.attempts.in_progress().get().pk])
        numbers.append(counted.number)

    assert numbers[0] == numbers[1] <= 12


def test_starting_what_a_cohort_was_assigned_takes_as_many_queries_whatever_its_quotas_and_tags(clock):
    numbers = []
    for domains in (1, 6):
        exam, candidate = exam_of(12, weights=[10] * domains), UserFactory()
        for domain in exam.certification.domains.all():
            ExamQuota.objects.create(exam=exam, domain=domain, question_count=12 // domains)
            tag = Tag.objects.create(name=f"{domains}-{domain.number}")
            tag.questions.set(domain.tasks.get().questions.all())
            exam.include_tags.add(tag)
        assignment = AssignmentFactory(exam=exam, attempts_allowed=2)
        join(cohort=assignment.cohort, candidate=candidate, now=START)
        client = client_of(candidate)
        with count_queries() as counted:
            response = client.post(reverse("exams:exam-start", args=[exam.slug]))
        assert response.url == reverse("exams:attempt", args=[candidate.attempts.get().pk])
        numbers.append(counted.number)

    assert numbers[0] == numbers[1] <= 18


def test_starting_a_long_form_takes_as_many_queries_as_a_short_one(clock):
    numbers = []
    for questions in (4, 65):
        exam = exam_of(questions)
        client = client_of(UserFactory())
        with count_queries() as counted:
            client.post(reverse("exams:exam-start", args=[exam.slug]))
        numbers.append(counted.number)

    assert numbers[0] == numbers[1]
    assert Attempt.objects.count() == 2


def test_handing_in_a_whole_page_takes_as_many_queries_for_a_long_form(clock):
    numbers = []
    for questions in (4, 65):
        attempt = make_attempt(exam=exam_of(questions), now=START)
        data = {"then": "submit"}
        for item in attempt.items.all():
            data |= posted(item, 1)
        client = client_of(attempt.candidate)
        with count_queries() as counted:
            response = client.post(reverse("exams:attempt-hand-in", args=[attempt.pk]), data)
        assert response.url == reverse("exams:attempt-result", args=[attempt.pk])
        numbers.append(counted.number)

    assert numbers[0] == numbers[1] <= 9


@pytest.mark.parametrize(("name", "most"), [("attempt-clock", 4), ("attempt-hand-in", 5)])
def test_clock_and_summary_take_few_queries_whatever_the_form(clock, name, most):
    numbers = []
    for questions in (4, 65):
        attempt = make_attempt(exam=exam_of(questions), now=START)
        numbers.append(count_get(client_of(attempt.candidate), name, attempt.pk))

    assert numbers[0] == numbers[1] <= most


# --- Afterwards -------------------------------------------------------------------------------------


def scored_attempt(questions, weights, *, earlier=0):
    exam = exam_of(questions, weights=weights)
    for domain in exam.certification.domains.all():
        ExamFactory(certification=exam.certification, domain=domain, title=f"Practice {domain.number}")
    candidate = UserFactory()
    for number in range(earlier + 1):
        attempt = make_attempt(exam=exam, candidate=candidate, now=START + number * MINUTE)
        finish(attempt, right=questions // 2)
    return attempt


@pytest.mark.parametrize(("name", "most"), [("attempt-result", 13), ("review-all", 8)])
def test_result_and_review_take_as_many_queries_for_much_as_for_little(clock, name, most):
    small = scored_attempt(4, weights=(50, 50), earlier=1)
    large = scored_attempt(65, weights=(20, 20, 20, 20, 20), earlier=3)
    learn_due(now=START + 60 * MINUTE)

    numbers = [count_get(client_of(attempt.candidate), name, attempt.pk) for attempt in (small, large)]

    assert numbers[0] == numbers[1] <= most


def test_waiting_takes_few_queries_whatever_the_form(clock):
    numbers = []
    for questions in (4, 65):
        attempt = close(make_attempt(exam=exam_of(questions), now=START), now=START)
        numbers.append(count_get(client_of(attempt.candidate), "attempt-result", attempt.pk))

    assert numbers[0] == numbers[1] <= 6


@pytest.mark.parametrize(("name", "most"), [("home", 12), ("history", 7)])
def test_home_and_history_take_as_many_queries_for_many_attempts_as_for_one(clock, name, most):
    numbers = []
    for attempts in (1, 12):
        candidate = UserFactory()
        for number in range(attempts):
            exam = make_exam(per_domain=2)
            finish(make_attempt(exam=exam, candidate=candidate, now=START + number * MINUTE))
            make_attempt(exam=exam, candidate=candidate, now=START)
        cache.clear()  # the bank is counted once a minute; count the visit that does
        numbers.append(count_get(client_of(candidate), name))

    assert numbers[0] == numbers[1] <= most


# --- Choosing ---------------------------------------------------------------------------------------


def test_home_takes_as_many_queries_for_many_certifications_as_for_one(clock):
    client = client_of(UserFactory())
    CertificationFactory()
    few = count_get(client, "home")
    CertificationFactory.create_batch(10)
    cache.clear()  # as above

    assert count_get(client, "home") == few


@pytest.mark.parametrize("name", ["certification", "exam-detail", "chapter"])
def test_pages_for_choosing_take_as_many_queries_for_much_as_for_little(clock, name):
    numbers = []
    for domains, more_tasks, exams in ((2, 0, 0), (6, 3, 5)):
        exam = exam_of(12, weights=[10] * domains)
        certification = exam.certification
        certification.study_material = "A book"
        certification.save()
        for domain in certification.domains.all():
            for number in range(more_tasks):
                fill_task(TaskFactory(domain=domain, code=f"{domain.number}.{number + 2}"), 2)
            for _ in range(exams):
                ExamFactory(certification=certification, domain=domain)
        Question.objects.filter(placements__certification=certification).update(source_chapter=1)
        candidate = UserFactory()
        finish(make_attempt(exam=exam, candidate=candidate, now=START))
        args = {"certification": [certification.code], "exam-detail": [exam.slug], "chapter": [certification.code, 1]}
        numbers.append(count_get(client_of(candidate), name, *args[name]))

    assert numbers[0] == numbers[1] <= 12
