"""Every moment names its zone, the browser's zone is taken or offered, and no moment in a form is guessed."""

import datetime as dt
import re
import zoneinfo

import pytest
from django import forms
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from accounts.models import User
from accounts.models.users import default_time_zone, time_zones
from accounts.moments import MomentField
from config.settings import env
from tests.exams.helpers import client_of
from tests.factories import UserFactory

TEMPLATES = sorted((settings.BASE_DIR / "templates").rglob("*.html"))


class Form(forms.Form):
    at = MomentField(required=False)


def cleaned(text, *, zone="Europe/Berlin", **data):
    with timezone.override(zone):
        form = Form({"at": text, **data})
        return (form.cleaned_data["at"] if form.is_valid() else form.errors["at"][0]), str(form)


# --- One format -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_writes_a_time_without_its_zone(path):
    formats = re.findall(r'\|(?:date|time):"([^"]*)"', path.read_text())

    assert [text for text in formats if re.search(r"(?<![A-Z_])H|^TIME_FORMAT$", text)] == []


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("UTC", "21 Nov 2026, 09:00 UTC"),
        ("Europe/Berlin", "21 Nov 2026, 10:00 CET"),
        ("Asia/Kathmandu", "21 Nov 2026, 14:45 +0545"),
        ("America/New_York", "21 Nov 2026, 04:00 EST"),
    ],
)
def test_moment_is_written_with_its_zone(zone, expected):
    from django.utils.formats import localize

    moment = dt.datetime(2026, 11, 21, 9, tzinfo=dt.UTC)

    with timezone.override(zone):
        assert localize(timezone.localtime(moment)) == expected


# --- Forms --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        ("2027-01-10T23:30", "Europe/Berlin", "2027-01-10T22:30:00+00:00"),
        ("2027-01-10 23:30", "America/New_York", "2027-01-11T04:30:00+00:00"),
        ("2027-01-10T23:30:59", "Asia/Tokyo", "2027-01-10T14:30:59+00:00"),
        ("2027-03-28T01:59", "Europe/Berlin", "2027-03-28T00:59:00+00:00"),
        ("2027-03-28T03:00", "Europe/Berlin", "2027-03-28T01:00:00+00:00"),
        ("2027-03-28T02:30", "UTC", "2027-03-28T02:30:00+00:00"),
        ("2027-03-28T02:30+02:00", "Europe/Berlin", "2027-03-28T00:30:00+00:00"),
    ],
)
def test_time_that_there_is_once_is_taken_in_the_persons_zone(text, zone, expected):
    assert cleaned(text, zone=zone)[0].isoformat() == expected


def test_time_that_the_clocks_skip_is_refused_with_what_would_be_right():
    error, _ = cleaned("2027-03-28T02:30")

    assert error == ("02:30 does not exist on 28 Mar 2027 in Europe/Berlin: the clocks go forward. Did you mean 03:30?")


@pytest.mark.parametrize(
    ("zone", "day"), [("Europe/Berlin", "2027-10-31T02:30"), ("America/New_York", "2027-11-07T01:30")]
)
def test_time_that_happens_twice_is_asked_about_and_then_taken(zone, day):
    error, page = cleaned(day, zone=zone)
    first, _ = cleaned(day, zone=zone, **{"at-which": "0"})
    second, chosen = cleaned(day, zone=zone, **{"at-which": "1"})

    assert "happens twice" in error
    assert 'name="at-which"' in page
    assert "which of the two?" in page
    assert second - first == dt.timedelta(hours=1)
    assert '<option value="1" selected>' in chosen


def test_stored_moment_of_the_second_hour_is_shown_and_saved_unchanged():
    stored = dt.datetime(2027, 10, 31, 1, 30, tzinfo=dt.UTC)  # the second 02:30 in Berlin
    with timezone.override("Europe/Berlin"):
        page = str(Form(initial={"at": stored}))

    assert 'value="2027-10-31T02:30"' in page
    assert '<option value="1" selected>the second 02:30, CET</option>' in page
    assert cleaned("2027-10-31T02:30", **{"at-which": "1"})[0] == stored


def test_seconds_that_are_stored_are_not_lost():
    with timezone.override("UTC"):
        page = str(Form(initial={"at": dt.datetime(2027, 1, 1, 23, 59, 59, tzinfo=dt.UTC)}))

    assert 'value="2027-01-01T23:59:59"' in page
    assert 'step="1"' in page


@pytest.mark.parametrize("text", ["soon", "2027-02-30T10:00", "2027-01-01T25:00", "#0", "#", "0001-01-01T00:00", "²"])
def test_text_that_is_no_moment_is_refused(text):
    assert isinstance(cleaned(text, zone="Asia/Tokyo")[0], str)


def test_which_of_two_counts_for_no_other_time():
    assert cleaned("2027-01-10T23:30", **{"at-which": "1"})[0] == cleaned("2027-01-10T23:30")[0]


