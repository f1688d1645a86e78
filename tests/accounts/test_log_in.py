"""Sign-up, log-in, log-out and passwords, through the pages of allauth as they are set up here."""

import re

import pytest
from allauth.account.models import EmailAddress
from allauth.account.utils import user_pk_to_url_str
from django.test import Client
from pytest_django.asserts import assertContains, assertRedirects

from accounts.models import User
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

LOG_IN = "/accounts/login/"
SIGN_UP = "/accounts/signup/"
LOG_OUT = "/accounts/logout/"
RESET = "/accounts/password/reset/"
CONFIRM = "/accounts/confirm-email/"
HOME = "/"

FACTORY_PASSWORD = "secret-word-1"
PASSWORD = "blue-heron-77"
NEW_PASSWORD = "green-heron-88"


def sign_up(client, email="ada@example.com", **fields):
    return client.post(SIGN_UP, {"email": email, "password1": PASSWORD, "password2": PASSWORD, **fields})


def log_in(client, email="ada@example.com", password=FACTORY_PASSWORD, *, url=LOG_IN, **fields):
    return client.post(url, {"login": email, "password": password, **fields})


def is_logged_in(client):
    return "_auth_user_id" in client.session


def link_in(message):
    return re.search(r"http://testserver(/\S+)", message.body)[1]


# --- Signing up ---------------------------------------------------------------------------------------


def test_sign_up_makes_a_candidate_and_sends_a_link(client, mailoutbox):
    response = sign_up(client, "Ada@Example.com")

    assertRedirects(response, CONFIRM)
    user = User.objects.get()
    assert (user.email, user.is_active, user.is_staff, user.is_superuser) == ("ada@example.com", True, False, False)
    assert [message.to for message in mailoutbox] == [["ada@example.com"]]
    assert not is_logged_in(client)


def test_sign_up_ends_at_the_log_in_after_the_link_was_followed(client, mailoutbox):
    sign_up(client)
    link = link_in(mailoutbox[0])

    # Mail scanners open links: only the button confirms.
    assertContains(client.get(link), "ada@example.com")
    assert not EmailAddress.objects.get().verified
    assertRedirects(client.post(link), LOG_IN)

    assert EmailAddress.objects.get().verified
    assertRedirects(log_in(client, password=PASSWORD), HOME)
    assert is_logged_in(client)


def test_person_who_has_not_confirmed_the_email_cannot_log_in(client):
    sign_up(client)

    response = log_in(client, password=PASSWORD)

    assertRedirects(response, CONFIRM)
    assert not is_logged_in(client)


@pytest.mark.parametrize("email", ["ada@example.com", "ADA@example.com"])
def test_second_sign_up_looks_like_the_first_and_changes_nothing(client, mailoutbox, email):
    # Whoever asks must not learn who has an account; the owner is told by mail.
    user = UserFactory(email="ada@example.com")

    response = sign_up(client, email)

    assertRedirects(response, CONFIRM)
    assert [message.subject for message in mailoutbox] == ["You already have an account"]
    user.refresh_from_db()
    assert User.objects.count() == 1
    assert user.check_password(FACTORY_PASSWORD)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"email": ""}, "This field is required."),
        ({"email": "ada"}, "Enter a valid email address."),
        ({"password2": "other"}, "You must type the same password each time."),
        ({"password1": "short", "password2": "short"}, "This password is too short."),
        ({"password1": "password123", "password2": "password123"}, "This password is too common."),
        ({"password1": "8273645192", "password2": "8273645192"}, "This password is entirely numeric."),
        ({"password1": "ada@example", "password2": "ada@example"}, "The password is too similar to the"),
    ],
)
def test_wrong_sign_up_is_named_and_makes_nobody(client, fields, message):
    response = client.post(
        SIGN_UP, {"email": "ada@example.com", "password1": PASSWORD, "password2": PASSWORD, **fields}
    )

    assertContains(response, message)
    assert User.objects.count() == 0


def test_sign_up_gives_no_rights_whatever_is_sent(client):
    sign_up(client, is_staff="on", is_superuser="on", extra_time_percent="300", groups="1", username="root")

    user = User.objects.get()
    assert (user.is_staff, user.is_superuser, user.extra_time_percent) == (False, False, 0)
    assert user.get_all_permissions() == set()


