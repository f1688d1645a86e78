"""Limits in Redis where the tests have one, and in the process's own memory."""

import tracemalloc

import pytest
import time_machine
from django.test import RequestFactory

from accounts import limits
from accounts.counters import BoundedStorage
from tests.services.processes import free_port

START = "2026-11-21T09:00:07Z"


@pytest.fixture(params=["as it is", "redis down"])
def counting(request, settings):
    settings.LIMITS = {"guess": "3/minute", "other": "3/minute", "two": "2/second;3/minute", "off": ""}
    if request.param == "redis down":
        settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    with time_machine.travel(START, tick=False) as clock:
        yield clock


pytestmark = pytest.mark.usefixtures("counting")


def results(name, key, count):
    return [limits.hit(name, key) is None for _ in range(count)]


def test_so_many_tries_pass_and_no_more():
    assert results("guess", "a", 5) == [True, True, True, False, False]


def test_keys_and_names_have_counts_of_their_own():
    results("guess", "a", 5)

    assert results("guess", "b", 1) + results("other", "a", 1) == [True, True]


def test_refusal_says_when_the_next_try_passes_and_is_not_counted(counting):
    results("guess", "a", 3)

    refusal = limits.hit("guess", "a")
    assert 50 <= refusal.seconds <= 60
    assert refusal.wait == "a minute"
    counting.shift(refusal.seconds - 10)
    assert limits.hit("guess", "a") is not None
    counting.shift(11)
    assert limits.hit("guess", "a") is None


def test_asking_counts_nothing():
    assert [limits.test("guess", "a") for _ in range(9)] == [None] * 9
    results("guess", "a", 3)
    assert limits.test("guess", "a") is not None


def test_cleared_key_begins_again_and_others_do_not():
    results("guess", "a", 3)
    results("guess", "b", 3)

    limits.clear("guess", "a")

    assert results("guess", "a", 4) == [True, True, True, False]
    assert results("guess", "b", 1) == [False]


def test_all_rates_of_a_name_count(counting):
    assert results("two", "a", 3) == [True, True, False]
    counting.shift(2)
    assert results("two", "a", 2) == [True, False]


def test_empty_rate_is_off_and_an_unknown_name_is_a_fault():
    assert results("off", "a", 50) == [True] * 50
    with pytest.raises(KeyError):
        limits.hit("gess", "a")


def test_key_that_is_stored_names_nobody():
    assert "ada" not in limits._digest("ada@example.com")


# --- The memory of a process ------------------------------------------------------------------------------------------


def test_filling_the_memory_frees_no_key_and_takes_no_more_room():
    storage = BoundedStorage()
    assert [storage.acquire_entry("victim", 5, 300) for _ in range(6)] == [True] * 5 + [False]
    tracemalloc.start()
    for number in range(20_000):
        storage.acquire_entry(f"filler-{number}", 5, 300)
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert size < 200_000
    assert storage.acquire_entry("victim", 5, 300) is False


def test_key_is_never_counted_too_low(counting):
    """Compared with a list of the tries, over windows that move."""
    storage, tries = BoundedStorage(), []
    now = 0.0
    for number in range(400):
        step = (number * 7919) % 13 / 4
        counting.shift(step)
        now += step
        in_window = sum(moment > now - 60 * 29 / 30 for moment in tries)
        if storage.acquire_entry("a", 10, 60):
            assert in_window < 10
            tries.append(now)
        else:
            assert sum(moment >= now - 60 for moment in tries) >= 10


# --- Keys -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2::1", "20010db800010002::/64"),
        ("2001:db8:1:2:ffff::9", "20010db800010002::/64"),
        ("2001:db8:1:3::1", "20010db800010003::/64"),
        ("", "unknown"),
        ("unix:", "unknown"),
    ],
)
def test_address_is_what_a_client_cannot_choose(address, key):
    request = RequestFactory().get("/", REMOTE_ADDR=address)

    assert limits.address_of(request).rjust(22, "0") == key.rjust(22, "0")


@pytest.mark.parametrize(
    "written",
    ["ada@example.com", " ADA@Example.COM ", "\uff41da@example.com", "\u212aim@example.com", "ada@example\uff0ecom"],
)
def test_account_is_one_key_however_it_is_written(written):
    assert limits.account_key(written) in {"ada@example.com", "kim@example.com"}


def test_wait_is_told_in_minutes_and_hours():
    waits = [limits.Refusal("guess", seconds).wait for seconds in (1, 60, 61, 300, 301, 7200, 7201)]

    assert waits == ["a minute", "a minute", "2 minutes", "5 minutes", "6 minutes", "120 minutes", "3 hours"]
