"""What the lists of the admin tell: what they show, and nothing that is asked of them by the address."""

import pytest
from django.urls import reverse

from tests.factories import UserFactory
from tests.security.routes import all_routes

pytestmark = pytest.mark.django_db

LISTS = [name for name in all_routes() if name.endswith("_changelist")]
# A hidden column of each kind, by itself and through a relation, with every kind of look-up.
HIDDEN = {
    "exams_problemreport": [
        "candidate__id__exact={owner}", "candidate={owner}", "candidate__in={owner}", "candidate_id={owner}",
        "candidate__email__startswith=owner", "candidate__gte={owner}", "candidate__isnull=False",
        "item__attempt__candidate={owner}", "item__attempt__candidate__id__exact={owner}", "item__isnull=0",
        "candidate__attempts__exam__id__exact=1", "pk={report}", "id__in={report}", "text__contains=a",
    ],
    "accounts_user": [
        "password__startswith=md5", "password__regex=^md5", "email__startswith=own", "is_superuser__exact=0",
        "attempts__score__gte=1", "last_login__isnull=True", "cohorts__id__exact=1", "authenticator__isnull=True",
        "emailaddress__verified__exact=1", "groups__permissions__codename=x", "problem_reports__id__exact=1",
    ],
    "exams_attempt": ["candidate__password__startswith=md5", "seed__gt=0", "items__response__isnull=False",
                      "items__question__code=x", "scores__points__0=1", "items__revision__key=[0]"],
    "exams_cohort": ["invite_token__startswith=a", "instructors__email=a", "memberships__candidate={owner}"],
    "questions_question": ["published_revision__key=[1]", "revisions__key__0=1", "loaded_digest__startswith=a"],
    "mfa_authenticator": ["data__contains=a", "user__password__startswith=md5", "data__secret__startswith=a"],
    "account_emailaddress": ["user__password__startswith=md5", "user__email__regex=a"],
}  # fmt: skip


def list_of(name):
    return reverse(f"admin:{name}_changelist")


@pytest.mark.parametrize(("name", "query"), [(name, query) for name, queries in HIDDEN.items() for query in queries])
@pytest.mark.parametrize("role", ["instructor", "superuser"])
def test_list_is_not_asked_for_what_it_does_not_show(world, name, query, role):
    query = query.format(owner=world.candidate.pk, report=1)

    response = world.client(role).get(f"{list_of(name)}?{query}")

    allowed = {403} if role == "instructor" and name in ("mfa_authenticator", "account_emailaddress") else {400}
    assert {response.status_code} == allowed


def own_links(response):
    filters = response.context["cl"].filter_specs
    return [choice["query_string"] for spec in filters for choice in spec.choices(response.context["cl"])]


@pytest.mark.parametrize("name", LISTS)
def test_every_filter_of_every_list_still_works(world, name):
    client, url = world.client("superuser"), world.url(name)
    links = own_links(client.get(url))

    answers = {link: client.get(f"{url}{link}").status_code for link in links}

    assert answers == dict.fromkeys(links, 200)


def test_attempts_of_a_question_are_still_linked(world):
    url = f"{list_of('exams_attempt')}?items__question__id__exact={world.question.pk}"

    response = world.client("superuser").get(url)

    assert response.status_code == 200
    assert [attempt.pk for attempt in response.context["cl"].result_list] == [world.attempt.pk]


@pytest.mark.parametrize("order", ["1", "-1", "99", "-99", "candidate", "-password", "1.candidate__email", "0", "2²"])
def test_list_is_sorted_by_what_it_shows_alone(world, order):
    response = world.client("instructor").get(list_of("exams_problemreport"), {"o": order})

    columns = {str(field).removeprefix("-") for field in response.context["cl"].queryset.query.order_by}
    assert response.status_code == 200
    assert columns <= {"question", "kind", "created_at", "outcome", "resolved_by", "resolved_at", "pk"}


@pytest.mark.parametrize(
    ("model", "field"),
    [("problemreport", "candidate"), ("problemreport", "item"), ("attempt", "candidate"), ("cohort", "instructors"),
     ("rescore", "by")],
)  # fmt: skip
@pytest.mark.parametrize("role", ["instructor", "superuser"])
def test_nothing_is_completed_by_address(world, model, field, role):
    query = {"app_label": "exams", "model_name": model, "field_name": field, "term": "owner"}

    response = world.client(role).get(reverse("admin:autocomplete"), query)

    assert response.status_code == 403
    assert world.candidate.email not in response.text


@pytest.mark.parametrize(
    "query", ["_to_field=password", "_to_field=email", "_to_field=candidate", "_to_field=id&_popup=1"]
)
@pytest.mark.parametrize("name", ["accounts_user", "exams_problemreport", "exams_attempt"])
def test_popup_tells_no_hidden_column(world, name, query):
    response = world.client("instructor").get(f"{list_of(name)}?{query}")

    assert response.status_code in (200, 400)
    assert "md5$" not in response.text
    assert name != "exams_problemreport" or world.candidate.email not in response.text


@pytest.mark.parametrize("term", ["owner@example.com", "owner", "md5", "A comma."])
def test_search_finds_no_report_by_who_wrote_it(world, term):
    response = world.client("instructor").get(list_of("exams_problemreport"), {"q": term})

    assert response.context["cl"].result_count == 0


def test_facets_count_nobody_whom_the_list_does_not_show(world):
    UserFactory.create_batch(3)

    response = world.client("instructor").get(list_of("accounts_user"), {"_facets": "1"})

    shown = response.context["cl"].result_count
    counted = [choice["display"] for spec in response.context["cl"].filter_specs
               for choice in spec.choices(response.context["cl"])]  # fmt: skip
    assert shown == 1
    assert not [text for text in counted if "(" in str(text) and not str(text).endswith(("(0)", "(1)", "(-)"))]
