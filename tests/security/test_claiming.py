"""An account is of whoever has the mailbox in hand; and nobody learns by work done who has an account."""

import re
from collections import Counter

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import MD5PasswordHasher
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AuditEvent, User
from tests.exams.helpers import client_of
from tests.exams.pages import fields_of
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

LOG_IN, SIGN_UP, RESET, SENT, ADDRESSES = (
    reverse(f"account_{name}") for name in ("login", "signup", "reset_password", "email_verification_sent", "email")
)
THIEFS, OWNERS, FACTORYS = "blue-heron-77", "green-heron-88", "secret-word-1"


def sign_up(client, email="owner@example.com", password=THIEFS):
    return client.post(SIGN_UP, {"email": email, "password1": password, "password2": password})


def log_in(password, email="owner@example.com"):
    client = Client()
    client.post(LOG_IN, {"login": email, "password": password})
    return "_auth_user_id" in client.session


def link_to(mailoutbox, email="owner@example.com", part="/confirm-email/"):
    message = next(message for message in reversed(mailoutbox) if message.to == [email] and part in message.body)
    return re.search(rf"https?://[^/]+(\S*{part}\S+)", message.body)[1]


def set_password(client, link, password=OWNERS):
    return client.post(link, {"password1": password, "password2": password})


# --- Somebody else signed up with my address ----------------------------------


def test_password_of_a_thief_is_worth_nothing_once_the_owner_has_confirmed(mailoutbox):
    sign_up(Client())
    owner, link = Client(), link_to(mailoutbox)

    assert "Set the password" in owner.get(link).text
    response = set_password(owner, link)

    assert (response.status_code, response.url) == (302, LOG_IN)
    assert (log_in(THIEFS), log_in(OWNERS)) == (False, True)
    assert AuditEvent.objects.filter(action="account.claimed").count() == 1


def test_confirming_needs_a_password_from_whoever_did_not_choose_one(mailoutbox):
    sign_up(Client())
    owner, link = Client(), link_to(mailoutbox)

    for fields in ({}, {"password1": "short", "password2": "short"}, {"password1": OWNERS, "password2": "other"}):
        assert owner.post(link, fields).status_code == 200

    assert not EmailAddress.objects.get().verified


def test_browser_that_signed_up_keeps_its_password(mailoutbox):
    client = Client()
    sign_up(client, password=OWNERS)

    client.post(link_to(mailoutbox))

    assert log_in(OWNERS)


def test_what_a_thief_set_up_before_goes(mailoutbox):
    sign_up(Client())
    user = User.objects.get()
    User.objects.filter(pk=user.pk).update(name="Thief")
    EmailAddress.objects.create(user=user, email="thief@example.com")
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": "x"})
    thief = client_of(user)

    set_password(Client(), link_to(mailoutbox))

    user.refresh_from_db()
    assert user.name == ""
    assert [row.email for row in EmailAddress.objects.all()] == ["owner@example.com"]
    assert Authenticator.objects.count() == 0
    assert thief.get(reverse("accounts:preferences")).status_code == 302


def test_owner_who_signs_up_after_a_thief_gets_in_by_a_reset(mailoutbox):
    sign_up(Client())
    user = User.objects.get()
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": "x"})
    owner = Client()
    sign_up(owner, password=OWNERS)
    owner.post(RESET, {"email": "owner@example.com"})

    page = owner.get(link_to(mailoutbox, part="/password/reset/key/")).url
    set_password(owner, page)

    assert (log_in(THIEFS), log_in(OWNERS)) == (False, True)
    assert EmailAddress.objects.get().verified
    assert Authenticator.objects.count() == 0


def test_reset_of_an_account_with_an_owner_drops_nothing(mailoutbox):
    user = UserFactory(email="owner@example.com", name="Owner")
    Authenticator.objects.create(user=user, type=Authenticator.Type.WEBAUTHN, data={"name": "key"})
    client = Client()
    client.post(RESET, {"email": user.email})

    set_password(client, client.get(link_to(mailoutbox, part="/password/reset/key/")).url)

    user.refresh_from_db()
    assert (user.name, Authenticator.objects.count()) == ("Owner", 1)


def test_link_that_was_used_claims_nothing_again(mailoutbox):
    sign_up(Client())
    link = link_to(mailoutbox)
    set_password(Client(), link)

    assert set_password(Client(), link, THIEFS).status_code == 404
    assert (log_in(THIEFS), log_in(OWNERS)) == (False, True)


def test_scanner_that_opens_the_link_confirms_and_ends_nothing(mailoutbox):
    sign_up(Client())
    other = client_of(UserFactory())

    for method in ("get", "head"):
        assert getattr(other, method)(link_to(mailoutbox)).status_code == 200

    assert not EmailAddress.objects.get(email="owner@example.com").verified
    assert other.get(reverse("accounts:preferences")).status_code == 200


# --- Somebody else added my address to their account ----------------------------------


def stranger_who_added(mailoutbox, email="owner@example.com"):
    stranger = UserFactory()
    client = client_of(stranger)
    client.post(reverse("account_reauthenticate"), {"password": FACTORYS})
    client.post(ADDRESSES, {"action_add": "", "email": email})
    return stranger, client


def test_owner_of_an_address_gives_it_to_no_strangers_account(mailoutbox):
    stranger, _ = stranger_who_added(mailoutbox)
    link, owner = link_to(mailoutbox), client_of(UserFactory(email="other@example.com"))

    for client in (Client(), owner):
        page = client.get(link)
        assert "leave this page" in page.text
        assert stranger.email not in page.text
        assert client.post(link).status_code == 302
        assert set_password(client, link).status_code == 302

    assert not EmailAddress.objects.get(email="owner@example.com").verified
    assert log_in(FACTORYS, stranger.email)


