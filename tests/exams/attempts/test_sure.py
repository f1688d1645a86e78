"""How sure a candidate says to be: kept with the answer, on every way that an answer takes, and never asked for."""

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse

from exams.attempts.models import AttemptItem
from tests.exams.helpers import client_of, item_of, posted
from tests.exams.pages import fields_of

pytestmark = pytest.mark.django_db

SAID = {"1": True, "0": False, "": None}


def url(name, attempt, *more):
    return reverse(f"exams:{name}", args=[attempt.pk, *more])


def sure_in(page, position=1):
    return fields_of(page, "hand-in").get(f"q{position}-sure", [""])[0]


@pytest.mark.parametrize("said", SAID)
def test_what_was_said_is_saved_and_shown_again(client, attempt, said):
    data = posted(item_of(attempt, 1), 2) | {"q1-sure": said}

    response = client.post(url("answer-save", attempt, 1), data)

    assert response.status_code == 200
    assert AttemptItem.objects.get(attempt=attempt, position=1).is_sure is SAID[said]
    assert sure_in(client.get(url("attempt", attempt))) == said
    assert sure_in(client.get(url("attempt", attempt)), 2) == ""


def test_sure_alone_makes_a_question_seen_and_not_answered(client, attempt):
    client.post(url("answer-save", attempt, 1), posted(item_of(attempt, 1)) | {"q1-sure": "1"})

    page = client.get(url("attempt-hand-in", attempt)).content.decode()

    assert "No answer to 4 of 4" in page


@pytest.mark.parametrize("said", ["1", "0"])
def test_what_was_said_outlives_a_log_in(attempt, said):
    client = client_of(attempt.candidate)
    data = posted(item_of(attempt, 1)) | {"q1-sure": said, "then": "stay"}
    Session.objects.all().delete()

    refused = client.post(url("attempt-hand-in", attempt), data)
    client.force_login(attempt.candidate)
    page = client.get(refused.url.partition("next=")[2], follow=True)

    assert sure_in(page) == said


@pytest.mark.parametrize(("there", "shown"), [(True, "1"), (False, "0"), (None, "")])
def test_stale_page_is_told_what_was_said_there(client, attempt, there, shown):
    attempt.items.filter(position=1).update(sequence=3, is_sure=there, is_flagged=True)

    response = client.post(url("answer-save", attempt, 1), posted(item_of(attempt, 1), 1) | {"q1-sequence": "0"})

    assert response.status_code == 409
    assert f'data-sure="{shown}"' in response.content.decode()
