"""Sensitive acts ask for the password or the factor again after ten minutes, and lose nothing that was typed."""

import datetime as dt
import html
import re

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from accounts.models import AuditEvent, User
from exams.cohorts.models import Cohort
from tests.exams.helpers import client_of
from tests.exams.pages import fields_of
from tests.factories import CohortFactory, UserFactory
from tests.security.factors import PASSWORD, code_of, give_totp, log_in
from tests.security.routes import World

START = dt.datetime(2026, 11, 21, 9, 0, tzinfo=dt.UTC)
TEN_MINUTES = dt.timedelta(minutes=10)
ASK = reverse("account_reauthenticate")


@pytest.fixture
def clock():
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


@pytest.fixture
def superuser(clock, db):
    return log_in(UserFactory(superuser=True))


@pytest.fixture
def user(db):
    return UserFactory(email="ada@example.com", name="Ada")


def edited(client, user, **changes):
    """Return what a browser sends from the admin's page of this person, with the version that it was opened on."""
    return {**fields_of(client.get(page_of(user)), "user_form"), **changes}


def page_of(user):
    return reverse("admin:accounts_user_change", args=[user.pk])


def is_asked(response):
    return response.status_code == 302 and response.url.startswith(ASK)


def form_in(response):
    """Return address and fields of the form in the page's main part."""
    page = response.text[response.text.index("<h1>Confirmed") :]
    action = re.search(r'<form method="post" action="([^"]*)"', page)[1]
    names = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', page)
    fields = {}
    for name, value in names:
        fields.setdefault(html.unescape(name), []).append(html.unescape(value))
    return html.unescape(action), fields


@pytest.mark.parametrize(("seconds", "asked"), [(599, False), (600, True)])
def test_role_is_changed_without_asking_for_ten_minutes_after_the_log_in(clock, superuser, user, seconds, asked):
    clock.shift(dt.timedelta(seconds=seconds))

    response = superuser.post(page_of(user), edited(superuser, user, is_staff="on"))

    assert is_asked(response) == asked
    assert User.objects.get(pk=user.pk).is_staff is not asked


def test_what_was_sent_waits_and_is_sent_after_the_password(clock, superuser, user):
    groups = [Group.objects.get().pk, Group.objects.create(name="Another").pk]
    clock.shift(TEN_MINUTES)
    # The admin's forms are sent to addresses with a query, which must not get lost either.
    url = f"{page_of(user)}?_changelist_filters=q%3Dada"
    asked = superuser.post(url, edited(superuser, user, name='A "new" <name>', groups=groups, is_staff="on"))

    confirmed = superuser.post(ASK, {"password": PASSWORD, "next": asked.url.partition("next=")[2].replace("%2F", "/")})
    page = superuser.get(confirmed.url)
    assert not User.objects.get(pk=user.pk).is_staff
    address, fields = form_in(page)
    superuser.post(address, {name: value for name, value in fields.items() if name != "csrfmiddlewaretoken"})

    stored = User.objects.get(pk=user.pk)
    assert (address, stored.is_staff, stored.name) == (url, True, 'A "new" <name>')
    assert sorted(stored.groups.values_list("pk", flat=True)) == sorted(groups)
    assertRedirects(superuser.get(confirmed.url), "/")  # nothing waits any more


def test_wrong_password_does_nothing(clock, superuser, user):
    clock.shift(TEN_MINUTES)
    asked = superuser.post(page_of(user), edited(superuser, user, is_staff="on"))

    superuser.post(asked.url, {"password": "wrong-word-1"})

    assert is_asked(superuser.post(page_of(user), edited(superuser, user, is_staff="on")))
    assert not User.objects.get(pk=user.pk).is_staff


def test_factor_serves_as_well_as_the_password(clock, user, db):
    root = UserFactory(superuser=True)
    secret = give_totp(root)
    client = log_in(root, secret)
    clock.shift(TEN_MINUTES)

    client.post(reverse("mfa_reauthenticate"), {"code": code_of(secret)})

    assert not is_asked(client.post(page_of(user), edited(client, user, is_staff="on")))
    event = AuditEvent.objects.get(action="session.reauthenticated")
    assert (event.actor, event.after) == (root, {"method": "totp"})


