"""Second factors: each code counts once in all processes, and secrets lie encrypted in the database."""

import importlib
import threading

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret, hotp_value
from django.apps import apps
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.urls import reverse
from pytest_django.asserts import assertContains

from accounts import totp
from accounts.models import AuditEvent, UsedTotpStep
from accounts.services import use_totp_step
from tests.exams.helpers import client_of
from tests.factories import UserFactory
from tests.security.factors import PASSWORD, code_of, give_totp, is_logged_in, log_in

pytestmark = pytest.mark.django_db

START = "2026-11-21T09:00:10Z"


@pytest.fixture
def user():
    return UserFactory(email="ada@example.com")


@pytest.fixture
def clock():
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


def log_in_as_another_process(user, code):
    """What a process has in its memory, such as its cache, the next one has not."""
    cache.clear()
    return is_logged_in(log_in(user, code=code))


# --- Once -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", [-1, 0, 1])
def test_code_logs_in_once_whichever_process_asks_and_however_it_is_typed(user, clock, step):
    code = code_of(give_totp(user), step=step)
    typed = [code, code, f"{code[:3]} {code[3:]}", f" {code[:3]}-{code[3:]}"]

    assert [log_in_as_another_process(user, each) for each in typed] == [True, False, False, False]


def test_code_of_the_last_half_minute_counts_once_while_it_counts(user, clock):
    secret = give_totp(user)
    code = code_of(secret)
    assert log_in_as_another_process(user, code)

    answers = []
    for _ in range(4):
        clock.shift(30)
        answers.append(log_in_as_another_process(user, code))

    assert answers == [False] * 4
    assert log_in_as_another_process(user, code_of(secret))


def test_code_that_logged_in_confirms_nothing_later(user, clock):
    secret = give_totp(user)
    client = log_in(user, secret)
    cache.clear()

    response = client.post(reverse("mfa_reauthenticate"), {"code": code_of(secret)})

    assertContains(response, "already been used")


def test_code_that_set_the_app_up_does_not_log_in(user, clock):
    client = log_in(user)
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    client.get(reverse("mfa_activate_totp"))
    code = code_of(client.session["mfa.totp.secret"])
    client.post(reverse("mfa_activate_totp"), {"code": code})
    assert Authenticator.objects.filter(user=user, type="totp").exists()

    assert not log_in_as_another_process(user, code)


def test_codes_of_two_people_do_not_use_up_each_other(clock):
    first, second = UserFactory.create_batch(2)
    secret = generate_totp_secret()
    for user in (first, second):
        TOTP.activate(user, secret)

    assert [log_in_as_another_process(user, code_of(secret)) for user in (first, second)] == [True, True]


def test_old_marks_are_cleared_away(user):
    for step in (1, 2, 100):
        assert use_totp_step(user=user, step=step)

    assert [row.step for row in UsedTotpStep.objects.filter(user=user)] == [100]


def race(action, count=6):
    """Run the action in threads with connections of their own, and return what each got."""
    answers, barrier = [], threading.Barrier(count)

    def run():
        barrier.wait()
        try:
            answers.append(action())
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(answers)


@pytest.mark.django_db(transaction=True)
def test_same_code_at_the_same_moment_is_accepted_once(threaded_db):
    user = UserFactory()

    assert race(lambda: use_totp_step(user=user, step=7)) == [False] * 5 + [True]


@pytest.mark.django_db(transaction=True)
def test_same_recovery_code_at_the_same_moment_is_accepted_once(threaded_db):
    user = UserFactory()
    give_totp(user)
    code = RecoveryCodes.activate(user).get_unused_codes()[0]

    def use():
        factor = Authenticator.objects.get(user=user, type="recovery_codes")
        return factor.wrap().validate_code(code)

    assert race(use) == [False] * 5 + [True]


def test_used_recovery_code_is_in_the_audit_log(user):
    give_totp(user)
    code = RecoveryCodes.activate(user).get_unused_codes()[0]

    log_in(user, code=code)

    assert AuditEvent.objects.filter(action="factor.recovery_code_used", actor=user).count() == 1


