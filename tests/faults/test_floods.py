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
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlencode

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import override_settings

from accounts import limits
from accounts.hashing import Argon2Hasher
from accounts.models import User
from exams.attempts.models import AttemptItem
from tests.exams.helpers import make_mls_exam
from tests.faults.candidates import Seat, answer_fields, sit_down
from tests.faults.conftest import IS_FULL
from tests.faults.flooding import FORM, KINDS, production_headers, send
from tests.services.processes import wait_until
from tests.services.test_nginx import certificate, nginx  # noqa: F401 (fixtures)
from tests.services.test_production import PRODUCTION, _static_files  # noqa: F401 (a fixture)

pytestmark = pytest.mark.usefixtures("_static_files")

SCHOOL, WORD = "127.0.0.1", "rather-long-1"
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
    "home pages": {200, 302},
    "made-up sessions": {302},
    "large bodies": {429, 413, 0},
    "large bodies of nobody": {413, 0},
}


def yield_to_others(pid: int) -> None:
    """Let the processes of this session have the processors that others leave, as systemd does with the door."""
    os.setpriority(os.PRIO_PGRP, pid, 10)
    group = Path(f"/proc/{pid}/autogroup")  # where the kernel weighs sessions first
    if group.exists():
        group.write_text("10")


@pytest.fixture
def site(web_server, nginx):  # noqa: F811
    limits.reset()
    workers = 4 if IS_FULL else 2  # as in docs/operations.md
    options = {"threads": 4, "asking": "/health/", **PRODUCTION, "LOG_LEVEL": "WARNING"}
    members, door = web_server(workers=workers, **options), web_server(workers=2, DOOR="on", **options)
    yield_to_others(door.pid)
    proxy = nginx(members.url, door.url, **{" ssl http2": "", "$scheme": "https"})
    return SimpleNamespace(url=f"http://127.0.0.1:{proxy.port}", members=members, door=door)


@pytest.fixture
def school(django_user_model):
    """Ten people whose passwords are hashed as in production, and one whose password others guess."""
    password = Argon2Hasher().encode(WORD, "saltsalt")
    people = User.objects.bulk_create(User(email=f"person-{n}@example.com", password=password) for n in range(11))
    EmailAddress.objects.bulk_create(
        EmailAddress(user=user, email=user.email, verified=True, primary=True) for user in people
    )
    return people


def seats(count):
    """Return candidates who sit an exam, with sessions that production's key signs."""
    with override_settings(SECRET_KEY=PRODUCTION["SECRET_KEY"]):
        return sit_down(count, make_mls_exam())


@contextmanager
def flooded(url, kind, number):
    """Flood for the block; yields a function that waits for the end and returns how often each status was answered."""
    command = [sys.executable, "-m", "tests.faults.flooding", url, kind, str(number)]
    process = subprocess.Popen(
        command, cwd=settings.BASE_DIR, env=os.environ, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    # An attacker's processors are not the site's: on one machine, the site goes first.
    yield_to_others(process.pid)

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
    status = send(url, SCHOOL, request, production_headers(url, seat.session) | {"HX-Request": "true"})
    return status, time.perf_counter() - began


def log_in(url, number: int) -> int:
    fields = urlencode({"login": f"person-{number % 10}@example.com", "password": WORD}).encode()
    return send(url, SCHOOL, ("POST", "/accounts/login/", fields, FORM), production_headers(url))


def log_in_patiently(url, number: int) -> int:
    """Log in as a person does who is told to try again in a few seconds: on a busy machine a hash takes long."""
    answered = 429

    def is_answered() -> bool:
        nonlocal answered
        answered = log_in(url, number)
        return answered != 429

    wait_until(is_answered, 60, "a log-in that is not refused")
    return answered


def p95(saves) -> float:
    return float(statistics.quantiles([seconds for _, seconds in saves], n=20)[-1])


def test_floods_are_refused_while_candidates_save_and_a_school_logs_in(site, school, table, times):
    count, number = times(20, 3_600), 0
    (seat,) = seats(1)
    for flood in KINDS:
        sessions = Session.objects.count()
        with flooded(site.url, flood, count) as end:
            statuses = [(save(site.url, seat, number + n)[0], log_in_patiently(site.url, n)) for n in range(4)]
            answers = end()
        number += 4

        found = {f"answered_{status}": times for status, times in sorted(answers.items())}
        table(f"flood, {flood}", count, **found)
        assert statuses == [(200, 302)] * 4, (flood, site)
        assert set(answers) <= REFUSALS[flood], (flood, site)
        assert sum(answers.values()) == count
        if flood != "sign-ups":
            assert Session.objects.count() == sessions + 4, flood  # the school's
    assert AttemptItem.objects.filter(attempt=seat.attempt_id, sequence__gt=0).count() == number


def school_begins(url, log_ins, is_over):
    with ThreadPoolExecutor(8) as pool:
        while not is_over.wait(60 / 300):  # three hundred log-ins a minute
            log_ins.append(pool.submit(log_in, url, len(log_ins)))


def saves_for(seconds, url, seat):
    found, ends_at = [], time.monotonic() + seconds
    while time.monotonic() < ends_at:
        found.append(save(url, seat, len(found)))
        time.sleep(0.05)
    return found


if IS_FULL:  # it compares times, of the same run

    def test_saves_stay_under_five_times_their_quiet_value_in_every_flood(site, school, table):
        first, *others = seats(1 + 2 * len(KINDS))
        found = {}
        saves_for(2, site.url, first)  # the processes are warm
        for kind, before, during in zip(KINDS, others[::2], others[1::2], strict=True):
            log_ins, is_over = [], threading.Event()
            quiet = saves_for(SECONDS / 2, site.url, before)
            thread = threading.Thread(target=school_begins, args=[site.url, log_ins, is_over])
            thread.start()
            with flooded(site.url, kind, f"{SECONDS}s") as end:
                loud = saves_for(SECONDS, site.url, during)
                answers = end()
            is_over.set()
            thread.join()

            log_ins = [each.result() for each in log_ins]
            ratio = p95(loud) / p95(quiet)
            figures = {"quiet_ms": p95(quiet) * 1000, "p95_ms": p95(loud) * 1000, "ratio": ratio}
            figures = {name: round(figure, 1) for name, figure in figures.items()}
            passed = f"{log_ins.count(302)} of {len(log_ins)}"
            table(f"saves, flood of {kind}", len(loud), **figures, log_ins=passed, flood=sum(answers.values()))
            found[kind] = (
                {status for status, _ in quiet + loud},
                set(log_ins),
                set(answers) - REFUSALS[kind],
                ratio < 5,
            )

        assert found == dict.fromkeys(KINDS, ({200}, {302}, set(), True))
