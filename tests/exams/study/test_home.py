"""Home: one sentence and one button, then how far one is."""

import datetime as dt
import html
import re

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from exams.scoring.models import JudgedAnswer
from exams.study.models import Memory, Practice, StudyPlan
from exams.study.services.practising import finish_practice
from questions.models import Certification, Question
from tests.exams.helpers import START, client_of, fill_task, finish
from tests.exams.study.test_mastery import remember
from tests.exams.study.test_planning import start
from tests.exams.study.test_practising import check, items_of, right
from tests.factories import (
    AssignmentFactory,
    CertificationFactory,
    CohortFactory,
    DomainFactory,
    ExamFactory,
    TaskFactory,
    UserFactory,
    make_attempt,
)
from tests.queries import count_queries

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)
TODAY = START.date()


@pytest.fixture
def candidate():
    return UserFactory(time_zone="UTC")


@pytest.fixture
def certification():
    certification = CertificationFactory(code="mla-c02", question_count=10, minutes=20, status="beta")
    for number, name in ((1, "Ingest and store data"), (2, "Train models")):
        domain = DomainFactory(certification=certification, number=number, name=f"Domain of {name}")
        fill_task(TaskFactory(domain=domain, name=name), 12)
    return certification


def words(candidate):
    """The page as one line without tags; a button between brackets."""
    response = client_of(candidate).get(reverse("exams:home"))
    assert response.status_code == 200
    main = response.text.split('id="main"')[1].split("<footer")[0]
    main = re.sub(r"<(?:button|a)[^>]*primary[^>]*>\s*(.*?)\s*</(?:button|a)>", r"[[\1]]", main, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", main)).split())


def plan(candidate, certification, days, **fields):
    return StudyPlan.objects.create(
        candidate=candidate,
        certification=certification,
        exam_date=None if days is None else TODAY + days * DAY,
        chosen_at=START,
        **fields,
    )


# --- The sentence ----------------------------------------------------------------------------------------------------


def test_home_says_one_thing_and_has_one_button(candidate, certification, clock):
    plan(candidate, certification, 41)

    page = words(candidate)

    assert "MLA-C02 · in 41 days" in page
    assert "1 question on Ingest and store data" in page
    assert page.count("[[") == 1
    assert "[[Start practice]]" in page


def test_home_without_a_plan_offers_one_and_asks_for_none(candidate, certification, clock):
    page = words(candidate)

    assert "MLA-C02 · Set your exam date" in page
    assert "10 questions on Ingest and store data About 20 minutes. 10 are new." in page


def test_home_says_why_questions_come_back(candidate, certification, clock):
    questions = list(Question.objects.order_by("pk"))
    Memory.objects.bulk_create(
        [
            remember(candidate, questions[0], first=False, due_in=0),
            remember(candidate, questions[1], first=False, due_in=0),
            remember(candidate, questions[2], due_in=0),
        ]
    )

    page = words(candidate)

    assert (
        "2 come back because you missed them. 2 are on the same tasks as those you missed. 1 is due again. 5 are new."
        in page
    )


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (0, "MLA-C02 · exam today"),
        (1, "MLA-C02 · in 1 day"),
        (-1, "exam date 20 Nov 2026 has passed · Set a new date"),
        (None, "MLA-C02 · Set your exam date"),
    ],
)
def test_home_says_how_far_the_exam_is(candidate, certification, clock, days, said):
    plan(candidate, certification, days)

    assert said in words(candidate)


def test_button_starts_what_was_said(candidate, certification, clock):
    client = client_of(candidate)

    response = client.post(reverse("exams:practice-today"), {"certification": certification.code})

    practice = Practice.objects.get()
    assert response.url == reverse("exams:practice-run", args=[practice.pk])
    assert len(items_of(practice)) == 10


def test_button_starts_the_planned_certification_and_refuses_what_is_none(candidate, certification, clock):
    other = CertificationFactory(question_count=10, minutes=20)
    fill_task(TaskFactory(domain=DomainFactory(certification=other)), 3)
    plan(candidate, other, 20)
    client = client_of(candidate)

    client.post(reverse("exams:practice-today"))
    nothing = client.post(reverse("exams:practice-today"), {"certification": "none"}, follow=True)

    assert Practice.objects.get().certification == other
    assert "There are no questions yet." in nothing.text


def test_day_that_is_done_is_said_to_be(candidate, certification, clock):
    practice = start(candidate, certification)
    for item in items_of(practice):
        check(practice, right(item), START)
    finish_practice(candidate=candidate, practice_id=practice.pk, now=START)

    page = words(candidate)

    assert "Done for today 10 questions practiced." in page
    assert "[[" not in page
    assert "Practice more" in page


def test_mock_exam_by_the_plan_comes_first_on_its_day(candidate, certification, clock):
    exam = ExamFactory(certification=certification, question_count=10, title="Whole")
    plan(candidate, certification, 3)

    page = words(candidate)
    assert "Today: a whole mock exam 10 questions, 20 minutes. [[Go to the exam]]" in page

    finish(make_attempt(exam=exam, candidate=candidate, now=START), right=5)
    assert "Today: a whole mock exam" not in words(candidate)


def test_home_names_the_next_mock_exam(candidate, certification, clock):
    ExamFactory(certification=certification, question_count=10)
    plan(candidate, certification, 13)

    assert "Your plan has the next whole one on" in words(candidate)


# --- What is under way -----------------------------------------------------------------------------------------------