def test_password_in_a_form_that_waits_is_not_kept(clock, superuser, user):
    clock.shift(TEN_MINUTES)
    fields = {"usable_password": "true", "password1": "violet-otter-maps-91", "password2": "violet-otter-maps-91"}

    asked = superuser.post(reverse("admin:auth_user_password_change", args=[user.pk]), fields)

    assert is_asked(asked)
    assert "violet-otter" not in str(dict(superuser.session))
    superuser.post(ASK, {"password": PASSWORD})
    assertContains(superuser.get(reverse("accounts:resume")), "Continue")


def test_form_too_long_to_keep_says_so(clock, superuser, user):
    clock.shift(TEN_MINUTES)

    superuser.post(page_of(user), edited(superuser, user, name="x" * 100_001))

    page = superuser.get(reverse("accounts:resume"))
    assertContains(page, "too long to keep")
    assertNotContains(page, "Continue")


@pytest.mark.parametrize("at_once", [False, True])
def test_every_deletion_in_the_admin_asks(clock, superuser, at_once):
    cohort = CohortFactory()
    clock.shift(TEN_MINUTES)
    url, fields = reverse("admin:exams_cohort_delete", args=[cohort.pk]), {"post": "yes"}
    if at_once:
        url = reverse("admin:exams_cohort_changelist")
        fields |= {"action": "delete_selected", "_selected_action": [cohort.pk]}

    assert is_asked(superuser.post(url, fields))
    superuser.post(ASK, {"password": PASSWORD})
    superuser.post(url, fields)

    assert not Cohort.objects.exists()


@pytest.mark.parametrize(
    "name", ["accounts_user_add", "auth_group_add", "accounts_user_changelist", "account_emailaddress_changelist"]
)
def test_people_roles_and_addresses_are_not_touched_without_asking(clock, superuser, name):
    clock.shift(TEN_MINUTES)
    before = (User.objects.count(), Group.objects.count())

    assert is_asked(superuser.post(reverse(f"admin:{name}"), {"name": "x", "email": "x@example.com", "action": "any"}))

    assert (User.objects.count(), Group.objects.count()) == before


COHORT_ACTS = [("export", "get"), ("extend", "post"), ("member", "post")]


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "method"), COHORT_ACTS)
def test_export_of_people_and_extra_time_ask(clock, name, method):
    world = World.make()
    client = client_of(world.instructor)
    url = world.url(f"admin:exams_cohort_{name}")
    clock.shift(TEN_MINUTES)

    assert is_asked(getattr(client, method)(url))

    client.post(ASK, {"password": PASSWORD})
    assert not is_asked(getattr(client, method)(url))


# --- allauth's own pages ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("action", ["action_add", "action_remove", "action_primary"])
def test_change_of_address_asks_and_goes_on_by_itself(clock, user, action):
    EmailAddress.objects.create(user=user, email="second@example.com", verified=True)
    client = log_in(user)
    typed = "third@example.com" if action == "action_add" else "second@example.com"

    asked = client.post(reverse("account_email"), {"email": typed, action: ""})
    assert is_asked(asked)
    assert user.emailaddress_set.count() == 2
    client.post(ASK, {"password": PASSWORD, "next": reverse("account_email")})

    expected = {"action_add": 3, "action_remove": 1, "action_primary": 2}
    assert user.emailaddress_set.count() == expected[action]
    assert user.emailaddress_set.get(primary=True).email == (typed if action == "action_primary" else "ada@example.com")


def test_old_address_is_told_of_what_happens_to_the_account(clock, user, mailoutbox):
    client = log_in(user)
    client.post(ASK, {"password": PASSWORD})
    client.post(reverse("account_email"), {"email": "second@example.com", "action_add": ""})
    EmailAddress.objects.filter(email="second@example.com").update(verified=True)
    client.post(reverse("account_email"), {"email": "second@example.com", "action_primary": ""})

    told = [message for message in mailoutbox if message.to == ["ada@example.com"]]
    assert ["second@example.com" in message.body for message in told] == [True, True]


@pytest.mark.parametrize("name", ["mfa_activate_totp", "mfa_add_webauthn", "mfa_generate_recovery_codes"])
def test_enrolment_asks(clock, user, name):
    client = log_in(user)
    assert is_asked(client.get(reverse(name)))
    client.post(ASK, {"password": PASSWORD})
    assert not is_asked(client.get(reverse(name)))

    clock.shift(TEN_MINUTES)

    assert is_asked(client.get(reverse(name)))


def test_anonymous_visitor_has_no_form_that_waits(db):
    assertRedirects(Client().get(reverse("accounts:resume")), f"{reverse('account_login')}?next=/accounts/confirmed/")
