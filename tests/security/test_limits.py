"""Limits that nobody gets around by what a request says, and that keep nobody out who belongs in."""

import fcntl
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from threading import Event

import pytest
import time_machine
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.auth.hashers import PBKDF2PasswordHasher, identify_hasher
from django.core import mail, signing
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts import devices, hashing, limits
from accounts.hashing import Busy, Patience, patience, turn
from config.settings import base
from tests.factories import UserFactory
from tests.services.processes import wait_until

pytestmark = pytest.mark.django_db

LOG_IN, RESET = reverse("account_login"), reverse("account_reset_password")
SECRET = "secret-word-1"
LOCKED = "Too many failed login attempts. Try again in 5 minutes, or reset your password to get in at once."


@pytest.fixture(autouse=True)
def clock(settings):
    """The limits of production, which the settings for tests switch off; and a clock that stands still."""
    settings.LIMITS = base.LIMITS
    settings.ALLOWED_HOSTS = [".example.org", "testserver"]
    with time_machine.travel("2026-11-21T09:00:00Z", tick=False) as clock:
        yield clock


def log_in(client, email, password, **options):
    return client.post(LOG_IN, {"login": email, "password": password}, **options)


def guess(email, count=5, client=None):
    for number in range(count):
        log_in(client or Client(REMOTE_ADDR=f"10.1.0.{number}"), email, f"guess-{number}")


def is_in(client):
    return "_auth_user_id" in client.session


# --- The key of a limit is not the guesser's choice (issue: 80 wrong guesses) -----------------------------------------

VARIANTS = {
    "port": lambda n: {"headers": {"host": f"exams.example.org:{1000 + n}"}},
    "host": lambda n: {"headers": {"host": f"h{n}.example.org"}},
    "case of the host": lambda n: {"headers": {"host": "exams.example.org"[:n].upper() + "exams.example.org"[n:]}},
    "forwarded host": lambda n: {"headers": {"x-forwarded-host": f"h{n}.example.org"}},
    "forwarded address": lambda n: {"headers": {"x-forwarded-for": f"10.9.0.{n}"}},
    "forwarded": lambda n: {"headers": {"forwarded": f"for=10.9.0.{n};host=h{n}"}},
    "real address": lambda n: {"headers": {"x-real-ip": f"10.9.0.{n}", "client-ip": f"10.9.0.{n}"}},
    "address": lambda n: {"REMOTE_ADDR": f"10.9.0.{n}"},
    "https": lambda n: {"secure": n % 2 == 0},
    "browser": lambda n: {"headers": {"user-agent": f"b{n}", "accept-language": f"l{n}"}},
    "ajax": lambda n: {"headers": {"x-requested-with": ["XMLHttpRequest", ""][n % 2]}},
    "query": lambda n: {"query_params": {"n": n}},
    "cookie": lambda n: {"headers": {"cookie": f"device=forged{n}; sessionid=s{n}"}},
}


@pytest.mark.parametrize("vary", VARIANTS.values(), ids=VARIANTS)
def test_no_part_of_a_request_gives_more_guesses(vary):
    user = UserFactory(email="ada@example.com")
    answers = [log_in(Client(), user.email, f"guess-{n}", **vary(n)).text for n in range(12)]

    right = Client()
    log_in(right, user.email, SECRET, **vary(12))

    assert sum("are not correct" in text for text in answers) == 5
    assert not is_in(right)


@pytest.mark.parametrize("email", ["ada@example.com", "nobody@example.com"])
def test_no_spelling_of_an_address_gives_more_guesses(email):
    UserFactory(email="ada@example.com")
    local, _, domain = email.partition("@")
    spelt = [email, email.upper(), local.title() + "@" + domain, f" {email} ", local + "@Example.com", f"{email}\t"]

    answers = [log_in(Client(), spelling, f"guess-{n}").text for n, spelling in enumerate(spelt * 2)]

    assert sum("are not correct" in text for text in answers) == 5


