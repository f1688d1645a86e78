"""The site as a sender: what strangers can make it mail, to whom, and how often."""

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.urls import reverse

from accounts import limits
from accounts.models import User
from exams.cohorts.models import Cohort, Invitation
from tests.exams.helpers import client_of
from tests.factories import CohortFactory, UserFactory

pytestmark = pytest.mark.django_db

SIGN_UP, RESET, ADDRESSES = (reverse(f"account_{name}") for name in ("signup", "reset_password", "email"))
PASSWORD = "blue-heron-77"
BAIT = "You won! https://evil.example/prize"


@pytest.fixture
def _limits(settings):
    from config.settings import base

    settings.LIMITS = base.LIMITS | dict.fromkeys(("sign-up", "password reset", "account change"), "")
    limits.reset()
    yield
    limits.reset()


def sign_up(email, client=None, **fields):
    client = client or Client()
    return client.post(SIGN_UP, {"email": email, "password1": PASSWORD, "password2": PASSWORD, **fields})


def add_address(client, email):
    client.post(reverse("account_reauthenticate"), {"password": "secret-word-1"})
    return client.post(ADDRESSES, {"action_add": "", "email": email})


# --- What it says --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [f"Ada\n{BAIT}", BAIT, "evil.com", "Ada\r\nBcc: other@example.com"])
def test_name_with_a_message_is_refused_wherever_it_enters(name):
    user, root = UserFactory(name="Ada"), UserFactory(superuser=True)
    cohort = CohortFactory(instructor=root)

    client_of(user).post(reverse("accounts:preferences"), {"name": name, "time_zone": "UTC"})
    client_of(root).post(
        reverse("admin:accounts_user_change", args=[user.pk]),
        {"email": user.email, "name": name, "time_zone": "UTC", "extra_time_percent": "0", "is_active": "on"},
    )
    client_of(root).post(
        reverse("admin:exams_cohort_people", args=[cohort.pk]),
        {"action": "invite", "text": f'email,name\na@b.example,"{name}"'},
    )

    assert User.objects.get(pk=user.pk).name == "Ada"
    assert list(Invitation.objects.exclude(name="").values_list("name")) == []


def test_cohort_with_a_message_for_a_name_is_refused():
    root = UserFactory(superuser=True)

    client_of(root).post(
        reverse("admin:exams_cohort_add"),
        {"name": BAIT, "assignments-TOTAL_FORMS": "0", "assignments-INITIAL_FORMS": "0"},
    )

    assert Cohort.objects.count() == 0


def test_mail_to_an_address_that_nobody_has_confirmed_holds_nothing_a_stranger_typed(mailoutbox):
    # The name was stored before names had rules.
    user = UserFactory(name=f"Ada {BAIT}")
    client = client_of(user)

    add_address(client, "victim@example.com")
    Client().post(RESET, {"email": "unknown@example.com"}, headers={"user-agent": BAIT})
    sign_up("new@example.com", first_name=BAIT, name=BAIT, username=BAIT)
    sign_up(user.email)

    assert sorted(message.to[0] for message in mailoutbox) == sorted(
        # The last one twice: of the sign-up with their address, and that an address was added.
        ["victim@example.com", "unknown@example.com", "new@example.com", user.email, user.email]
    )
    assert [message for message in mailoutbox if "evil" in message.subject + message.body] == []


def test_browser_is_named_in_our_words_in_a_mail_to_the_owner(mailoutbox):
    user = UserFactory()
    client = client_of(user, headers={"user-agent": f"Mozilla/5.0 (Windows NT 10.0) Firefox/140.0 {BAIT}"})

    client.post(reverse("account_reauthenticate"), {"password": "secret-word-1"})
    client.post(
        reverse("account_change_password"),
        {"oldpassword": "secret-word-1", "password1": PASSWORD, "password2": PASSWORD},
    )

    assert [message for message in mailoutbox if "evil" in message.body] == []


@pytest.mark.parametrize(
    "email",
    [
        "victim@example.com\nBcc: other@example.com",
        "victim@example.com%0aBcc:x",
        '"a\nb"@example.com',
        "a@b.example,c@d.example",
    ],
)
def test_address_with_a_header_in_it_sends_nothing(mailoutbox, email):
    sign_up(email)
    Client().post(RESET, {"email": email})

    assert mailoutbox == []


