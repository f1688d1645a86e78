import pytest
from django.contrib.auth.models import Group, Permission
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from accounts.models import User
from exams.cohorts.models import Membership
from tests.exams.helpers import client_of
from tests.exams.pages import opened
from tests.factories import CohortFactory, UserFactory
from tests.queries import count_queries

pytestmark = pytest.mark.django_db

LIST = "/admin/accounts/user/"


def page(name, user):
    return reverse(f"admin:accounts_user_{name}", args=[user.pk])


def password_page(user):
    return reverse("admin:auth_user_password_change", args=[user.pk])


def stored(user):
    return {**User.objects.values().get(pk=user.pk), "groups": list(user.groups.values_list("name", flat=True))}


@pytest.fixture
def instructor(client):
    instructor = UserFactory(instructor=True, name="Irene")
    client.force_login(instructor)
    return instructor


@pytest.fixture
def superuser(client):
    superuser = UserFactory(superuser=True, name="Root")
    client.force_login(superuser)
    return superuser


@pytest.fixture
def candidate():
    return UserFactory(name="Carla", email="carla@example.com")


@pytest.fixture
def cohort(instructor, candidate):
    """The instructor's, with the candidate in it."""
    return CohortFactory(instructor=instructor, members=[candidate])


# --- What an instructor sees -----------------------------------------------------------------------------


def test_instructor_sees_the_candidates_of_their_cohorts_and_no_staff(client, instructor, candidate, cohort):
    staff = [UserFactory(instructor=True, name="Otto"), UserFactory(superuser=True, name="Root")]
    CohortFactory(instructor=instructor, members=[candidate, *staff])
    CohortFactory(instructor=staff[0], members=[UserFactory()])
    UserFactory()

    response = client.get(LIST)

    assert list(response.context["cl"].queryset) == [candidate]


def test_candidate_who_left_the_cohort_is_as_absent_as_nobody(client, instructor, candidate, cohort):
    assert client.get(page("change", candidate)).status_code == 200
    Membership.objects.all().delete()

    assertRedirects(client.get(page("change", candidate)), "/admin/")
    assert client.post(page("change", candidate), {"extra_time_percent": "50"}).status_code == 403


@pytest.mark.parametrize("query", ["?q=example.com", "?is_staff__exact=1", "?all=", "?o=1", "?is_active__exact=1"])
def test_instructor_finds_no_staff_by_any_filter(client, instructor, candidate, cohort, query):
    UserFactory(superuser=True)

    response = client.get(LIST + query)

    assert [user for user in response.context["cl"].queryset if user.is_staff] == []


@pytest.mark.parametrize("query", ["?password__startswith=md5", "?groups__permissions__id=1"])
def test_instructor_cannot_ask_for_what_is_not_shown(client, instructor, candidate, query):
    # A filter on a hash tells it letter by letter.
    assert client.get(LIST + query).status_code in {302, 400}


def test_instructor_sees_of_a_member_what_the_work_needs_and_changes_nothing(client, instructor, candidate, cohort):
    response = client.get(page("change", candidate))

    assertNotContains(response, 'name="_save"')
    assertNotContains(response, 'id="id_')
    assertContains(response, "carla@example.com")
    for secret in ("is_staff", "is_superuser", "groups", "user_permissions", candidate.password.rsplit("$")[-1], "md5"):
        assertNotContains(response, secret)


# --- What an instructor cannot do ------------------------------------------------------------------------------

SMUGGLED = {
    "email": "stolen@example.com",
    "name": "Stolen",
    "password": "violet-heron-12",
    "password1": "violet-heron-12",
    "password2": "violet-heron-12",
    "usable_password": "true",
    "is_active": "",
    "is_staff": "on",
    "is_superuser": "on",
    "user_permissions": "1",
    "last_login_0": "2020-01-01",
    "joined_at_0": "2020-01-01",
}


@pytest.mark.parametrize("codename", ["view_user", "change_user"])
def test_instructor_changes_nothing_of_a_member_whatever_the_permissions(
    client, instructor, candidate, cohort, codename
):
    Group.objects.get().permissions.add(Permission.objects.get(codename=codename))
    before, group = stored(candidate), Group.objects.get()
    fields = {"time_zone": "Europe/Berlin", "extra_time_percent": "300", "groups": group.pk, **SMUGGLED}

    assert client.post(page("change", candidate), fields).status_code == 403

    assert stored(candidate) == before
    assert User.objects.get(pk=candidate.pk).get_all_permissions() == set()


@pytest.mark.parametrize("role", [{"instructor": True}, {"superuser": True}, {"is_staff": True}], ids=str)
def test_instructor_cannot_open_or_change_staff(client, instructor, role):
    other = UserFactory(**role)
    before = stored(other)

    for url in (page("change", other), page("history", other), page("delete", other)):
        assert client.get(url).status_code in {302, 403}
        response = client.post(url, {"time_zone": "UTC", "extra_time_percent": "50", "post": "yes"})
        assert response.status_code in {302, 403}

    assert stored(other) == before


def test_staff_and_nobody_look_the_same_to_an_instructor(client, instructor):
    other = UserFactory(superuser=True)
    url = page("change", other)

    there = client.get(url)
    other.delete()
    missing = client.get(url)

    assertRedirects(there, "/admin/")
    assertRedirects(missing, "/admin/")