def test_second_address_of_a_person_gives_no_more_guesses():
    user = UserFactory(email="ada@example.com")
    user.emailaddress_set.create(email="ada@example.net", verified=True)

    guess("ada@example.com", 3)
    guess("ada@example.net", 2)

    assert LOCKED in log_in(Client(), "ada@example.net", SECRET).text


def test_filling_the_counts_frees_no_account():
    """allauth's counts lay in a cache of 300 entries."""
    user = UserFactory()
    guess(user.email)
    for number in range(600):
        cache.set(f"filler-{number}", 1)
        limits.hit("failures at an account", f"nobody-{number}@example.com")

    assert LOCKED in log_in(Client(), user.email, SECRET).text


def test_guessing_from_many_browsers_at_one_address_ends():
    answers = [log_in(Client(), f"n{n}@example.com", "wrong-word-1").text for n in range(40)]

    assert sum("are not correct" in text for text in answers) == 30
    assert "Too many failed login attempts from your network. Try again in a minute." in " ".join(answers[-1].split())


def test_addresses_of_one_ipv6_network_share_a_limit(settings):
    settings.LIMITS = {**base.LIMITS, "log-in": "3/minute"}
    statuses = [log_in(Client(REMOTE_ADDR=f"2001:db8::{n:x}"), "a@example.com", "w").status_code for n in range(5)]

    assert statuses == [200, 200, 200, 429, 429]
    assert log_in(Client(REMOTE_ADDR="2001:db8:0:1::1"), "a@example.com", "w").status_code == 200


# --- The owner of an account is not locked out ------------------------------------------------------------------------


def test_refused_guess_leaves_a_line_in_the_log(caplog):
    user = UserFactory()
    guess(user.email)
    caplog.clear()

    guess(user.email, 1)

    assert "a guess was refused: limit “failures at an account”" in caplog.text


def test_lock_says_how_long_and_ends(clock):
    user = UserFactory()
    guess(user.email)

    assert LOCKED in log_in(Client(), user.email, SECRET).text
    clock.shift(299)
    later = log_in(Client(), user.email, SECRET)
    assert "Try again in a minute" in later.text or later.status_code == 302
    clock.shift(2)
    assert log_in(Client(), user.email, SECRET).status_code == 302


def test_browser_that_the_owner_has_used_is_not_locked_out():
    user, own = UserFactory(), Client()
    log_in(own, user.email, SECRET)
    own.post(reverse("account_logout"))
    guess(user.email, 9)

    assert LOCKED in log_in(Client(), user.email, SECRET).text
    assert log_in(own, user.email, SECRET).status_code == 302


def test_flood_of_the_same_school_does_not_lock_that_browser_out():
    user, own = UserFactory(), Client()
    log_in(own, user.email, SECRET)
    own.post(reverse("account_logout"))
    for number in range(40):
        log_in(Client(), f"n{number}@example.com", "wrong-word-1")

    assert log_in(own, user.email, SECRET).status_code == 302


def test_known_browser_has_a_limit_of_its_own_for_each_of_its_accounts():
    victim, thief, shared = UserFactory(), UserFactory(), Client()
    for user in (victim, thief):
        log_in(shared, user.email, SECRET)
        shared.post(reverse("account_logout"))

    answers = [log_in(shared, victim.email, f"guess-{n}").text for n in range(8)]

    assert sum("are not correct" in text for text in answers) == 5
    assert log_in(shared, thief.email, SECRET).status_code == 302
    assert log_in(Client(), victim.email, SECRET).status_code == 302  # and what it did locks nobody else


def test_browser_of_somebody_else_is_a_stranger():
    victim, thief, own = UserFactory(), UserFactory(), Client()
    log_in(own, thief.email, SECRET)
    own.post(reverse("account_logout"))
    guess(victim.email)

    assert LOCKED in log_in(own, victim.email, SECRET).text


