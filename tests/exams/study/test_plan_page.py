"""The page of the plan: what it takes, what it refuses, and what follows from it."""

import datetime as dt
import re

import pytest
from django.urls import reverse

from exams.study.models import Memory, StudyPlan
from tests.exams.helpers import START, client_of, fill_task
from tests.exams.study.test_planning import start
from tests.exams.study.test_practising import check, items_of, right
from tests.factories import CertificationFactory, DomainFactory, TaskFactory, UserFactory

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)
TODAY = START.date()
URL = "/plan/"


@pytest.fixture
def candidate():
    return UserFactory(time_zone="UTC")


@pytest.fixture
def certification():
    certification = CertificationFactory(code="mla-c02", question_count=10, minutes=20)
    fill_task(TaskFactory(domain=DomainFactory(certification=certification)), 30)
    return certification


@pytest.fixture
def client(candidate, certification, clock):
    return client_of(candidate)


def words(response):
    return " ".join(re.sub(r"<[^>]+>", " ", response.text.split('id="main"')[1]).split())


def opened_in(response):
    return re.search(r'name="opened" value="([^"]*)"', response.text)[1]


def save(client, *, days=None, minutes=20, **more):
    date = "" if days is None else (TODAY + days * DAY).isoformat()
    return client.post(URL, {"exam_date": date, "minutes_a_day": minutes, **more}, follow=True)


def test_plan_is_saved_and_home_speaks_of_it(client, certification):
    response = save(client, days=41, minutes=30)

    plan = StudyPlan.objects.get()
    assert (plan.certification, plan.exam_date, plan.minutes_a_day) == (certification, TODAY + 41 * DAY, 30)
    assert "Your plan is saved." in words(response)
    assert "MLA-C02 · in 41 days" in words(response)


def test_plan_needs_no_date(client):
    save(client)

    assert StudyPlan.objects.get().exam_date is None


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"days": -1}, "This date has passed."),
        ({"days": 4000}, "more than five years from now"),
        ({"minutes": 4}, "greater than or equal to 5"),
        ({"minutes": 601}, "less than or equal to 600"),
        ({"minutes": "x"}, "Enter a whole number"),
        ({"minutes": ""}, "This field is required"),
    ],
)
def test_plan_refuses_what_is_none_and_keeps_what_was_typed(client, fields, said):
    response = save(client, **{"days": 10, **fields})

    assert said in words(response)
    assert response.context["form"]["minutes_a_day"].value() == str(fields.get("minutes", 20))
    assert StudyPlan.objects.count() == 0


def test_date_that_has_passed_since_is_said_to_have(client, candidate, certification):
    StudyPlan.objects.create(
        candidate=candidate, certification=certification, exam_date=TODAY - DAY, chosen_at=START - 30 * DAY
    )

    assert "Your exam date, 20 Nov 2026, has passed." in words(client.get(URL))


def test_page_says_what_follows_from_the_plan(client):
    save(client, days=20, minutes=20)
    page = words(client.get(URL))
    assert "20 days are left." in page
    assert "With these minutes, you will meet every question by then." in page

    save(client, days=5, minutes=5, opened=opened_in(client.get(URL)))
    assert "questions will not have been met by then." in words(client.get(URL))


def test_plan_of_another_certification_is_chosen_by_saving_it(client, certification, clock):
    other = CertificationFactory(code="other-c01")
    fill_task(TaskFactory(domain=DomainFactory(certification=other)), 3)
    save(client, days=41)

    assert "OTHER-C01" in words(client.get(URL, {"certification": "other-c01"}))
    clock.shift(DAY)
    save(client, certification="other-c01")

    assert StudyPlan.objects.latest("chosen_at").certification == other
    assert StudyPlan.objects.get(certification=certification).exam_date == TODAY + 41 * DAY


@pytest.mark.parametrize("code", ["none", "MLA-C02", "x" * 5000])
def test_plan_of_what_does_not_exist_is_not_found(client, code):
    assert client.get(URL, {"certification": code}).status_code == 404
    assert save(client, certification=code).status_code == 404


def test_stale_page_overwrites_nothing_unseen(client):
    """Two tabs: the second one to save is shown both."""
    save(client, days=41, minutes=30)
    page = client.get(URL)
    save(client, days=50, minutes=30, opened=opened_in(page))

    response = save(client, days=60, minutes=30, opened=opened_in(page))

    assert StudyPlan.objects.get().exam_date == TODAY + 50 * DAY
    assert "Someone else saved this while your page was open" in words(response)
    save(client, days=60, minutes=30, opened=opened_in(response))
    assert StudyPlan.objects.get().exam_date == TODAY + 60 * DAY


def test_saving_plans_again_what_was_learned(client, candidate, certification):
    practice = start(candidate, certification)
    check(practice, right(items_of(practice)[0]), START)
    before = Memory.objects.get().due_at

    save(client, days=2)

    due_at = Memory.objects.get().due_at
    assert due_at is None or due_at < before


def test_plan_of_others_is_neither_shown_nor_changed(client, certification):
    other = UserFactory()
    StudyPlan.objects.create(candidate=other, certification=certification, minutes_a_day=77, chosen_at=START)

    page = client.get(URL)
    save(client, days=3)

    assert 'value="77"' not in page.text
    assert StudyPlan.objects.get(candidate=other).minutes_a_day == 77


def test_plan_without_a_bank_says_so(candidate):
    assert "There are no questions yet." in words(client_of(candidate).get(reverse("exams:plan")))