def test_instructor_cannot_change_their_own_rights_or_time(client, instructor):
    before = stored(instructor)

    client.post(page("change", instructor), {"time_zone": "UTC", "extra_time_percent": "300", **SMUGGLED})

    assert stored(instructor) == before


@pytest.mark.parametrize("role", [{}, {"instructor": True}, {"superuser": True}], ids=str)
def test_instructor_cannot_set_a_password(client, instructor, role):
    other = UserFactory(**role)
    before = stored(other)
    fields = {"usable_password": "true", "password1": "violet-heron-12", "password2": "violet-heron-12"}

    assert client.get(password_page(other)).status_code == 403
    assert client.post(password_page(other), fields).status_code == 403

    assert stored(other) == before


def test_instructor_cannot_add_or_delete_people(client, instructor, candidate):
    add = reverse("admin:accounts_user_add")

    assert client.get(add).status_code == 403
    assert client.post(add, SMUGGLED).status_code == 403
    assert client.post(page("delete", candidate), {"post": "yes"}).status_code == 403
    client.post(LIST, {"action": "delete_selected", "_selected_action": [candidate.pk], "post": "yes"})

    assert set(User.objects.all()) == {instructor, candidate}


def test_instructor_has_no_page_of_groups(client, instructor):
    group = Group.objects.get()

    for url in ("/admin/auth/group/", f"/admin/auth/group/{group.pk}/change/"):
        assert client.get(url).status_code in {403, 404}


def test_staff_outside_the_group_see_nobody(client, candidate):
    client.force_login(UserFactory(is_staff=True))

    assert client.get(LIST).status_code == 403
    assert client.get(page("change", candidate)).status_code == 403


@pytest.mark.parametrize("count", [1, 20])
def test_list_takes_the_same_queries_for_few_and_for_many(client, instructor, count):
    CohortFactory(instructor=instructor, members=UserFactory.create_batch(count))

    with count_queries() as counted:
        response = client.get(LIST)

    assert response.context["cl"].result_count == count
    assert counted.number <= 8


# --- What a superuser does ---------------------------------------------------------------------------------------


def test_superuser_sees_everybody(client, superuser, candidate):
    other = UserFactory(instructor=True)

    response = client.get(LIST)

    assert set(response.context["cl"].queryset) == {superuser, candidate, other}


def test_superuser_makes_an_instructor(client, superuser, candidate):
    group = Group.objects.get()
    fields = {"email": candidate.email, "name": "Carla", "time_zone": "UTC"}
    fields |= {"extra_times-TOTAL_FORMS": 0, "extra_times-INITIAL_FORMS": 0}

    fields |= opened(client, page("change", candidate))
    client.post(page("change", candidate), {**fields, "is_active": "on", "is_staff": "on", "groups": [group.pk]})

    assert User.objects.get(pk=candidate.pk).has_perm("questions.change_question")
    assert client.get(page("history", candidate)).status_code == 200


def test_superuser_sets_a_password(client, superuser, candidate):
    client.post(
        password_page(candidate),
        {"usable_password": "true", "password1": "violet-heron-12", "password2": "violet-heron-12"},
    )

    candidate.refresh_from_db()
    assert candidate.check_password("violet-heron-12")


ADDED = {"usable_password": "true", "password1": "blue-heron-77", "password2": "blue-heron-77"}


def add(client, email):
    return client.post(reverse("admin:accounts_user_add"), {"email": email, **ADDED})


def test_superuser_adds_a_person(client, superuser):
    response = add(client, "new@example.com")

    user = User.objects.get(email="new@example.com")
    assertRedirects(response, page("change", user))
    assert user.check_password("blue-heron-77")
    assert (user.is_staff, user.is_superuser) == (False, False)


def test_person_is_added_once_whatever_the_case_of_the_email(client, superuser, candidate):
    response = add(client, "CARLA@example.com")

    assert response.status_code == 200
    assert response.context["errors"]
    assert User.objects.count() == 2


def test_person_added_with_capitals_has_the_email_in_lower_case(client, superuser):
    add(client, "Jane.Doe@Example.com")

    assert User.objects.latest("pk").email == "jane.doe@example.com"


def test_person_added_with_capitals_can_ask_for_a_new_password(client, superuser, mailoutbox):
    add(client, "Jane.Doe@Example.com")
    client.logout()

    client.post("/accounts/password/reset/", {"email": "jane.doe@example.com"})

    assert [("/password/reset/key/" in message.body) for message in mailoutbox] == [True]


def test_sign_up_with_the_email_of_a_person_added_with_capitals_is_no_error(client, superuser):
    add(client, "Jane.Doe@Example.com")
    client.logout()

    response = client.post("/accounts/signup/", {"email": "jane.doe@example.com", **ADDED})

    assert response.status_code == 302
    assert User.objects.count() == 2


def test_superuser_changes_the_own_password_where_the_old_one_is_asked():
    superuser = UserFactory(superuser=True)
    before = superuser.password

    response = client_of(superuser).post(
        password_page(superuser),
        {"usable_password": "true", "password1": "violet-otter-maps-91", "password2": "violet-otter-maps-91"},
    )

    superuser.refresh_from_db()
    assert (response.url, superuser.password) == (reverse("account_change_password"), before)
