"""Five questions without an account: explained when they were answered, with nothing told before and nothing stored."""

import re

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from exams.scoring.models import JudgedAnswer
from exams.study.models import Practice
from questions.models import Certification, Question, Revision
from questions.services import publish, save_draft
from tests.exams.helpers import client_of, fill_task
from tests.factories import (
    CertificationFactory,
    DomainFactory,
    QuestionFactory,
    TaskFactory,
    UserFactory,
    make_content,
)
from tests.queries import count_queries

pytestmark = pytest.mark.django_db
KEY_MARKS = ["Because", "The point of", "is-key", "rationale"]


@pytest.fixture
def certification():
    certification = CertificationFactory(status=Certification.Status.BETA)
    for number in (1, 2, 3):
        fill_task(TaskFactory(domain=DomainFactory(certification=certification, number=number)), 4)
    return certification


def url_of(certification):
    return reverse("exams:trial", args=[certification.code])


def opened(certification, client=None):
    response = (client or Client()).get(url_of(certification))
    assert response.status_code == 200
    return response


def asked_in(response):
    return re.search(r'name="asked" value="([^"]+)"', response.text)[1]


def answers(page, **changes):
    """What a browser sends that chose the first option of each question."""
    data = {"asked": asked_in(page)}
    for position in range(1, 6):
        data |= {f"q{position}-{name}": "0" for name in ("sequence", "count", "seconds", "choice")}
    return data | {name.replace("_", "-"): value for name, value in changes.items()}


def stems(text):
    return re.findall(r"Stem (\S+):", text)


def test_trial_asks_five_questions_of_all_domains_the_same_to_everybody(certification):
    first, second = stems(opened(certification).text), stems(opened(certification).text)

    domains = [Question.objects.get(code=code).placements.get().domain.number for code in first]
    assert first == second
    assert domains == [1, 2, 3, 1, 2]


def test_trial_explains_every_answer_afterwards(certification):
    page = opened(certification)

    response = Client().post(url_of(certification), answers(page))

    assert response.status_code == 200
    assert stems(response.text) == stems(page.text)
    right = response.text.count('<p><span class="tag good">✓ correct')
    assert right + response.text.count('<p><span class="tag bad">✗ wrong') == 5
    assert f"{right} of 5 right" in response.text
    assert response.text.count("Because 1 of") == 5
    assert reverse("account_signup") in response.text


def test_trial_judges_by_what_was_chosen(certification):
    page = opened(certification)
    data = answers(page)
    for position in range(1, 6):
        (right,) = re.findall(rf'id="q{position}-o(\d)"(?:(?!<li).)*?Option 1 of', page.text, re.DOTALL)
        data[f"q{position}-choice"] = right

    assert "5 of 5 right" in Client().post(url_of(certification), data).text
    assert "0 of 5 right" in Client().post(url_of(certification), {"asked": data["asked"]}).text


def test_trial_tells_nothing_before_it_was_answered(certification):
    page = opened(certification)
    text = re.sub(r'name="(asked|csrfmiddlewaretoken)" value="[^"]+"', "", page.text)
    assert [mark for mark in KEY_MARKS if mark in text] == []

    for revision in Revision.objects.all():
        Revision.objects.filter(pk=revision.pk).update(key=[3], rationales=["x"] * 4, explanation="y")
    cache.clear()

    again = re.sub(r'name="(asked|csrfmiddlewaretoken)" value="[^"]+"', "", opened(certification).text)
    assert again == text


def test_trial_stores_nothing(certification):
    client = Client()

    client.post(url_of(certification), answers(opened(certification, client)))

    assert [model.objects.count() for model in (Session, Practice, JudgedAnswer)] == [0, 0, 0]
    assert "sessionid" not in client.cookies


@pytest.mark.parametrize("kind", ["single", "multiple", "ordering", "matching", "numeric", "short_text"])
def test_trial_asks_and_explains_every_kind(kind):
    certification = CertificationFactory()
    task = TaskFactory(domain=DomainFactory(certification=certification))
    QuestionFactory(task=task, content=make_content("marked", kind))

    page = opened(certification)
    response = Client().post(url_of(certification), {"asked": asked_in(page)})

    assert "The point of marked." not in page.text
    assert "The point of marked." in response.text
    assert "0 of 1 right" in response.text