@pytest.mark.parametrize(
    "value",
    ["", "x", "a:b:c", signing.dumps([1]), signing.dumps("x", salt="accounts.devices")],
    ids=["empty", "word", "parts", "another salt", "no list"],  # a signature holds the time: it is no name
)
def test_forged_cookie_names_no_browser(rf, value):
    request = rf.get("/")
    request.COOKIES["device"] = value

    assert devices.device_of(request).accounts == ()


def test_cookie_of_a_browser_is_signed_and_out_of_reach_of_scripts():
    client = Client()
    log_in(client, UserFactory().email, SECRET)

    cookie = client.cookies["device"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["max-age"]) == (True, "Lax", "/", 31536000)
    assert cookie["domain"] == ""


def test_reset_lets_in_at_once():
    user = UserFactory()
    guess(user.email)
    client = Client()
    client.post(RESET, {"email": user.email})
    link = re.search(r"https?://[^/]+(/\S+)", mail.outbox[-1].body)[1]

    form = client.get(link, follow=True)
    client.post(form.request["PATH_INFO"], {"password1": "blue-heron-77", "password2": "blue-heron-77"})

    fresh = Client()
    assert log_in(fresh, user.email, "blue-heron-77").status_code == 302


def test_right_password_forgets_the_wrong_ones_before_it():
    user = UserFactory()
    for _ in range(3):
        guess(user.email, 4)
        assert log_in(Client(), user.email, SECRET).status_code == 302


def test_asking_for_the_password_again_is_no_way_to_guess_it():
    user, client = UserFactory(), Client()
    client.force_login(user)
    url = reverse("account_reauthenticate")

    answers = [client.post(url, {"password": f"guess-{n}"}).text for n in range(8)]

    assert sum("Incorrect password" in text for text in answers) == 5
    assert "Too many failed login attempts" in answers[-1]


def test_changing_the_password_is_no_way_to_guess_it():
    user, client = UserFactory(), Client()
    log_in(client, user.email, SECRET)
    fields = {"password1": "blue-heron-77", "password2": "blue-heron-77"}

    statuses = [
        client.post(reverse("account_change_password"), {**fields, "oldpassword": f"guess-{n}"}).status_code
        for n in range(7)
    ]

    assert statuses == [200] * 5 + [429] * 2


@pytest.mark.parametrize("is_signed_in", [False, True], ids=["log-in", "again"])
def test_codes_of_a_second_factor_are_limited_per_account(is_signed_in):
    user = UserFactory()
    TOTP.activate(user, generate_totp_secret())
    refused = 0
    for number in range(8):
        client = Client(REMOTE_ADDR=f"10.2.0.{number}", headers={"host": f"h{number}.example.org"})
        if is_signed_in:
            client.force_login(user)
        else:
            log_in(client, user.email, SECRET)
        url = reverse("mfa_reauthenticate" if is_signed_in else "mfa_authenticate")
        refused += "Too many wrong codes. Try again in 5 minutes." in client.post(url, {"code": "000000"}).text

    assert refused == 3


# --- One address ------------------------------------------------------------------------------------------------------

PAGES = [
    (LOG_IN, "log-in", 600),
    (reverse("account_signup"), "sign-up", 60),
    (RESET, "password reset", 20),
    (reverse("accounts:send-again"), "password reset", 20),
    (reverse("mfa_authenticate"), "proof", 300),
    (reverse("account_reauthenticate"), "proof", 300),
]
LINKS = ["/join/abc/", "/accounts/confirm-email/abc/", "/accounts/password/reset/key/1-abc-def/"]


@pytest.mark.parametrize(("url", "name", "count"), PAGES, ids=[page[1] + page[0] for page in PAGES])
def test_address_that_floods_a_page_is_refused_before_it_costs_anything(
    settings, url, name, count, django_assert_num_queries
):
    assert base.LIMITS[name] == f"{count}/minute"
    settings.LIMITS = {**base.LIMITS, name: "2/minute"}
    statuses = [Client().post(url).status_code for _ in range(2)]
    flooding = Client(headers={"cookie": "sessionid=anything"})

    with django_assert_num_queries(0):
        refused = flooding.post(url)

    assert 429 not in statuses
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert "Try again in a minute" in refused.text
    assert Client(REMOTE_ADDR="10.0.0.2").post(url).status_code != 429


