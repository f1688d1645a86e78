"""What ends a session: changes to the account, whoever makes them and by whichever page; time; its person."""

import datetime as dt

import pytest
import time_machine
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal import auth as webauthn
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from accounts.models import AuditEvent, User
from accounts.roles import INSTRUCTORS, make_instructor
from exams.attempts.models import Attempt
from tests.exams.helpers import client_of, item_of, posted
from tests.exams.pages import fields_of
from tests.factories import UserFactory, make_attempt
from tests.queries import count_queries
from tests.security.factors import PASSWORD, code_of, give_totp, is_logged_in, link_in, log_in

pytestmark = pytest.mark.django_db

NEW = "violet-otter-maps-91"
START = dt.datetime(2026, 11, 21, 9, 0, tzinfo=dt.UTC)
MINUTE, HOUR = dt.timedelta(minutes=1), dt.timedelta(hours=1)


@pytest.fixture
def user():
    return UserFactory(email="ada@example.com")


@pytest.fixture
def here(user):
    """The browser in which this person makes a change, the password given a moment ago."""
    client = log_in(user)
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    return client


@pytest.fixture
def elsewhere(user):
    return log_in(user)


@pytest.fixture
def superuser():
    return client_of(UserFactory(superuser=True, email="root@example.com"))


# --- Changes that people make themselves ------------------------------------------------------------------------------


def activate_totp(client):
    client.get(reverse("mfa_activate_totp"))
    secret = client.session["mfa.totp.secret"]
    return client.post(reverse("mfa_activate_totp"), {"code": code_of(secret)})


def change_password(client):
    fields = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    return client.post(reverse("account_change_password"), fields)


def make_another_address_primary(client):
    return client.post(reverse("account_email"), {"email": "second@example.com", "action_primary": ""})


def remove_an_address(client):
    return client.post(reverse("account_email"), {"email": "second@example.com", "action_remove": ""})


def remove_totp(client):
    return client.post(reverse("mfa_deactivate_totp"))


def renew_recovery_codes(client):
    return client.post(reverse("mfa_generate_recovery_codes"))


@pytest.mark.parametrize(
    "change",
    [
        activate_totp, change_password, make_another_address_primary, remove_an_address, remove_totp,
        renew_recovery_codes,
    ],
)  # fmt: skip
def test_own_change_ends_the_other_sessions_and_no_other(user, change):
    EmailAddress.objects.create(user=user, email="second@example.com", verified=True)
    secret = give_totp(user) if change in (remove_totp, renew_recovery_codes) else None
    here = log_in(user, secret)
    elsewhere, unlisted, stranger = client_of(user), client_of(user), client_of(UserFactory())
    here.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    UserSession.objects.exclude(session_key=here.session.session_key).delete()
    key = here.session.session_key

    assert change(here).status_code == 302

    assert [is_logged_in(client) for client in (here, elsewhere, unlisted, stranger)] == [True, False, False, True]
    assert here.session.session_key != key
    listed = here.get(reverse("usersessions_list")).context["sessions"]
    assert [session.session_key for session in listed] == [here.session.session_key]


def test_added_passkey_ends_the_other_sessions_and_is_written_down(user, here, elsewhere, monkeypatch):
    # Only a browser can make a real key, see tests/browser/test_second_factor.py. Here the check of its words is left
    # out, and allauth does the rest as ever.
    for check in ("parse_registration_response", "complete_registration"):
        monkeypatch.setattr(webauthn, check, lambda credential: credential)

    response = here.post(reverse("mfa_add_webauthn"), {"name": "Laptop", "credential": '{"id": "made up"}'})

    assert response.status_code == 302
    assert user.authenticator_set.filter(type=Authenticator.Type.WEBAUTHN).count() == 1
    assert (is_logged_in(here), is_logged_in(elsewhere)) == (True, False)
    event = AuditEvent.objects.get(action="factor.added", after={"type": "webauthn"})
    assert (event.actor, event.target_id) == (user, str(user.pk))