# --- To whom ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["ıda@example.com", "İda@example.com", "ida@ехample.com"])
def test_look_alike_of_an_address_reaches_neither_its_mailbox_nor_its_account(mailoutbox, typed):
    UserFactory(email="ida@example.com")

    Client().post(RESET, {"email": typed})
    sign_up(typed)

    assert [message for message in mailoutbox if message.to == ["ida@example.com"]] == []
    assert [message for message in mailoutbox if not message.to[0].isascii()] == []
    assert [message for message in mailoutbox if "/password/reset/key/" in message.body] == []


@pytest.mark.parametrize("typed", ["IDA@example.com", "ida\u200b@example.com", "ｉda@example.com"])
def test_reset_is_mailed_to_the_stored_address_and_not_to_the_typed_one(mailoutbox, typed):
    UserFactory(email="ida@example.com")

    Client().post(RESET, {"email": typed})

    assert [message.to for message in mailoutbox] == [["ida@example.com"]]
    assert "/password/reset/key/" in mailoutbox[0].body


def test_address_that_a_stranger_added_unconfirmed_resets_nobody_elses_account(mailoutbox):
    # Its owner would get a link into the stranger's account, and use it as their own.
    stranger = UserFactory()
    EmailAddress.objects.create(user=stranger, email="victim@example.com")

    Client().post(RESET, {"email": "victim@example.com"})

    assert [message.to for message in mailoutbox] == [["victim@example.com"]]
    assert "/password/reset/key/" not in mailoutbox[0].body


def test_address_that_a_stranger_added_unconfirmed_keeps_its_owner_not_out(mailoutbox):
    EmailAddress.objects.create(user=UserFactory(), email="victim@example.com")

    sign_up("victim@example.com")

    assert User.objects.filter(email="victim@example.com").count() == 1
    assert "/confirm-email/" in mailoutbox[0].body


# --- How often -----------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("_limits")
@pytest.mark.parametrize(
    "spelling", ["ada@example.com", "ADA@example.com", "ada\u200b@example.com", "ａda@example.com"]
)
def test_sixth_reset_mail_in_an_hour_is_not_sent_and_the_page_is_the_same(mailoutbox, spelling):
    UserFactory(email="ada@example.com")
    answers = []
    for number in range(40):
        client = Client(REMOTE_ADDR=f"10.0.0.{number}", headers={"host": f"testserver:{8000 + number}"})
        response = client.post(RESET, {"email": spelling if number % 2 else "ada@example.com"})
        answers.append((response.status_code, response.url))

    assert set(answers) == {(302, reverse("account_reset_password_done"))}
    assert len(mailoutbox) == 5


@pytest.mark.usefixtures("_limits")
def test_tags_and_dots_of_one_mailbox_have_a_limit_together(mailoutbox):
    for number in range(40):
        Client(REMOTE_ADDR=f"10.0.0.{number}").post(RESET, {"email": f"victim+{number}@example.com"})

    assert len(mailoutbox) == 15


@pytest.mark.usefixtures("_limits")
def test_sign_ups_of_one_address_have_the_same_limit_whether_it_has_an_account(mailoutbox):
    UserFactory(email="known@example.com")
    for number in range(12):
        for email in ("known@example.com", "new@example.com"):
            sign_up(email, Client(REMOTE_ADDR=f"10.0.0.{number}"))

    counts = [
        len([message for message in mailoutbox if message.to == [f"{name}@example.com"]]) for name in ("known", "new")
    ]
    assert counts == [5, 5]


@pytest.mark.usefixtures("_limits")
def test_one_account_mails_at_most_twenty_strangers_an_hour(mailoutbox):
    client = client_of(UserFactory())
    client.post(reverse("account_reauthenticate"), {"password": "secret-word-1"})
    for number in range(30):
        client.post(ADDRESSES, {"action_add": "", "email": f"victim-{number}@example.com"})

    assert len([message for message in mailoutbox if message.to[0].startswith("victim")]) == 20


@pytest.mark.usefixtures("_limits")
def test_one_network_mails_at_most_three_hundred_strangers_an_hour(mailoutbox):
    for number in range(310):
        Client(REMOTE_ADDR="10.0.0.1").post(RESET, {"email": f"victim-{number}@example.com"})

    assert len(mailoutbox) == 300
