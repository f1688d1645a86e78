import pytest
from django.urls import reverse
from pytest_django.asserts import assertContains, assertRedirects

from accounts.models import User
from tests.exams.pages import opened
from tests.factories import UserFactory
from tests.queries import count_queries

pytestmark = pytest.mark.django_db

URL = "/accounts/preferences/"


@pytest.fixture
def user(client):
    user = UserFactory(name="Ada", email="ada@example.com")
    client.force_login(user)
    return user


def stored(user):
    return User.objects.values().get(pk=user.pk)


def test_preferences_stand_at_their_address():
    assert reverse("accounts:preferences") == URL


def test_preferences_show_what_is_stored(client, user):
    User.objects.filter(pk=user.pk).update(time_zone="Asia/Kathmandu", extra_time_percent=25)

    response = client.get(URL)

    assertContains(response, 'value="Ada"')
    assertContains(response, '<option value="Asia/Kathmandu" selected>Asia/Kathmandu</option>', html=True)
    assertContains(response, "ada@example.com")
    assertContains(response, "25 % on every exam")


def test_preferences_are_saved(client, user):
    response = client.post(
        URL, {**opened(client, URL), "name": "Ada L.", "time_zone": "America/Argentina/Buenos_Aires"}, follow=True
    )

    assertRedirects(response, URL)
    assertContains(response, "Your preferences are saved.")
    assert (stored(user)["name"], stored(user)["time_zone"]) == ("Ada L.", "America/Argentina/Buenos_Aires")


def test_name_may_be_empty(client, user):
    client.post(URL, {**opened(client, URL), "name": "", "time_zone": "UTC"})

    assert stored(user)["name"] == ""


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": "Ada", "time_zone": "Mars/Phobos"}, "Select a valid choice. Mars/Phobos is not one of the available"),
        ({"name": "Ada", "time_zone": ""}, "This field is required."),
        ({"name": "Ada"}, "This field is required."),
        ({"name": "A" * 151, "time_zone": "UTC"}, "Ensure this value has at most 150 characters (it has 151)."),
    ],
)
def test_wrong_preferences_are_named_and_nothing_is_saved(client, user, fields, message):
    before = stored(user)

    response = client.post(URL, {**opened(client, URL), **fields})

    assertContains(response, message)
    assert stored(user) == before


def test_fields_that_are_not_on_the_page_are_ignored(client, user):
    before = stored(user)

    client.post(
        URL,
        {
            **opened(client, URL),
            "name": "Ada",
            "time_zone": "Europe/Berlin",
            "id": 1,
            "email": "root@example.com",
            "password": "another-word-1",
            "extra_time_percent": 300,
            "is_staff": "on",
            "is_superuser": "on",
            "is_active": "",
            "groups": [1],
        },
    )

    assert stored(user) == before | {"time_zone": "Europe/Berlin"}
    assert list(user.groups.all()) == []


def test_preferences_of_another_person_are_out_of_reach(client, user):
    other = UserFactory(name="Bob")
    before = stored(other)

    fields = {**opened(client, URL), "id": other.pk, "pk": other.pk, "name": "x", "time_zone": "UTC"}
    response = client.post(f"{URL}?id={other.pk}", fields)

    assert response.status_code == 302
    assert stored(other) == before
    assert stored(user)["name"] == "x"


@pytest.mark.parametrize("method", ["get", "post", "put", "delete"])
def test_preferences_of_an_anonymous_visitor_lead_to_the_log_in(client, method):
    response = getattr(client, method)(URL)

    assertRedirects(response, f"/accounts/login/?next={URL}")


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_wrong_method_is_refused(client, user, method):
    response = getattr(client, method)(URL)

    assert response.status_code == 405
    assert response.headers["Allow"] == "GET, POST"


def test_preferences_page_takes_few_queries(client, user):
    with count_queries() as counted:
        client.get(URL)

    assert counted.number <= 2  # session, user


def test_saved_time_zone_is_used_from_the_next_page_on(client, user):
    client.post(URL, {**opened(client, URL), "name": "Ada", "time_zone": "Asia/Kathmandu"})

    response = client.get(URL)

    assert response.context["form"]["time_zone"].value() == "Asia/Kathmandu"
    assert response.context["user"].time_zone == "Asia/Kathmandu"
