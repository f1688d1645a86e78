import zoneinfo

import pytest
from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User, validate_time_zone
from tests.factories import UserFactory

# --- The manager ---------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("ada@example.com", "ada@example.com"),
        ("Ada@Example.COM", "ada@example.com"),
        ("ADA.Lovelace+exam@example.com", "ada.lovelace+exam@example.com"),
    ],
)
def test_create_user_stores_the_email_in_lower_case(given, stored):
    user = User.objects.create_user(given, "secret-word-1")

    assert User.objects.get(pk=user.pk).email == stored


@pytest.mark.django_db
def test_create_user_makes_a_candidate():
    before = timezone.now()

    user = User.objects.create_user("ada@example.com", "secret-word-1", name="Ada")

    user = User.objects.get(pk=user.pk)
    assert (user.is_active, user.is_staff, user.is_superuser) == (True, False, False)
    assert (user.name, user.extra_time_percent, user.time_zone) == ("Ada", 0, "UTC")
    assert user.joined_at >= before
    assert user.check_password("secret-word-1")
    assert "secret-word-1" not in user.password


@pytest.mark.django_db
def test_create_user_without_a_password_makes_one_who_cannot_log_in_by_password():
    user = User.objects.create_user("ada@example.com")

    assert not user.has_usable_password()
    assert not user.check_password("")


@pytest.mark.django_db
def test_create_superuser_may_do_everything():
    user = User.objects.create_superuser("Root@example.com", "secret-word-1")

    user = User.objects.get(pk=user.pk)
    assert (user.email, user.is_staff, user.is_superuser) == ("root@example.com", True, True)
    assert user.has_perm("questions.delete_question")


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ["ada@example.com", "ADA@EXAMPLE.COM", "Ada@example.com"])
def test_person_is_found_by_email_whatever_its_case(typed):
    user = UserFactory(email="ada@example.com")

    assert User.objects.get_by_natural_key(typed) == user
    assert authenticate(username=typed, password="secret-word-1") == user


@pytest.mark.django_db
def test_nobody_is_found_by_part_of_an_email():
    UserFactory(email="ada@example.com")

    for typed in ("ada", "ada@example", "%@example.com", "", None):
        with pytest.raises(User.DoesNotExist):
            User.objects.get_by_natural_key(typed)


# --- What the database holds ---------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("second", ["ada@example.com", "ADA@example.com", "Ada@Example.Com"])
def test_email_is_unique_whatever_its_case(second):
    UserFactory(email="ada@example.com")

    # Past the manager, which would make it lower-case: the database itself must refuse.
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.bulk_create([User(email=second)])
    with pytest.raises(ValidationError):
        User(email=second, password="x").full_clean()

    assert User.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("percent", [0, 25, 300])
def test_extra_time_up_to_300_percent_is_stored(percent):
    user = UserFactory(extra_time_percent=percent)

    user.full_clean()
    assert User.objects.get(pk=user.pk).extra_time_percent == percent


@pytest.mark.django_db
@pytest.mark.parametrize("percent", [-1, 301])
def test_extra_time_outside_0_to_300_percent_is_refused(percent):
    user = UserFactory()

    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=user.pk).update(extra_time_percent=percent)
    user.extra_time_percent = percent
    with pytest.raises(ValidationError):
        user.full_clean()

    assert User.objects.get(pk=user.pk).extra_time_percent == 0


# --- Time zones ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Asia/Kathmandu"])
def test_time_zone_that_exists_is_valid(name):
    validate_time_zone(name)

    assert zoneinfo.ZoneInfo(name).key == name


@pytest.mark.parametrize(
    "name", ["", "Mars/Phobos", "europe/berlin", "Europe", "UTC+1", "+01:00", "../../etc/passwd", "/etc/localtime"]
)
def test_time_zone_that_does_not_exist_is_refused(name):
    with pytest.raises(ValidationError) as refusal:
        validate_time_zone(name)

    assert refusal.value.messages == [f"“{name}” is not a time zone. Use a name such as Europe/Berlin."]


@pytest.mark.django_db
def test_time_zone_is_validated_with_the_person():
    with pytest.raises(ValidationError) as refusal:
        UserFactory.build(password="x", time_zone="Mars/Phobos").full_clean()

    assert list(refusal.value.message_dict) == ["time_zone"]


# --- Names ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "full", "short"), [("Ada", "Ada", "Ada"), ("", "", "ada@example.com")], ids=["named", "nameless"]
)
def test_person_is_called_by_name_or_else_by_email(name, full, short):
    user = User(email="ada@example.com", name=name)

    assert (user.get_full_name(), user.get_short_name(), str(user)) == (full, short, short)