@pytest.mark.parametrize("url", LINKS)
def test_links_are_limited_by_address_however_they_are_asked_for(settings, url):
    settings.LIMITS = {**base.LIMITS, "link": "2/minute"}

    statuses = [getattr(Client(), method)(url).status_code for method in ("get", "head", "get", "head", "post")]

    assert [status == 429 for status in statuses] == [False, False, True, True, True]


def test_pages_that_only_show_a_form_are_not_limited(settings):
    settings.LIMITS = {**base.LIMITS, "log-in": "1/minute"}

    assert [Client().get(LOG_IN).status_code for _ in range(5)] == [200] * 5


# --- Hashes take turns ------------------------------------------------------------------------------------------------


def test_log_in_is_refused_politely_when_all_turns_are_taken(monkeypatch):
    def taken():
        raise Busy

    monkeypatch.setattr("accounts.guessing.turn", taken)
    answer = log_in(Client(), UserFactory().email, SECRET)

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "2")
    assert "Try again in a few seconds" in answer.text


def test_what_is_refused_for_want_of_a_turn_is_no_failure(monkeypatch):
    user = UserFactory()
    with monkeypatch.context() as patch:

        def taken():
            raise Busy

        patch.setattr("accounts.guessing.turn", taken)
        guess(user.email, 9)

    assert log_in(Client(), user.email, SECRET).status_code == 302


def test_turn_within_a_turn_is_the_same(monkeypatch):
    monkeypatch.setattr("accounts.hashing._turns", hashing._Turns())
    with patience(Patience.NONE), turn(), turn():
        assert True


def hold_a_turn(pool):
    """Return when somebody has the turn, and a function that ends it."""
    begun, is_over = Event(), Event()

    def hold():
        with turn():
            begun.set()
            is_over.wait(30)

    held = pool.submit(hold)
    begun.wait(30)
    return lambda: (is_over.set(), held.result())


def take_a_turn(level=Patience.STRANGER):
    with patience(level), turn():
        return "taken"


def test_one_has_the_turn_and_two_wait_of_whom_one_is_known(monkeypatch):
    monkeypatch.setattr("accounts.hashing._turns", hashing._Turns())
    with ThreadPoolExecutor() as pool:
        end = hold_a_turn(pool)
        stranger = pool.submit(take_a_turn)
        wait_until(lambda: hashing._turns.all._value == 1, what="a stranger who waits")
        with pytest.raises(Busy):
            take_a_turn()
        known = pool.submit(take_a_turn, Patience.KNOWN)
        wait_until(lambda: hashing._turns.all._value == 0, what="a known one who waits")
        with pytest.raises(Busy):
            take_a_turn(Patience.KNOWN)
        end()

        assert [stranger.result(), known.result()] == ["taken", "taken"]
    assert (hashing._turns.all._value, hashing._turns.strangers._value) == (3, 2)


def test_suspect_waits_for_nobody_and_lets_the_turn_rest(monkeypatch):
    monkeypatch.setattr("accounts.hashing._turns", hashing._Turns())
    with ThreadPoolExecutor() as pool, time_machine.travel("2026-11-21T09:00:00Z", tick=False) as clock:
        end = hold_a_turn(pool)
        with pytest.raises(Busy):
            take_a_turn(Patience.NONE)
        clock.shift(1)
        end()

        with pytest.raises(Busy):
            take_a_turn(Patience.NONE)
        assert take_a_turn() == "taken"
        clock.shift(2)
        assert take_a_turn(Patience.NONE) == "taken"


def test_suspect_alone_need_not_rest(monkeypatch):
    monkeypatch.setattr("accounts.hashing._turns", hashing._Turns())

    assert [take_a_turn(Patience.NONE) for _ in range(9)] == ["taken"] * 9


