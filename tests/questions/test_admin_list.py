"""The list of questions in the admin."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from questions.models import Question, Revision, Tag
from questions.services import publish, save_draft, send_to_review
from tests.exams.helpers import client_of
from tests.factories import DomainFactory, QuestionFactory, TaskFactory, UserFactory, make_content
from tests.queries import count_queries
from tests.questions.admin_pages import LIST, url

pytestmark = pytest.mark.django_db


@pytest.fixture
def instructor():
    return UserFactory(instructor=True, name="Ina")


@pytest.fixture
def client(instructor):
    return client_of(instructor)


@pytest.fixture
def task():
    return TaskFactory(name="Sanitize data")


def listed(client, query):
    page = client.get(f"{reverse(LIST)}?{query}").text
    return set(re.findall(r'class="field-code"><a[^>]*>([^<]+)', page))


def test_list_is_filtered_by_what_an_instructor_looks_for(client, instructor, task):
    plain = QuestionFactory(code="plain", task=task)
    edited = QuestionFactory(code="edited", task=TaskFactory(domain=DomainFactory()))
    save_draft(question=edited, content=make_content("b", kind="multiple"), by=None, now=timezone.now())
    send_to_review(question=edited, reviewer=instructor, by=instructor, now=timezone.now())
    edited.tags.add(Tag.objects.create(name="kinesis"))
    domain = task.domain

    assert listed(client, "") == {"plain", "edited"}
    assert listed(client, f"domain={domain.pk}") == {"plain"}
    assert listed(client, f"certification={domain.certification_id}") == {"plain"}
    assert listed(client, "draft=yes") == listed(client, "review=any") == listed(client, "review=mine") == {"edited"}
    assert listed(client, "draft=no") == {"plain"}
    assert listed(client, "kind=multiple") == listed(client, "tag=kinesis") == {"edited"}
    assert listed(client, "status__exact=published") == {"plain", "edited"}
    assert plain.code == "plain"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("vectors keeps", {"one"}),
        ("VECTORS", {"one"}),
        ("ONE", {"one"}),
        ("ch3-7", {"two"}),
        ("%", set()),
        ("nothing", set()),
        (" ", {"one", "two"}),
    ],
)
def test_search_finds_words_of_any_revision_codes_and_ids(client, query, found):
    QuestionFactory(code="one", content=make_content(stem="Which store keeps vectors?"))
    QuestionFactory(code="two", source_id="ch3-7", content=make_content(stem="Another?"))
    save_draft(
        question=Question.objects.get(code="one"), content=make_content(stem="Rewritten"), by=None, now=timezone.now()
    )

    response = client.get(reverse(LIST), {"q": query})

    assert set(re.findall(r'class="field-code"><a[^>]*>([^<]+)', response.text)) == found


def test_search_for_words_and_codes_can_use_the_trigram_indexes(client):
    QuestionFactory(code="one", content=make_content(stem="Which store keeps vectors?"))

    with CaptureQueriesContext(connection) as captured:
        client.get(reverse(LIST), {"q": "vectors"})

    (sql,) = (query["sql"] for query in captured if "UNION" in query["sql"] and "COUNT" in query["sql"])
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":  # has none, and reads all stems
            assert "search_stems" not in connection.introspection.get_constraints(cursor, Revision._meta.db_table)
            return
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {sql}")
        plan = "\n".join(row for (row,) in cursor.fetchall())
    assert "search_stems" in plan
    assert "search_codes" in plan


def test_dates_read_as_everywhere(client, task):
    question = QuestionFactory(task=task)

    assert f"{question.updated_at:%-d %b %Y, %H:%M}" in client.get(reverse(LIST)).text


def test_list_takes_the_same_queries_for_one_and_for_many(client, task):
    counts = []
    for number in (1, 20):
        for question in QuestionFactory.create_batch(number, task=task):
            save_draft(question=question, content=make_content("b"), by=None, now=timezone.now())
        with count_queries() as counted:
            client.get(reverse(LIST))
        counts.append(counted.number)

    assert counts[0] == counts[1]


def test_page_of_a_question_takes_the_same_queries_however_long_its_history(client, instructor, task):
    question = QuestionFactory(task=task)
    counts = []
    for number in (1, 8):
        for n in range(number):
            content = make_content(f"{number} {n}")
            save_draft(question=question, content=content, by=UserFactory(), now=timezone.now())
            publish(question=question, by=None, now=timezone.now())
        with count_queries() as counted:
            client.get(url("change", question))
        counts.append(counted.number)

    assert counts[0] == counts[1]