def test_stranger_who_logs_in_with_the_added_address_gains_nothing(mailoutbox):
    stranger_who_added(mailoutbox)

    assert not log_in(FACTORYS, "owner@example.com")
    assert Client().post(link_to(mailoutbox)).status_code == 302
    assert not EmailAddress.objects.get(email="owner@example.com").verified


def test_person_confirms_an_added_address_while_logged_in(mailoutbox):
    _, client = stranger_who_added(mailoutbox, "second@example.com")

    client.post(link_to(mailoutbox, "second@example.com"))

    assert EmailAddress.objects.get(email="second@example.com").verified


# --- A superuser corrects an address ----------------------------------


def correct(user, email, **fields):
    root = client_of(UserFactory(superuser=True))
    root.post(reverse("account_reauthenticate"), {"password": FACTORYS})
    url = reverse("admin:accounts_user_change", args=[user.pk])
    return root.post(url, {**fields_of(root.get(url), "user_form"), "email": email, **fields})


def test_corrected_address_logs_in_and_the_old_one_no_more(mailoutbox):
    user = UserFactory(email="wrong@example.com")

    assert correct(user, "Right\u200b@Example.com", address_is_verified="on").status_code == 302

    assert (log_in(FACTORYS, "wrong@example.com"), log_in(FACTORYS, "right@example.com")) == (False, True)
    assert list(EmailAddress.objects.filter(user=user).values_list("email", "verified", "primary")) == [
        ("right@example.com", True, True)
    ]
    assert "wrong@example.com" in [message.to[0] for message in mailoutbox]


def test_corrected_address_gets_a_link_unless_the_operator_vouches_for_it(mailoutbox):
    user = UserFactory(email="wrong@example.com")

    correct(user, "right@example.com")

    assert not EmailAddress.objects.get(user=user).verified
    set_password(Client(), link_to(mailoutbox, "right@example.com"))
    assert (log_in(FACTORYS, "right@example.com"), log_in(OWNERS, "right@example.com")) == (False, True)
    assert AuditEvent.objects.filter(action="account.address_corrected", target_id=str(user.pk)).count() == 1


@pytest.mark.parametrize("email", ["taken@example.com", "TAKEN@example.com", "second@example.com"])
def test_address_of_another_account_is_refused(email):
    user, other = UserFactory(email="wrong@example.com"), UserFactory(email="taken@example.com")
    EmailAddress.objects.create(user=other, email="second@example.com", verified=True)

    response = correct(user, email)

    assert response.status_code == 200
    assert User.objects.get(pk=user.pk).email == "wrong@example.com"


# --- Work tells nothing ----------------------------------


@pytest.fixture
def hashes(monkeypatch):
    """Count what costs time: each password that is hashed."""
    counted = Counter()
    encode = MD5PasswordHasher.encode

    def counting(self, *args, **kwargs):
        counted["hashes"] += 1
        return encode(self, *args, **kwargs)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counting)
    return counted


def work(hashes, mailoutbox, url, fields):
    """Return how many hashes, queries and mails one request of a new browser costs."""
    from django.db import connection

    hashes.clear()
    mails = len(mailoutbox)
    with CaptureQueriesContext(connection) as queries:
        Client().post(url, fields)
    return hashes["hashes"], len(queries), len(mailoutbox) - mails


def people():
    """Return addresses in every standing that an account can have."""
    UserFactory(email="known@example.com")
    EmailAddress.objects.create(user=UserFactory(), email="second@example.com", verified=True)
    EmailAddress.objects.create(user=UserFactory(), email="added@example.com")
    unconfirmed = UserFactory(email="unconfirmed@example.com")
    EmailAddress.objects.filter(user=unconfirmed).update(verified=False)
    UserFactory(email="inactive@example.com", is_active=False)
    without = UserFactory(email="unusable@example.com")
    without.set_unusable_password()
    without.save()
    return [
        f"{name}@example.com" for name in ("ghost", "known", "second", "added", "unconfirmed", "inactive", "unusable")
    ]


def test_sign_up_costs_the_same_whoever_has_an_account(hashes, mailoutbox):
    costs = {
        email: work(hashes, mailoutbox, SIGN_UP, {"email": email, "password1": OWNERS, "password2": OWNERS})
        for email in people()
    }

    assert {(hashed, mails) for hashed, _, mails in costs.values()} == {(1, 1)}
    queries = [count for _, count, _ in costs.values()]
    assert max(queries) - min(queries) <= 6, costs


def test_wrong_log_in_costs_the_same_whoever_has_an_account(hashes, mailoutbox):
    costs = {
        email: work(hashes, mailoutbox, LOG_IN, {"login": email, "password": "wrong-word-1"}) for email in people()
    }

    assert len({(hashed, mails) for hashed, _, mails in costs.values()}) == 1, costs


def test_reset_costs_no_hash_and_one_mail_whoever_has_an_account(hashes, mailoutbox):
    costs = {email: work(hashes, mailoutbox, RESET, {"email": email}) for email in people()}

    assert {(hashed, mails) for hashed, _, mails in costs.values()} == {(0, 1)}


# --- Sent again ----------------------------------


@pytest.mark.parametrize("email", ["known@example.com", "new@example.com"])
def test_mail_of_a_sign_up_is_sent_again_whether_there_is_an_account_or_not(mailoutbox, email):
    UserFactory(email="known@example.com")
    client = Client()
    sign_up(client, email)

    response = client.post(reverse("accounts:send-again"))

    assert (response.status_code, response.url) == (302, SENT)
    assert [message.to for message in mailoutbox] == [[email], [email]]
    assert mailoutbox[0].subject == mailoutbox[1].subject