def test_hashes_of_all_processes_share_half_of_the_cores(monkeypatch, tmp_path):
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    with ThreadPoolExecutor() as pool, hashing._core():
        (file,) = tmp_path.iterdir()
        waiting = pool.submit(hashing.Argon2Hasher().encode, SECRET, "saltsalt")

        assert not waiting.done()
        with file.open("w") as another, pytest.raises(BlockingIOError):  # as another process would
            fcntl.flock(another, fcntl.LOCK_EX | fcntl.LOCK_NB)
    assert waiting.result().startswith("argon2$argon2id$")


def test_hash_is_made_where_no_lock_can_be(monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path / "missing"))

    assert hashing.Argon2Hasher().encode(SECRET, "saltsalt").startswith("argon2$")


def test_address_is_a_suspect_after_two_failures_and_known_after_a_success(monkeypatch):
    user, seen = UserFactory(), []
    monkeypatch.setattr("accounts.guessing.patience", lambda level: seen.append(level.name) or nullcontext())

    for word in ("wrong-word-1", "wrong-word-2", "wrong-word-3", SECRET, "wrong-word-4", SECRET):
        log_in(Client(), user.email, word)

    assert seen == ["STRANGER", "STRANGER", "NONE", "NONE", "KNOWN", "KNOWN"]


def test_many_sign_ups_of_one_address_take_the_turns_that_are_left(monkeypatch, settings):
    settings.LIMITS = {**base.LIMITS, "patient sign-up": "2/minute"}
    seen = []
    monkeypatch.setattr("config.limiting.patience", lambda level: seen.append(level.name) or nullcontext())

    for _ in range(4):
        Client().post(reverse("account_signup"))

    assert seen == ["NONE", "NONE"]


def test_judging_a_password_takes_a_turn_too(monkeypatch):
    """The worst takes half a second, twenty times a hash: sign-ups side by side would take all threads."""

    def taken():
        raise Busy

    monkeypatch.setattr("config.passwords.turn", taken)
    monkeypatch.setattr("config.passwords.judge", None)
    fields = {"email": "ada@example.com", "password1": "blue-heron-77", "password2": "blue-heron-77"}

    assert Client().post(reverse("account_signup"), fields).status_code == 429


# --- Old hashes -------------------------------------------------------------------------------------------------------

OLD = PBKDF2PasswordHasher().encode(SECRET, "salt", iterations=1)


@pytest.fixture
def _hashers(settings):
    settings.PASSWORD_HASHERS = base.PASSWORD_HASHERS


@pytest.mark.usefixtures("_hashers")
def test_old_hash_is_replaced_at_the_log_in():
    user = UserFactory()
    type(user).objects.filter(pk=user.pk).update(password=OLD)

    assert log_in(Client(), user.email, SECRET).status_code == 302

    user.refresh_from_db()
    assert identify_hasher(user.password).algorithm == "argon2"
    assert log_in(Client(), user.email, SECRET).status_code == 302


@pytest.mark.usefixtures("_hashers")
@pytest.mark.parametrize("password", [SECRET, "wrong-word-1"])
def test_session_outlives_being_asked_for_the_password_again(password):
    """A new hash would end it."""
    user = UserFactory()
    type(user).objects.filter(pk=user.pk).update(password=OLD)
    user.refresh_from_db()
    client = Client()
    client.force_login(user)

    client.post(reverse("account_reauthenticate"), {"password": password})
    client.post(reverse("account_change_password"), {"oldpassword": password, "password1": "a", "password2": "b"})

    assert client.get(reverse("accounts:preferences")).status_code == 200


@pytest.mark.usefixtures("_hashers")
def test_wrong_password_costs_one_hash(monkeypatch):
    user, hashes = UserFactory(), []
    monkeypatch.setattr("accounts.hashing.turn", lambda: hashes.append(1) or turn())

    log_in(Client(), user.email, "wrong-word-1")
    known = len(hashes)
    log_in(Client(), "nobody@example.com", "wrong-word-1")

    assert (known, len(hashes)) == (1, 2)
