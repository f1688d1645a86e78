"""Floods from fifty addresses: candidates save as before, and a school logs in.

The site is as in production: its settings, Argon2, limits in Redis, behind a proxy that names the visitor's address.
"""

import json
import os
import statistics
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from urllib.parse import urlencode

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.sessions.models import Session

from accounts import limits
from accounts.hashing import Argon2Hasher
from accounts.models import User
from exams.models import AttemptItem
from tests.faults.candidates import Seat, answer_fields, sit_down
from tests.faults.conftest import IS_FULL
from tests.faults.flooding import FORM, KINDS, production_headers, send
from tests.services.test_production import PRODUCTION, _static_files  # noqa: F401 (a fixture)

pytestmark = pytest.mark.usefixtures("_static_files")

SCHOOL, WORD = "192.0.2.1", "rather-long-1"
SECONDS = 30
# What the site says to a flood once it has had enough, or at once.
REFUSALS = {
    "failed log-ins": {429, 200},
    "guesses": {429, 200},
    "sign-ups": {429, 302},
    "resets": {429, 302},
    "long joins": {429, 404},
    "joins": {429, 302},
    "long paths": {404},
    "large bodies": {429, 413, 0},
    "large bodies of nobody": {413, 0},
}


@pytest.fixture
def site(web_server):
    limits.reset()
    workers = 4 if IS_FULL else 2  # as in docs/operations.md
    return web_server(workers=workers, threads=3, asking="/health/", **PRODUCTION, LOG_LEVEL="WARNING")


@pytest.fixture
def school(django_user_model):
    """Ten people whose passwords are hashed as in production."""
    password = Argon2Hasher().encode(WORD, "saltsalt")
    people = User.objects.bulk_create(User(email=f"person-{n}@example.com", password=password) for n in range(10))
    EmailAddress.objects.bulk_create(
        EmailAddress(user=user, email=user.email, verified=True, primary=True) for user in people
    )
    return people


@contextmanager
def flooded(url, kind, number):
    """Flood for the block; yields a function that waits for the end and returns how often each status was answered."""
    # An attacker's processors are not the site's: on one machine, the site goes first.
    command = ["nice", "-n", "5", sys.executable, "-m", "tests.faults.flooding", url, kind, str(number)]
    process = subprocess.Popen(command, cwd=settings.BASE_DIR, env=os.environ, stdout=subprocess.PIPE, text=True)

    def end():
        output, _ = process.communicate(timeout=300)
        return {int(status): count for status, count in json.loads(output).items()}

    try:
        yield end
    finally:
        process.kill()
        process.wait()


def save(url, seat: Seat, number: int) -> tuple[int, float]:
    """Save one answer, each to a question of its own, and return the status and how long it took."""
    position = number % 65 + 1
    fields = answer_fields(position, [number // 65 % 2], known=number // 65, page="p" * 16, count=number + 1)
    request = ("POST", f"/attempts/{seat.attempt_id}/answers/{position}/", urlencode(fields, doseq=True).encode(), FORM)
    began = time.perf_counter()
    status = send(url, request, production_headers(url, SCHOOL, seat.session) | {"HX-Request": "true"})
    return status, time.perf_counter() - began


def log_in(url, number: int) -> int:
    fields = urlencode({"login": f"person-{number % 10}@example.com", "password": WORD}).encode()
    return send(url, ("POST", "/accounts/login/", fields, FORM), production_headers(url, SCHOOL))


def p95(saves) -> float:
    return float(statistics.quantiles([seconds for _, seconds in saves], n=20)[-1])


@pytest.mark.parametrize("kind", KINDS)
def test_flood_is_refused_while_candidates_save_and_a_school_logs_in(site, school, table, kind):
    (seat,) = sit_down(1)
    before, number = Session.objects.count(), 3_600 if IS_FULL else 100
    with flooded(site.url, kind, number) as end:
        statuses = [(save(site.url, seat, n)[0], log_in(site.url, n)) for n in range(10)]
        answers = end()

    table(f"flood, {kind}", number, **{f"answered_{status}": times for status, times in sorted(answers.items())})
    assert statuses == [(200, 302)] * 10
    assert set(answers) <= REFUSALS[kind], site
    assert sum(answers.values()) == number
    assert AttemptItem.objects.filter(attempt=seat.attempt_id, sequence__gt=0).count() == 10
    if kind != "sign-ups":
        assert Session.objects.count() == before + 10  # the school's
    if kind in {"failed log-ins", "guesses"}:
        assert answers[429] + answers[200] == number


@pytest.mark.skipif(not IS_FULL, reason="compares times")
@pytest.mark.parametrize("kind", KINDS)
def test_save_stays_under_five_times_its_quiet_value_and_a_school_logs_in(site, school, table, kind):
    first, second = sit_down(2)
    limits.reset()
    log_ins: list[int] = []
    is_over = threading.Event()

    def school_begins():
        number = 0
        while not is_over.wait(60 / 300):  # three hundred a minute
            log_ins.append(log_in(site.url, number))
            number += 1

    def saves_for(seconds, seat):
        found, ends_at = [], time.monotonic() + seconds
        while time.monotonic() < ends_at:
            found.append(save(site.url, seat, len(found)))
            time.sleep(0.05)
        return found

    saves_for(2, first)
    quiet = saves_for(SECONDS / 2, second)
    threads = [threading.Thread(target=school_begins)]
    for thread in threads:
        thread.start()
    (third,) = sit_down(1)
    with flooded(site.url, kind, f"{SECONDS}s") as end:
        loud = saves_for(SECONDS, third)
        answers = end()
    is_over.set()
    for thread in threads:
        thread.join()

    ratio = p95(loud) / p95(quiet)
    table(
        f"save during {kind}",
        len(loud),
        p95_quiet_ms=round(p95(quiet) * 1000, 1),
        p95_ms=round(p95(loud) * 1000, 1),
        ratio=round(ratio, 1),
        log_ins=f"{log_ins.count(302)}/{len(log_ins)}",
        flood=sum(answers.values()),
    )
    assert {status for status, _ in quiet + loud} == {200}
    assert set(log_ins) == {302}
    assert ratio < 5