@pytest.mark.parametrize("counter", [0, 1, 59, 41_152_263, 2**40])
def test_step_is_found_as_allauth_finds_it(counter):
    secret = generate_totp_secret()

    assert totp.code_at(secret, counter) == hotp_value(secret, counter)


@pytest.mark.parametrize(("moment", "code"), [(59, "287082"), (1111111109, "081804"), (20000000000, "353130")])
def test_step_of_the_codes_in_the_standard(moment, code):
    # RFC 6238, appendix B; its secret is "12345678901234567890".
    step = totp.step_at(moment)

    assert totp.matching_step("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", code, step=step, tolerance=0) == step


@pytest.mark.parametrize("code", ["", "28708", "2870820", "abc", "²87082", "２８７０８２"])
def test_what_is_no_code_has_no_step(code):
    assert totp.matching_step("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", code, step=1, tolerance=1) is None


# --- Encrypted ------------------------------------------------------------------------------------------------------


def stored(user, kind="totp"):
    return Authenticator.objects.get(user=user, type=kind).data


def in_clear(user):
    """Store factors as the versions before stored them, and return secret and codes."""
    secret, seed = generate_totp_secret(), RecoveryCodes.generate_seed()
    Authenticator.objects.create(user=user, type="totp", data={"secret": secret})
    codes = Authenticator.objects.create(user=user, type="recovery_codes", data={"seed": seed, "used_mask": 1})
    return secret, codes.wrap().get_unused_codes()


def test_secrets_are_not_in_the_database_in_clear(user):
    secret = give_totp(user)
    RecoveryCodes.activate(user)

    assert secret not in str(stored(user))
    assert [stored(user)["secret"][:7], stored(user, "recovery_codes")["seed"][:7]] == ["fernet:", "fernet:"]


def migrate(direction):
    module = importlib.import_module("accounts.migrations.0012_encrypt_factors")
    getattr(module, direction)(apps, None)


def test_factors_in_clear_work_and_still_do_once_they_are_migrated(user, clock):
    secret, codes = in_clear(user)
    assert log_in_as_another_process(user, code_of(secret))

    migrate("encrypt_all")
    migrate("encrypt_all")  # twice does no harm

    assert [stored(user)["secret"][:7], stored(user, "recovery_codes")["seed"][:7]] == ["fernet:", "fernet:"]
    assert log_in_as_another_process(user, code_of(secret, step=1))
    assert log_in_as_another_process(user, codes[0])
    assert stored(user, "recovery_codes")["used_mask"] == 0b11
    migrate("decrypt_all")
    assert stored(user)["secret"] == secret


def test_new_secret_key_reads_what_the_old_one_wrote_and_needs_it_no_more_after_the_command(user, clock, settings):
    secret = give_totp(user)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "a-new-key", [settings.SECRET_KEY]
    assert log_in_as_another_process(user, code_of(secret))

    call_command("encrypt_factors")
    settings.SECRET_KEY_FALLBACKS = []

    assert log_in_as_another_process(user, code_of(secret, step=1))


@pytest.fixture
def lost_key(user, settings):
    """Somebody signed in whose factors were encrypted with a key that nobody has."""
    give_totp(user)
    RecoveryCodes.activate(user)
    settings.SECRET_KEY = "another-key"
    return user


def test_log_in_with_a_factor_that_cannot_be_read_says_so(lost_key):
    client = log_in(lost_key)

    response = client.post(reverse("mfa_authenticate"), {"code": "123456"})

    assertContains(response, "The secret key of this site has changed")
    assert not is_logged_in(client)


@pytest.mark.parametrize("name", ["mfa_index", "mfa_view_recovery_codes", "mfa_generate_recovery_codes"])
def test_page_of_a_factor_that_cannot_be_read_says_so(lost_key, name):
    client = client_of(lost_key)
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})

    response = client.get(reverse(name))

    assertContains(response, "The secret key of this site has changed", status_code=409)
    assert client.post(reverse("mfa_deactivate_totp")).status_code == 302
    assert not Authenticator.objects.filter(user=lost_key).exists()
