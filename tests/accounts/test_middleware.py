import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone

from accounts.middleware import time_zone_middleware
from accounts.models import User
from tests.factories import UserFactory
from tests.queries import count_queries


@pytest.fixture(autouse=True)
def _default_time_zone():
    yield
    timezone.deactivate()


def zone_during(user, *, session_key="some-session"):
    """Return the time zone that is current while a request of the user is answered."""
    request = RequestFactory().get("/")
    request.session = SessionStore(session_key)
    request.user = user
    seen = []

    def get_response(request):
        seen.append(timezone.get_current_timezone_name())
        return HttpResponse("answer")

    response = time_zone_middleware(get_response)(request)

    assert response.content == b"answer"
    return seen[0]


@pytest.mark.parametrize("name", ["UTC", "Europe/Berlin", "Asia/Kathmandu"])
def test_request_is_answered_in_the_time_zone_of_the_person(name):
    assert zone_during(User(email="ada@example.com", time_zone=name)) == name


def test_anonymous_visitor_sees_the_default_time_zone_after_somebody_else():
    zone_during(User(email="ada@example.com", time_zone="Asia/Kathmandu"))

    assert zone_during(AnonymousUser()) == "UTC"


def test_second_person_does_not_see_the_time_zone_of_the_first():
    zone_during(User(email="ada@example.com", time_zone="Asia/Kathmandu"))

    assert zone_during(User(email="bob@example.com", time_zone="Europe/Berlin")) == "Europe/Berlin"


def test_visitor_without_a_session_is_not_looked_up():
    class Untouchable:
        @property
        def is_authenticated(self):
            raise AssertionError("the user was looked up")

    assert zone_during(Untouchable(), session_key=None) == "UTC"


@pytest.mark.django_db
def test_page_for_an_anonymous_visitor_costs_no_query(client):
    with count_queries() as counted:
        response = client.get(reverse("account_login"))

    assert response.status_code == 200
    assert counted.number == 0


@pytest.mark.django_db
def test_time_zone_that_exists_no_more_does_not_lock_a_person_out(client):
    # Zones come and go with the system's tzdata; the person must still reach the page that mends it.
    user = UserFactory()
    User.objects.filter(pk=user.pk).update(time_zone="Mars/Phobos")
    client.force_login(user)

    response = client.get(reverse("accounts:preferences"))

    assert response.status_code == 200
    assert timezone.get_current_timezone_name() == "UTC"
