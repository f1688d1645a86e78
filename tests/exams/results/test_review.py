"""The review, question by question."""

import pytest
from django.urls import reverse

from tests.exams.helpers import START, client_of, finish
from tests.factories import make_attempt, make_exam

pytestmark = pytest.mark.django_db


def test_question_is_shown(clock):
    attempt = make_attempt(exam=make_exam(), now=START)
    finish(attempt, right=2)
    client = client_of(attempt.candidate)
    response = client.get(reverse("exams:attempt-review", args=[attempt.pk]) + "?show=wrong")
    assert response.url == reverse("exams:review-question", args=[attempt.pk, 3]) + "?show=wrong"
    page = client.get(response.url)
    assert page.status_code == 200
    print(page.text, len(page.content))
    assert client.get(reverse("exams:review-all", args=[attempt.pk])).status_code == 200
    assert 0
