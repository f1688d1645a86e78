import pytest
from allauth.account.models import EmailAddress
from django.core.management import call_command
from django.core.management.base import CommandError

from accounts.models import User
from accounts.roles import INSTRUCTORS

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo(settings):
    settings.DEMO = True


def test_demo_users_are_refused_outside_the_demo_settings(settings):
    assert not hasattr(settings, "DEMO")

    with pytest.raises(
        CommandError, match="Demo users exist in the demo settings only; use createsuperuser or sign up"
    ):
        call_command("create_demo_users")

    assert User.objects.count() == 0


def test_demo_users_are_refused_when_the_demo_is_off(settings):
    settings.DEMO = False

    with pytest.raises(CommandError):
        call_command("create_demo_users")

    assert User.objects.count() == 0


def test_demo_users_are_a_candidate_and_an_instructor(demo):
    call_command("create_demo_users")

    assert list(User.objects.order_by("email").values_list("email", "is_staff", "is_superuser", "groups__name")) == [
        ("candidate@example.com", False, False, None),
        ("instructor@example.com", True, False, INSTRUCTORS),
    ]


def test_demo_users_are_made_once(demo):
    call_command("create_demo_users")
    candidate = User.objects.get(email="candidate@example.com")
    candidate.set_password("changed-word-1")
    candidate.save()
    before = list(User.objects.order_by("pk").values())

    call_command("create_demo_users")

    assert list(User.objects.order_by("pk").values()) == before
    assert EmailAddress.objects.count() == 2


@pytest.mark.parametrize(
    ("email", "password", "admin_status"),
    [
        ("candidate@example.com", "demo-candidate-1", 403),
        ("instructor@example.com", "demo-instructor-1", 200),
    ],
)
def test_demo_user_logs_in(demo, client, email, password, admin_status):
    call_command("create_demo_users")

    response = client.post("/accounts/login/", {"login": email, "password": password})

    assert (response.status_code, response.headers["Location"]) == (302, "/")
    assert client.get("/admin/", follow=True).status_code == admin_status