# --- Logging in ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["ada@example.com", "ADA@Example.COM", " ada@example.com "])
def test_log_in_by_email_whatever_its_case(client, typed):
    UserFactory(email="ada@example.com")

    assertRedirects(log_in(client, typed), HOME)
    assert is_logged_in(client)


def test_failed_log_in_does_not_tell_whether_there_is_an_account(client):
    UserFactory(email="ada@example.com")

    wrong = log_in(client, "ada@example.com", "wrong-word-1")
    nobody = log_in(client, "bob@example.com", "wrong-word-1")

    message = "The email address and/or password you specified are not correct."
    assertContains(wrong, message)
    assertContains(nobody, message)
    assert not is_logged_in(client)


def test_inactive_person_cannot_log_in(client):
    UserFactory(email="ada@example.com", is_active=False)

    assertRedirects(log_in(client), "/accounts/inactive/")
    assert not is_logged_in(client)


def test_person_made_inactive_is_out_at_once(client):
    user = UserFactory()
    client.force_login(user)
    User.objects.filter(pk=user.pk).update(is_active=False)

    assertRedirects(client.get("/accounts/preferences/"), f"{LOG_IN}?next=/accounts/preferences/")


def test_log_in_goes_on_to_where_the_person_wanted_to_go(client):
    UserFactory(email="ada@example.com")

    response = log_in(client, url=f"{LOG_IN}?next=/accounts/preferences/")

    assertRedirects(response, "/accounts/preferences/")


@pytest.mark.parametrize(
    "address", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", r"\\evil.example"]
)
def test_log_in_never_goes_on_to_another_site(client, address):
    UserFactory(email="ada@example.com")

    assertRedirects(log_in(client, next=address), HOME)


def test_log_in_makes_a_new_session(client):
    # A session key planted before the log-in must be worthless after it.
    client.get(LOG_IN)
    client.session.save()
    UserFactory(email="ada@example.com")
    log_in(client, password="wrong-word-1")
    before = client.session.session_key

    log_in(client)

    assert is_logged_in(client)
    assert client.session.session_key != before


def test_person_who_is_logged_in_is_sent_home(client):
    client.force_login(UserFactory())

    assertRedirects(client.get(LOG_IN), HOME)
    assertRedirects(client.get(SIGN_UP), HOME)


@pytest.mark.parametrize("method", ["get", "post"])
def test_closed_sign_up_makes_no_account(client, settings, mailoutbox, method):
    settings.SIGN_UP = "closed"
    people = User.objects.count()

    fields = {"email": "ada@example.com", "password1": PASSWORD, "password2": PASSWORD}
    response = getattr(client, method)(SIGN_UP, fields)

    assert response.status_code == 200
    assert 'name="password1"' not in response.text
    assert (User.objects.count(), mailoutbox) == (people, [])
    assert SIGN_UP not in client.get(HOME).text


def test_sixth_failure_is_refused_though_the_password_is_right(client, settings):
    settings.ACCOUNT_RATE_LIMITS = {}  # allauth's own, which the settings for tests switch off
    UserFactory(email="ada@example.com")
    for _ in range(5):
        log_in(client, password="wrong-word-1")

    assertContains(log_in(client), "Too many failed login attempts. Try again later.")
    assert not is_logged_in(client)


@pytest.mark.parametrize("url", [LOG_IN, SIGN_UP, RESET, LOG_OUT])
def test_forms_refuse_a_request_without_the_token(url):
    client = Client(enforce_csrf_checks=True)

    assert client.post(url, {"login": "a", "password": "b"}).status_code == 403


# --- Logging out -----------------------------------------------------------------------------------------


def test_log_out_ends_the_session(client):
    client.force_login(UserFactory())

    assertRedirects(client.post(LOG_OUT), HOME)

    assert not is_logged_in(client)


def test_log_out_by_a_link_asks_first(client):
    # An image on another site must not log anybody out in the middle of an exam.
    client.force_login(UserFactory())

    response = client.get(LOG_OUT)

    assert response.status_code == 200
    assert is_logged_in(client)


def test_log_out_of_an_anonymous_visitor_leads_home(client):
    assertRedirects(client.get(LOG_OUT), HOME)


# --- A forgotten password ------------------------------------------------------------------------------------


def set_password_page(client, mailoutbox, email="ada@example.com"):
    client.post(RESET, {"email": email})
    return client.get(link_in(mailoutbox[0])).headers["Location"]


