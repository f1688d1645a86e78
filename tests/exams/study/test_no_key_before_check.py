"""Promise 5 in practice: before *Check* no byte of a question's key, whatever was checked beside it.

That nothing depends on the key, and that an exam under way hides all: attempts/test_no_key_leaves_early.py.
"""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from exams.study.criteria import Criteria
from exams.study.services.practising import start_chosen
from tests.exams.attempts.test_no_key_leaves_early import CANARY, everything, world  # noqa: F401
from tests.exams.helpers import START, client_of, posted

pytestmark = pytest.mark.django_db

SECRET = {"key", "rationales", "explanation", "service_note", "references"}
HTMX = {"HX-Request": "true"}


@pytest.fixture
def practice(world):  # noqa: F811
    return start_chosen(
        candidate=world.candidate,
        certification=world.exam.certification,
        criteria=Criteria(number=100),
        title="All",
        now=START,
        seed=1,
    )


def url(name, practice, *args):
    return reverse(f"exams:practice-{name}", args=[practice.pk, *args])


def items_of(practice):
    return list(practice.items.select_related("revision__question").order_by("position"))


def test_check_tells_of_that_question_alone(practice):
    client = client_of(practice.candidate)
    for item in items_of(practice):
        others = [
            other.revision.question.code for other in items_of(practice) if not other.checked_at and other != item
        ]
        check = client.post(url("check", practice, item.position), posted(item), headers=HTMX)
        answers = [
            check,
            client.get(check.url),
            client.get(check.url, headers=HTMX),
            client.get(url("run", practice), follow=True),
            client.get(url("result", practice)),
            client.get(reverse("exams:practice")),
        ]
        said = " ".join(everything(answer).lower() for answer in answers)

        told = re.findall(rf"{CANARY} (?:rationale|explanation|note|title|section) (\S+?)(?= |<|”)", said)
        assert f"{CANARY} explanation {item.revision.question.code}".lower() in said
        assert set(told) & {code.lower() for code in others} == set()


def test_pages_before_the_check_read_no_key(practice):
    client, item = client_of(practice.candidate), items_of(practice)[0]
    pages = {
        "question": lambda: client.get(url("question", practice, 1)),
        "answer": lambda: client.post(url("answer", practice, 1), posted(item, flag=True), headers=HTMX),
        "stale": lambda: client.post(url("answer", practice, 1), posted(item, page="b", sequence=9), headers=HTMX),
        "run": lambda: client.get(url("run", practice)),
        "result": lambda: client.get(url("result", practice)),
    }
    read = {}
    for name, act in pages.items():
        with CaptureQueriesContext(connection) as captured:
            assert act().status_code < 500
        read[name] = set(re.findall(r'"questions_revision"\."(\w+)"', " ".join(query["sql"] for query in captured)))

    assert {name: columns & SECRET for name, columns in read.items() if columns & SECRET} == {}
    assert "options" in read["question"]