def test_field_names_its_zone_and_is_described_by_it():
    _, page = cleaned("2027-01-10T23:30")

    assert '<span class="zone" id="id_at_zone">Times are in Europe/Berlin.</span>' in page
    assert 'aria-describedby="id_at_zone"' in page


# --- Where a person's zone comes from ------------------------------------------------------------------------------

SIGN_UP = {"email": "new@example.com", "password1": "blue-heron-77-lake", "password2": "blue-heron-77-lake"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ({"time_zone": "Asia/Kolkata"}, "Asia/Kolkata"),
        ({"time_zone": "Asia/Calcutta"}, "Asia/Calcutta"),
        ({}, "Europe/Berlin"),  # without JavaScript: the site's
        ({"time_zone": ""}, "Europe/Berlin"),
        ({"time_zone": "Mars/Phobos"}, "Europe/Berlin"),
        ({"time_zone": "../../etc/passwd"}, "Europe/Berlin"),
        ({"time_zone": "localtime"}, "Europe/Berlin"),
        ({"time_zone": "x" * 5000}, "Europe/Berlin"),
    ],
)
def test_new_account_takes_the_browsers_zone_or_the_sites(client, settings, sent, stored):
    settings.DEFAULT_TIME_ZONE = "Europe/Berlin"

    response = client.post(reverse("account_signup"), {**SIGN_UP, **sent})

    assert response.status_code == 302
    assert User.objects.get().time_zone == stored


def test_sign_up_form_has_a_hidden_field_for_the_zone(client, db):
    response = client.get(reverse("account_signup"))

    assertContains(response, "data-browser-zone")
    assertContains(response, "site/zone.js")


def test_default_zone_is_a_setting_that_must_be_one(monkeypatch):
    monkeypatch.setenv("DEFAULT_TIME_ZONE", "Europe/Berlin")
    assert env.zone("DEFAULT_TIME_ZONE", "UTC") == "Europe/Berlin"
    monkeypatch.setenv("DEFAULT_TIME_ZONE", "Berlin")

    with pytest.raises(Exception, match="DEFAULT_TIME_ZONE is “Berlin”; set it to a time zone such as Europe/Berlin"):
        env.zone("DEFAULT_TIME_ZONE", "UTC")


def test_page_without_a_log_in_is_in_the_sites_zone(client, settings, db):
    settings.DEFAULT_TIME_ZONE = "Asia/Tokyo"
    seen = []

    client.get(reverse("account_login"))
    seen.append(timezone.get_current_timezone_name())

    assert seen == ["Asia/Tokyo"]
    assert default_time_zone() == "Asia/Tokyo"
    timezone.deactivate()


def test_every_zone_that_can_be_chosen_can_be_used():
    assert {"Europe/Berlin", "UTC", "Asia/Kathmandu"} <= time_zones()
    assert [name for name in time_zones() if zoneinfo.ZoneInfo(name).key != name] == []


# --- The offer ------------------------------------------------------------------------------------------------------


def offer(user, **fields):
    return client_of(user).post(reverse("accounts:time-zone"), fields)


@pytest.mark.django_db
def test_offered_zone_is_taken():
    user = UserFactory()

    response = offer(user, time_zone="Europe/Berlin", answer="yes", next="/attempts/")

    user.refresh_from_db()
    assertRedirects(response, "/attempts/", fetch_redirect_response=False)
    assert (user.time_zone, user.declined_time_zone) == ("Europe/Berlin", "")


@pytest.mark.django_db
def test_not_now_is_remembered():
    user = UserFactory()

    offer(user, time_zone="Europe/Berlin", answer="no")

    user.refresh_from_db()
    assert (user.time_zone, user.declined_time_zone) == ("UTC", "Europe/Berlin")
    assertContains(client_of(user).get(reverse("exams:history")), 'data-declined="Europe/Berlin"')


@pytest.mark.django_db
@pytest.mark.parametrize("zone", ["Mars/Phobos", "", "localtime", "x" * 5000])
@pytest.mark.parametrize("answer", ["yes", "no", ""])
def test_zone_that_is_not_known_changes_nothing(zone, answer):
    user = UserFactory(time_zone="Asia/Tokyo")

    offer(user, time_zone=zone, answer=answer)

    user.refresh_from_db()
    assert (user.time_zone, user.declined_time_zone) == ("Asia/Tokyo", "")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "following", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil", ""]
)
def test_offer_leads_to_no_other_site(following):
    response = offer(UserFactory(), time_zone="UTC", answer="no", next=following)

    assertRedirects(response, reverse("exams:home"), fetch_redirect_response=False)


@pytest.mark.django_db
def test_pages_of_a_person_name_their_zone_at_the_foot(client):
    user = UserFactory(superuser=True, time_zone="America/New_York")

    for url in (reverse("exams:home"), reverse("admin:index"), reverse("admin:exams_exam_add")):
        assertContains(client_of(user).get(url), "Dates and times are in America/New York.")
    assertContains(client_of(user).get(reverse("admin:exams_exam_add")), "Times are in America/New York.")
    assertNotContains(client.get(reverse("exams:home")), "Dates and times are in")