def test_exam_under_way_comes_before_practice_under_way_before_today(candidate, certification, clock):
    practice = start(candidate, certification)
    check(practice, right(items_of(practice)[0]), START)

    page = words(candidate)
    assert "Daily practice 1 of 10 questions done. [[Continue]]" in page
    assert "Start practice" not in page

    attempt = make_attempt(
        exam=ExamFactory(certification=certification, title="Whole", question_count=4), candidate=candidate, now=START
    )
    page = words(candidate)
    assert page.index("Whole [[Continue]]") < page.index("Daily practice 1 of 10 questions done. Continue")
    assert page.count("[[") == 1
    assert attempt.is_in_progress


@pytest.mark.parametrize(
    ("days", "leads", "is_listed"), [(0, True, False), (1, False, True), (6, False, True), (8, False, False)]
)
def test_practice_of_another_day_does_not_lead(candidate, certification, clock, days, leads, is_listed):
    start(candidate, certification, START - days * DAY)

    page = words(candidate)

    assert ("Daily practice 0 of 10 questions done. [[Continue]]" in page) is leads
    assert ("Daily practice 0 of 10 questions done. Continue" in page) is is_listed
    assert ("[[Start practice]]" in page) is not leads


def test_practice_of_others_is_not_resumed(candidate, certification, clock):
    start(UserFactory(), certification)

    assert "Continue" not in words(candidate)


# --- How far ---------------------------------------------------------------------------------------------------------


def test_home_shows_coverage_domains_and_the_task_to_work_on(candidate, certification, clock):
    questions = list(Question.objects.order_by("pk"))
    Memory.objects.bulk_create(
        remember(candidate, question, first=number >= 9, last=True, due_in=9)
        for number, question in enumerate(questions[:14])
    )

    response = client_of(candidate).get(reverse("exams:home"))
    page = words(candidate)

    assert "14 of 24 questions met · first answers only" in page
    assert "Domain of Ingest and store data 25 % of 12" in page
    assert "Domain of Train models 100 % of 2" in page
    assert "Focus area 1.1 Ingest and store data 3 of 12 right the first time. Surely below the pass mark." in page
    assert 'class="share-band weak"' in response.text
    task = questions[0].placements.get().task_id
    assert f'<input type="hidden" name="tasks" value="{task}">' in response.text


def test_home_says_where_there_are_not_enough_answers(candidate, certification, clock):
    page = words(candidate)

    assert "Domain of Train models no answers yet" in page
    assert "Focus area Not enough answers yet" in page


def test_week_shows_each_day_in_words(candidate, certification, clock):
    practice = start(candidate, certification)
    for item in items_of(practice)[:3]:
        check(practice, right(item), START)

    page = words(candidate)

    assert "The last seven days 3 answers Sun 0 answers" in page
    assert "Sat 3 answers" in page


def test_home_with_an_empty_bank_says_how_to_fill_it(candidate):
    assert "manage.py load_bank" in words(candidate)


# --- Visitors --------------------------------------------------------------------------------------------------------


def test_visitor_sees_first_what_can_be_booked(certification):
    retired = CertificationFactory(code="aaa-c01", status=Certification.Status.RETIRED)
    fill_task(TaskFactory(domain=DomainFactory(certification=retired)), 30)

    page = Client().get("/").text

    assert "MLA-C02: practice before it counts" in page
    assert page.index(">MLA-C02</a>") < page.index(">AAA-C01</a>")
    assert f'href="{reverse("exams:trial", args=["mla-c02"])}"' in page
    assert reverse("exams:trial", args=["aaa-c01"]) not in page


def test_visitor_without_anything_to_book_is_offered_no_trial():
    CertificationFactory(status=Certification.Status.RETIRED)

    page = Client().get("/").text

    assert "Practice the exam before it counts" in page
    assert "/try/" not in page


# --- What it costs ---------------------------------------------------------------------------------------------------


def count_home(candidate):
    client = client_of(candidate)
    with count_queries() as counted:
        assert client.get(reverse("exams:home")).status_code == 200
    return counted.number


def busy(candidate, certification):
    """Practice of a week, scored exams, and everything under way that there can be."""
    for number in range(3):
        practice = start(candidate, certification, START - number * DAY, seed=number)
        for item in items_of(practice)[:8]:
            check(practice, right(item), START - number * DAY)
    exam = ExamFactory(certification=certification, question_count=10)
    for number in range(3):
        finish(make_attempt(exam=exam, candidate=candidate, now=START - number * DAY), right=number)
    make_attempt(exam=ExamFactory(certification=certification, question_count=4), candidate=candidate, now=START)
    plan(candidate, certification, 20)


def test_home_takes_twelve_queries_at_most_whatever_the_history(certification, clock):
    new, old = UserFactory(), UserFactory()
    busy(old, certification)
    numbers = []
    for candidate in (new, old):
        cache.clear()  # the bank is read once a minute; count the visit that does
        numbers.append(count_home(candidate))

    assert JudgedAnswer.objects.filter(candidate=old).count() > 30
    assert numbers[0] == numbers[1] <= 12


def test_home_takes_as_many_queries_for_many_certifications_and_cohorts_as_for_one(candidate, certification, clock):
    numbers = []
    for more in (1, 4):
        for _ in range(more):
            CertificationFactory()
            AssignmentFactory(cohort=CohortFactory(members=[candidate]))
        cache.clear()
        numbers.append(count_home(candidate))

    assert numbers[0] == numbers[1] <= 14