# --- What is not asked ----------------------------------------------------------------------------------------------


def test_reserved_retired_and_case_questions_are_never_tried(certification):
    task = certification.domains.first().tasks.get()
    case = QuestionFactory(task=task, content=make_content("cased", case="A long case."))
    codes = list(Question.objects.exclude(pk=case.pk).values_list("code", flat=True))
    Question.objects.filter(code__in=codes[::3]).update(is_reserved=True)
    Question.objects.filter(code__in=codes[1::3]).update(status=Question.Status.RETIRED)

    assert set(stems(opened(certification).text)) == set(codes[2::3])


def test_question_that_was_reserved_meanwhile_is_not_explained(certification):
    page = opened(certification)
    code = stems(page.text)[0]
    Question.objects.filter(code=code).update(is_reserved=True)

    response = Client().post(url_of(certification), answers(page))

    assert response.status_code == 409
    assert [mark for mark in KEY_MARKS if mark in response.text] == []
    assert (code in stems(response.text), len(stems(response.text))) == (False, 5)


def test_question_that_was_edited_meanwhile_is_asked_again(certification):
    page = opened(certification)
    question = Question.objects.get(code=stems(page.text)[0])
    author = UserFactory(instructor=True)
    save_draft(question=question, content=make_content("edited"), by=author, now=timezone.now())
    publish(question=question, by=UserFactory(superuser=True), now=timezone.now())

    response = Client().post(url_of(certification), answers(page))

    assert (response.status_code, "Stem edited" in response.text) == (409, True)


@pytest.mark.parametrize("asked", ["", "x", "WzFd:x:y"])
def test_nobody_gets_a_key_by_naming_a_question(certification, asked):
    response = Client().post(url_of(certification), answers(opened(certification), asked=asked))

    assert response.status_code == 400
    assert [mark for mark in KEY_MARKS if mark in response.text] == []


def test_signature_of_another_certification_opens_nothing(certification):
    other = CertificationFactory()
    fill_task(TaskFactory(domain=DomainFactory(certification=other)), 5)

    response = Client().post(url_of(other), answers(opened(certification)))

    assert (response.status_code, "Because" in response.text) == (400, False)


def test_page_that_was_open_for_days_is_asked_again(certification):
    page = opened(certification)
    with time_machine.travel(timezone.now().replace(year=2031), tick=False):
        response = Client().post(url_of(certification), answers(page))

    assert (response.status_code, "open for too long" in response.text) == (400, True)


@pytest.mark.parametrize(
    ("field", "value"),
    [("q1_choice", "9"), ("q1_choice", "x"), ("q1_count", "-1"), ("q6_sequence", "0"), ("q1_text", "\0")],
)
def test_what_no_page_sends_is_refused_and_the_other_answers_stay(certification, field, value):
    page = opened(certification)

    response = Client().post(url_of(certification), answers(page, **{field: value}))

    assert response.status_code == 400
    assert [mark for mark in KEY_MARKS if mark in response.text] == []
    assert stems(response.text) == stems(page.text)


def test_retired_certification_and_empty_bank_have_no_trial(certification):
    Certification.objects.filter(pk=certification.pk).update(status=Certification.Status.RETIRED)
    empty = CertificationFactory()

    assert Client().get(url_of(certification)).status_code == 404
    assert Client().get(url_of(empty)).status_code == 404
    assert Client().get(reverse("exams:trial", args=["none"])).status_code == 404


def test_who_has_an_account_practises(certification):
    client = client_of(UserFactory())

    for response in (client.get(url_of(certification)), client.post(url_of(certification), {"asked": "x"})):
        assert response.url == f"{reverse('exams:practice')}?certification={certification.code}"


def test_trial_takes_few_queries_whatever_the_bank(certification):
    numbers = []
    for more in (0, 50):
        fill_task(certification.domains.first().tasks.get(), more)
        cache.clear()
        with count_queries() as counted:
            page = opened(certification)
        with count_queries() as posted:
            Client().post(url_of(certification), answers(page))
        numbers.append((counted.number, posted.number))

    assert numbers[0] == numbers[1]
    assert max(numbers[0]) <= 3