def test_reset_sends_a_link_that_sets_a_new_password_once(client, mailoutbox):
    UserFactory(email="ada@example.com")
    response = client.post(RESET, {"email": "ADA@example.com"})
    assertRedirects(response, f"{RESET}done/")
    (message,) = mailoutbox
    assert message.to == ["ada@example.com"]

    page = client.get(link_in(message)).headers["Location"]
    response = client.post(page, {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD})

    assertRedirects(response, f"{RESET}key/done/")
    assertContains(log_in(client), "are not correct")
    assertRedirects(log_in(client, password=NEW_PASSWORD), HOME)
    client.logout()
    assertContains(client.get(link_in(message)), "The password reset link was invalid")


def test_link_to_reset_is_not_in_the_address_of_the_form(client, mailoutbox):
    # A Referer header or the browser's history would give it away.
    UserFactory(email="ada@example.com")

    page = set_password_page(client, mailoutbox)

    assert link_in(mailoutbox[0]).split("-")[-1].strip("/") not in page


def test_reset_looks_the_same_for_somebody_without_an_account(client, mailoutbox):
    response = client.post(RESET, {"email": "bob@example.com"})

    assertRedirects(response, f"{RESET}done/")
    (message,) = mailoutbox
    assert message.to == ["bob@example.com"]
    assert "/password/reset/key/" not in message.body


def test_reset_refuses_a_weak_password(client, mailoutbox):
    user = UserFactory(email="ada@example.com")
    page = set_password_page(client, mailoutbox)

    response = client.post(page, {"password1": "password", "password2": "password"})

    assertContains(response, "This password is too common.")
    user.refresh_from_db()
    assert user.check_password(FACTORY_PASSWORD)


def test_link_to_reset_of_one_person_is_worthless_for_another(client, mailoutbox):
    user, other = UserFactory(email="ada@example.com"), UserFactory(email="bob@example.com")
    client.post(RESET, {"email": user.email})
    link = link_in(mailoutbox[0])
    start = f"{RESET}key/{user_pk_to_url_str(user)}-"
    assert link.startswith(start)

    response = client.get(link.replace(start, f"{RESET}key/{user_pk_to_url_str(other)}-"))

    assertContains(response, "The password reset link was invalid")


def test_new_password_ends_other_sessions(client, mailoutbox):
    UserFactory(email="ada@example.com")
    elsewhere = Client()
    log_in(elsewhere)
    page = set_password_page(client, mailoutbox)

    client.post(page, {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD})

    assert elsewhere.get("/accounts/preferences/").status_code == 302


# --- Changing it ---------------------------------------------------------------------------------------------


def test_password_is_changed_by_who_knows_it(client):
    user = UserFactory()
    client.force_login(user)
    fields = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}

    client.post("/accounts/password/change/", {"oldpassword": "wrong-word-1", **fields})
    user.refresh_from_db()
    assert user.check_password(FACTORY_PASSWORD)

    client.post("/accounts/password/change/", {"oldpassword": FACTORY_PASSWORD, **fields})
    user.refresh_from_db()
    assert user.check_password(NEW_PASSWORD)
    assert is_logged_in(client)


@pytest.mark.parametrize("url", ["/accounts/password/change/", "/accounts/email/"])
def test_account_pages_want_a_log_in(client, url):
    assertRedirects(client.get(url), f"{LOG_IN}?next={url}")


# --- The admin ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", ["/admin/", "/admin/accounts/user/", "/admin/accounts/user/1/password/"])
def test_admin_sends_visitors_to_the_log_in_of_everybody(client, url):
    response = client.get(url, follow=True)

    last, _ = response.redirect_chain[-1]
    assert last.startswith(f"{LOG_IN}?next=")
    assertContains(response, 'name="login"')


def test_admin_takes_no_password_itself(client):
    root = UserFactory(superuser=True)

    response = client.post("/admin/login/?next=/admin/", {"username": root.email, "password": FACTORY_PASSWORD})

    assertRedirects(response, f"{LOG_IN}?next=%2Fadmin%2F")
    assert not is_logged_in(client)


def test_staff_log_in_leads_on_to_the_admin(client):
    UserFactory(email="ada@example.com", instructor=True)

    response = log_in(client, url=f"{LOG_IN}?next=/admin/")

    assertRedirects(response, "/admin/")


def test_candidate_may_not_enter_the_admin(client):
    client.force_login(UserFactory())

    assert client.get("/admin/", follow=True).status_code == 403
    assert client.get("/admin/accounts/user/", follow=True).status_code == 403