def test_added_app_is_written_down_with_who_added_it(user, here):
    activate_totp(here)

    events = list(AuditEvent.objects.filter(action="factor.added").order_by("pk"))
    assert events[0].after == {"type": "totp"}
    assert {(event.actor, event.target_id) for event in events} == {(user, str(user.pk))}


def test_added_and_confirmed_addresses_are_written_down(user, here):
    here.post(reverse("account_email"), {"email": "second@example.com", "action_add": ""})
    address = EmailAddress.objects.get_or_create(user=user, email="second@example.com")[0]
    here.post(reverse("account_confirm_email", args=[EmailConfirmationHMAC(address).key]))

    events = AuditEvent.objects.filter(action__in=["address.added", "address.confirmed"]).order_by("pk")
    assert [(event.action, event.target_id, event.after) for event in events] == [
        ("address.added", str(user.pk), {"email": "second@example.com"}),
        ("address.confirmed", str(user.pk), {"email": "second@example.com"}),
    ]


def test_confirming_a_second_address_ends_the_other_sessions(user, here, elsewhere):
    address = EmailAddress.objects.create(user=user, email="second@example.com")

    here.post(reverse("account_confirm_email", args=[EmailConfirmationHMAC(address).key]))

    assert EmailAddress.objects.get(pk=address.pk).verified
    assert (is_logged_in(here), is_logged_in(elsewhere)) == (True, False)


def test_reset_password_ends_all_sessions_and_logs_nobody_in(user, elsewhere, mailoutbox):
    secret = give_totp(user)
    client = Client()
    client.post(reverse("account_reset_password"), {"email": user.email})
    page = client.get(link_in(mailoutbox[-1])).url

    client.post(page, {"password1": NEW, "password2": NEW})

    assert (is_logged_in(client), is_logged_in(elsewhere)) == (False, False)
    assert is_logged_in(log_in(user, secret, password=NEW))
    assert not is_logged_in(log_in(user, password=NEW))


def test_confirmed_address_logs_nobody_in(mailoutbox):
    client = Client()
    client.post(reverse("account_signup"), {"email": "new@example.com", "password1": NEW, "password2": NEW})

    client.post(link_in(mailoutbox[-1]))

    assert not is_logged_in(client)


# --- Changes that others make -----------------------------------------------------------------------------------------


def admin_page(user):
    return reverse("admin:accounts_user_change", args=[user.pk])


def edit(superuser, user, **changes):
    """Send the admin's page of this person as a browser does, with the version that it was opened on."""
    fields = fields_of(superuser.get(admin_page(user)), "user_form")
    fields.pop("groups", None)  # of a list of many, `fields_of` sends the first where nothing is chosen
    return superuser.post(admin_page(user), {**fields, **changes})


def set_password(superuser, user):
    fields = {"usable_password": "true", "password1": NEW, "password2": NEW}
    superuser.post(reverse("admin:auth_user_password_change", args=[user.pk]), fields)


def set_address(superuser, user):
    edit(superuser, user, email="other@example.com")


def make_staff(superuser, user):
    edit(superuser, user, is_staff="on")


def make_superuser(superuser, user):
    edit(superuser, user, is_superuser="on")


def deactivate(superuser, user):
    edit(superuser, user, is_active=[])


def give_a_group(superuser, user):
    edit(superuser, user, groups=[Group.objects.get_or_create(name=INSTRUCTORS)[0].pk])


def delete_factor(superuser, user):
    factor = Authenticator.objects.get(user=user)
    superuser.post(reverse("admin:mfa_authenticator_delete", args=[factor.pk]), {"post": "yes"})


def delete_factors(superuser, user):
    chosen = list(Authenticator.objects.filter(user=user).values_list("pk", flat=True))
    fields = {"action": "delete_selected", "_selected_action": chosen, "post": "yes"}
    superuser.post(reverse("admin:mfa_authenticator_changelist"), fields)


def delete_address(superuser, user):
    address = user.emailaddress_set.create(email="second@example.com", verified=True)
    superuser.post(reverse("admin:account_emailaddress_delete", args=[address.pk]), {"post": "yes"})


