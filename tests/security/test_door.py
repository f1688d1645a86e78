"""Web processes of members hand on who is not signed in; the others answer. nginx says whose they are."""

import pytest
from django.test import Client
from django.urls import reverse

from config import metrics
from tests.exams.helpers import client_of
from tests.factories import UserFactory, make_attempt

pytestmark = pytest.mark.django_db
MEMBERS, DOOR = {"X-Exams-Pool": "exams_members"}, {"X-Exams-Pool": "exams_door"}


def with_session(key):
    client = Client()
    client.cookies["sessionid"] = key
    return client


@pytest.mark.parametrize("client", [Client(), with_session("a" * 32)], ids=["no session", "made up"])
@pytest.mark.parametrize("method", ["get", "head", "post"])
@pytest.mark.parametrize("name", ["exams:home", "exams:history", "admin:index"])
def test_who_is_not_signed_in_is_handed_on_and_told_nothing(client, method, name):
    response = getattr(client, method)(reverse(name), headers=MEMBERS)

    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["X-Accel-Redirect"] == "@door"


@pytest.mark.parametrize("headers", [{}, DOOR, {"X-Exams-Pool": "exams_members, exams_members"}])
def test_at_the_door_and_without_nginx_nobody_is_handed_on(headers):
    response = Client().get(reverse("exams:home"), headers=headers)

    assert (response.status_code, response.headers.get("X-Accel-Redirect")) == (200, None)


def test_member_is_answered():
    response = client_of(UserFactory()).get(reverse("exams:history"), headers=MEMBERS)

    assert (response.status_code, response.headers.get("X-Accel-Redirect")) == (200, None)


def test_save_that_is_handed_on_is_counted_once(settings):
    settings.METRICS_TOKEN = "t" * 32
    url = reverse("exams:answer-save", args=[make_attempt().pk, 1])
    before = refused_saves()

    for headers in (MEMBERS, DOOR):
        Client().post(url, headers=headers)

    assert refused_saves() - before == 1


def refused_saves():
    samples = [sample for metric in metrics.SAVES.collect() for sample in metric.samples]
    return sum(s.value for s in samples if s.name == "exam_save_seconds_count" and s.labels["result"] == "refused")
