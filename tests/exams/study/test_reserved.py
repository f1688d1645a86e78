"""An instructor reserves a question for exams in the form of the question."""

import pytest
from django.urls import reverse

from exams.study.queries.pool import practisable
from tests.exams.helpers import client_of
from tests.exams.pages import fields_of
from tests.factories import UserFactory, make_exam

pytestmark = pytest.mark.django_db


def test_question_reserved_in_its_form_is_not_practised():
    exam, candidate = make_exam(), UserFactory()
    placement = exam.certification.placements.first()
    client = client_of(UserFactory(superuser=True))
    url = reverse("admin:questions_question_change", args=[placement.question_id])

    response = client.post(url, fields_of(client.get(url), "question_form") | {"is_reserved": "on"})

    assert response.status_code == 302
    questions = set(practisable(candidate, exam.certification).values_list("question", flat=True))
    assert placement.question_id not in questions
    assert len(questions) == 7