BY_A_SUPERUSER = {
    set_password: "user.password_changed",
    set_address: "user.email_changed",
    make_staff: "user.rights_changed",
    make_superuser: "user.rights_changed",
    deactivate: "user.rights_changed",
    give_a_group: "user.rights_changed",
    delete_factor: "factor.removed",
    delete_factors: "factor.removed",
    delete_address: "address.removed",
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("change", BY_A_SUPERUSER)
def test_change_by_a_superuser_ends_all_sessions_is_mailed_to_the_old_address_and_logged(
    user, superuser, change, mailoutbox
):
    give_totp(user)
    client = client_of(user)

    change(superuser, user)

    assert not is_logged_in(client)
    assert superuser.get(reverse("admin:index")).status_code == 200
    old = "second@example.com" if change is delete_address else "ada@example.com"
    told = [message.subject for message in mailoutbox if message.to == [old]]
    assert told == ["Your email address was changed" if change is set_address else "Your account was changed"]
    event = AuditEvent.objects.get(action=BY_A_SUPERUSER[change])
    assert (event.actor.email, event.target_type, event.target_id) == (
        "root@example.com",
        "accounts.user",
        str(user.pk),
    )


def test_audit_log_says_what_a_role_was_and_is(user, superuser):
    make_staff(superuser, user)

    event = AuditEvent.objects.get(action="user.rights_changed")
    assert (event.before, event.after) == ({"is_staff": False}, {"is_staff": True})


def test_role_given_by_a_command_ends_sessions_too(user, elsewhere):
    make_instructor(user)

    assert not is_logged_in(elsewhere)


def test_group_given_from_its_side_ends_sessions_of_its_new_members(user, elsewhere):
    Group.objects.get().user_set.add(user)

    assert not is_logged_in(elsewhere)


def test_name_or_time_zone_end_no_session(user, superuser, elsewhere):
    edit(superuser, user, name="New", time_zone="Europe/Berlin")

    assert User.objects.get(pk=user.pk).time_zone == "Europe/Berlin"
    assert is_logged_in(elsewhere)


def test_request_that_read_the_person_earlier_undoes_neither_new_password_nor_ended_sessions(user, elsewhere):
    stale = User.objects.get(pk=user.pk)
    owner = User.objects.get(pk=user.pk)
    owner.set_password(NEW)
    owner.email = "new@example.com"
    owner.save()
    ended = User.objects.get(pk=user.pk).session_epoch

    stale.name = "Changed in another tab"
    stale.save()

    stored = User.objects.get(pk=user.pk)
    assert (stored.name, stored.email, stored.session_epoch) == ("Changed in another tab", "new@example.com", ended)
    assert stored.check_password(NEW)
    assert not is_logged_in(elsewhere)


def test_field_that_was_set_before_a_save_of_another_is_saved_later(user):
    user.name = "Later"
    user.save(update_fields=["time_zone"])

    user.save()

    assert User.objects.get(pk=user.pk).name == "Later"


# --- People see their sessions ----------------------------------------------------------------------------------------


def test_person_sees_own_sessions_and_ends_one(user, here, elsewhere):
    log_in(UserFactory(), client=Client(headers={"user-agent": "Stranger"}))
    page = here.get(reverse("usersessions_list"))
    assertContains(page, "This session", count=1)
    assertContains(page, "End this session", count=1)
    assertNotContains(page, "Stranger")

    other = UserSession.objects.get(session_key=elsewhere.session.session_key)
    assertRedirects(here.post(reverse("accounts:session-end", args=[other.pk])), reverse("usersessions_list"))

    assert (is_logged_in(here), is_logged_in(elsewhere)) == (True, False)
    assert AuditEvent.objects.filter(action="session.ended", target_id=str(user.pk)).exists()


def test_person_ends_all_others_also_those_that_are_not_listed(user, here, elsewhere):
    unlisted = client_of(user)

    here.post(reverse("usersessions_list"))

    assert [is_logged_in(client) for client in (here, elsewhere, unlisted)] == [True, False, False]


def test_session_of_another_person_is_as_absent_as_a_missing_one(user, here):
    other = log_in(UserFactory())
    foreign = UserSession.objects.get(session_key=other.session.session_key)

    answers = [here.post(reverse("accounts:session-end", args=[pk])).status_code for pk in (foreign.pk, 987_654)]

    assert answers == [404, 404]
    assert is_logged_in(other)


def test_session_keys_are_on_no_page(user, here, elsewhere, superuser):
    page = here.get(reverse("usersessions_list"))

    for client in (here, elsewhere):
        assertNotContains(page, client.session.session_key)
    assert superuser.get("/admin/usersessions/usersession/").status_code == 404


# --- Time -------------------------------------------------------------------------------------------------------------


def visit(client, url="/accounts/preferences/"):
    return client.get(url).status_code


@pytest.mark.parametrize(("minutes", "status"), [(59, 200), (60, 302)])
def test_staff_session_that_nobody_used_for_an_hour_has_ended(minutes, status):
    with time_machine.travel(START, tick=False) as clock:
        client = log_in(UserFactory(instructor=True))
        clock.shift(45 * MINUTE)
        assert visit(client) == 200
        clock.shift(minutes * MINUTE)

        assert visit(client) == status


@pytest.mark.parametrize(("role", "lasts"), [({"instructor": True}, False), ({"superuser": True}, False), ({}, True)])
def test_staff_session_ends_after_half_a_day_however_it_is_used_and_a_candidates_does_not(role, lasts):
    with time_machine.travel(START, tick=False) as clock:
        client = log_in(UserFactory(**role))
        for _ in range(23):
            clock.shift(30 * MINUTE)
            assert visit(client) == 200
        clock.shift(30 * MINUTE)

        assert visit(client) == (200 if lasts else 302)


def test_session_of_a_candidate_lasts_thirteen_days():
    with time_machine.travel(START, tick=False) as clock:
        client = log_in(UserFactory())
        clock.shift(13 * 24 * HOUR)

        assert visit(client) == 200


def test_what_a_page_asks_by_itself_keeps_no_session_alive():
    with time_machine.travel(START, tick=False) as clock:
        client = log_in(UserFactory(instructor=True))
        for _ in range(3):
            clock.shift(25 * MINUTE)
            client.get("/", headers={"HX-Request": "true"})

        assert visit(client) == 302


def test_staff_session_outlasts_an_exam_but_the_admin_does_not_open():
    with time_machine.travel(START, tick=False) as clock:
        instructor = UserFactory(instructor=True)
        attempt = make_attempt(candidate=instructor, now=START)
        client = log_in(instructor)
        Attempt.objects.update(deadline_at=START + 3 * HOUR)
        clock.shift(2 * HOUR)

        saved = client.post(reverse("exams:answer-save", args=[attempt.pk, 1]), posted(item_of(attempt), 1))

        assert saved.status_code == 200
        assert client.get("/admin/").status_code == 302
        assert visit(client) == 302


def test_staff_session_ends_when_the_exam_is_over():
    with time_machine.travel(START, tick=False) as clock:
        instructor = UserFactory(instructor=True)
        make_attempt(candidate=instructor, now=START)
        client = log_in(instructor)
        Attempt.objects.update(deadline_at=START + HOUR)
        clock.shift(2 * HOUR)

        assert visit(client) == 302


def test_session_without_its_beginning_counts_as_old():
    client = client_of(UserFactory(instructor=True))
    session = client.session
    del session["logged_in_at"]
    session.save()

    assert visit(client) == 302


@pytest.mark.parametrize(("role", "writes"), [({}, 0), ({"instructor": True}, 1)])
def test_being_seen_is_written_at_most_once_a_minute_and_never_for_candidates(role, writes):
    with time_machine.travel(START, tick=False) as clock:
        client = log_in(UserFactory(**role))
        clock.shift(10 * MINUTE)
        with count_queries() as counted:
            for _ in range(3):
                client.get("/accounts/preferences/")
                clock.shift(dt.timedelta(seconds=15))

    assert sum(sql.startswith("UPDATE") for sql in counted.statements) == writes
