"""Extra time for a person as such: a superuser grants it with a reason and an end, and all that was granted is kept."""

import datetime as dt

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from pytest_django.asserts import assertContains

from accounts.granting import grant_extra_time
from accounts.models import AuditEvent, ExtraTime, User
from exams.attempts.queries.terms import terms_of
from exams.cohorts.models import Accommodation
from tests.exams.helpers import MINUTE, SECOND, START, client_of, close
from tests.factories import AssignmentFactory, CohortFactory, UserFactory, make_attempt, make_exam

pytestmark = pytest.mark.django_db

END = START + dt.timedelta(days=30)


@pytest.fixture
def superuser():
    return UserFactory(superuser=True, name="Root")


@pytest.fixture
def candidate():
    return UserFactory(name="Carla")


def grant(candidate, superuser, percent=50, until_at=END):
    return grant_extra_time(
        user=candidate, percent=percent, until_at=until_at, reason="A letter of her doctor.", by=superuser, now=START
    )


def page(user):
    return reverse("admin:accounts_user_change", args=[user.pk])


def fields_of(user, /, **grant):
    """Return what the form of a person sends, with one new grant."""
    own = {"email": user.email, "name": user.name, "time_zone": user.time_zone, "is_active": "on"}
    forms = {"extra_times-TOTAL_FORMS": 1, "extra_times-INITIAL_FORMS": 0}
    return own | forms | {f"extra_times-0-{name}": value for name, value in grant.items()}


@pytest.mark.parametrize(("now", "percent"), [(START, 50), (END - SECOND, 50), (END, 0), (END + SECOND, 0)])
def test_grant_holds_until_its_end(candidate, superuser, now, percent):
    grant(candidate, superuser)
    candidate.refresh_from_db()

    assert candidate.extra_time_at(now) == percent
    assert terms_of(candidate, make_exam(), now).extra_time_percent == percent


def test_extra_time_of_old_without_an_end_goes_on():
    assert UserFactory(extra_time_percent=25).extra_time_at(END) == 25


@pytest.mark.parametrize(("granted", "accommodated", "expected"), [(50, 25, 50), (25, 50, 50), (50, None, 50)])
def test_larger_of_grant_and_accommodation_holds(candidate, superuser, granted, accommodated, expected):
    assignment = AssignmentFactory(cohort=CohortFactory(members=[candidate]))
    Accommodation.objects.create(assignment=assignment, candidate=candidate, extra_time_percent=accommodated)
    grant(candidate, superuser, granted)
    candidate.refresh_from_db()

    assert terms_of(candidate, assignment.exam, START).extra_time_percent == expected


def test_grant_changes_no_attempt_under_way_and_holds_for_the_next(candidate, superuser):
    exam = make_exam(minutes=30)
    attempt = make_attempt(exam=exam, candidate=candidate, now=START)

    grant(candidate, superuser)

    attempt.refresh_from_db()
    assert (attempt.deadline_at, attempt.extra_time_percent) == (START + 30 * MINUTE, 0)
    close(attempt)
    candidate.refresh_from_db()
    assert make_attempt(exam=exam, candidate=candidate, now=START).deadline_at == START + 45 * MINUTE


def test_every_grant_is_kept_with_who_gave_it_and_why(candidate, superuser):
    grant(candidate, superuser)
    grant(candidate, superuser, 0)

    assert list(ExtraTime.objects.values_list("percent", "reason", "granted_by", "granted_at")) == [
        (0, "A letter of her doctor.", superuser.pk, START),
        (50, "A letter of her doctor.", superuser.pk, START),
    ]
    event = AuditEvent.objects.filter(action="user.extra_time_granted").earliest("pk")
    assert (event.actor, event.target_id, event.before) == (
        superuser, str(candidate.pk), {"percent": 0, "until_at": None},
    )  # fmt: skip
    assert event.after == {"percent": 50, "until_at": "2026-12-21T09:00:00Z", "reason": "A letter of her doctor."}


def test_superuser_grants_in_the_persons_form(candidate, superuser, clock):
    client = client_of(superuser)
    sent = fields_of(candidate, percent=50, until_at="2026-12-21T09:00", reason="A letter.")

    response = client.post(page(candidate), sent, follow=True)

    candidate.refresh_from_db()
    assert response.status_code == 200
    assert (candidate.extra_time_percent, candidate.extra_time_until) == (50, END)
    assert ExtraTime.objects.get().granted_by == superuser
    assertContains(client.get(page(candidate)), "50 % until 21 Dec 2026, 09:00 UTC")
    assertContains(
        client_of(candidate).get(reverse("accounts:preferences")), "50 % on every exam that you start before"
    )


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"percent": 301}, "less than or equal to 300"),
        ({"percent": -1}, "greater than or equal to 0"),
        ({"percent": ""}, "This field is required."),
        ({"until_at": ""}, "This field is required."),
        ({"until_at": "2026-11-21T09:00"}, "Choose a time in the future."),
        ({"reason": " "}, "This field is required."),
        ({"reason": "x" * 301}, "at most 300 characters"),
    ],
)
def test_grant_without_its_parts_is_refused(candidate, superuser, clock, changed, message):
    sent = fields_of(candidate, **{"percent": 50, "until_at": "2026-12-21T09:00", "reason": "A letter.", **changed})

    response = client_of(superuser).post(page(candidate), sent)

    assertContains(response, message)
    assert (ExtraTime.objects.count(), User.objects.get(pk=candidate.pk).extra_time_percent) == (0, 0)


def test_grant_that_was_made_is_neither_changed_nor_deleted(candidate, superuser, clock):
    row = grant(candidate, superuser)
    sent = fields_of(candidate, id=row.pk, user=candidate.pk, percent=300, reason="Mine.", DELETE="on")
    sent["extra_times-INITIAL_FORMS"] = 1

    client_of(superuser).post(page(candidate), sent)

    assert list(ExtraTime.objects.values_list("percent", "reason")) == [(50, "A letter of her doctor.")]


@pytest.mark.parametrize("codenames", [[], ["change_user", "add_extratime", "change_extratime", "view_extratime"]])
def test_instructor_grants_nothing_whatever_the_permissions(candidate, codenames, clock):
    instructor = UserFactory(instructor=True)
    instructor.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    CohortFactory(instructor=instructor, members=[candidate])
    sent = fields_of(candidate, percent=300, until_at="2099-12-21T09:00", reason="Mine.")

    response = client_of(instructor).post(page(candidate), sent)

    assert response.status_code == 403
    assert (ExtraTime.objects.count(), User.objects.get(pk=candidate.pk).extra_time_percent) == (0, 0)
