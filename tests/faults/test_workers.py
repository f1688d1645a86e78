"""Promise 3 with real workers, broker and beat: whatever happens to the messengers, one current score per attempt."""

import datetime as dt
import os
import random
import signal
import socket
import time
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
import redis
from django.conf import settings
from django.db.models import Max
from django.utils import timezone

from config import celery_app
from exams.attempts.models import Attempt, AttemptItem
from exams.attempts.services.closing import resend_due, submit_attempt, sweep
from exams.workers import RESEND_AFTER, SCORE_TASK
from tests.factories import make_exam
from tests.faults.candidates import Saved, Tab, assert_nothing_lost, audit, sit_down
from tests.faults.conftest import IS_FULL
from tests.services.processes import redis_at, wait_until

pytestmark = pytest.mark.usefixtures("_real_workers")
TWO_MINUTES = 120


def answered(seats):
    """Give each candidate a random answer to question 1, and return the log of it."""
    log = []
    for option in range(4):
        ids = [seat.attempt_id for seat in seats[option::4]]
        own = AttemptItem.objects.filter(attempt__in=ids, position=1)
        order = own.values_list("option_order", flat=True).first()
        if order:
            own.update(response=[order[option]], sequence=1, saved_by_page="a")
        log += [Saved(attempt_id, 1, 0, (option,), "a", 200, 1) for attempt_id in ids]
    return log


def hand_in(seat):
    submit_attempt(candidate=seat.candidate, attempt_id=seat.attempt_id, now=timezone.now())


def unscored():
    return Attempt.objects.exclude(state=Attempt.State.SCORED).count()


def recover(celery_beat):
    """Let the sweep find what got lost: beat's, or in a short run at once what it would do in a minute."""
    if IS_FULL:
        celery_beat()
    else:
        sweep(now=timezone.now() + RESEND_AFTER + dt.timedelta(seconds=1))
    began = time.monotonic()
    wait_until(lambda: unscored() == 0, TWO_MINUTES, "the scores")
    return round(time.monotonic() - began, 1)


def pool_of(process):
    """Return the process ids of a worker's or server's children."""
    return [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]


def killed_one(worker):
    """Kill a process of a worker's pool; False when it has none at this moment, because the last was just killed."""
    try:
        os.kill(random.choice(pool_of(worker)), signal.SIGKILL)
    except (IndexError, ProcessLookupError):
        return False
    return True


@pytest.mark.parametrize("trouble", ["down", "full", "silent"])
def test_hand_in_without_a_broker_is_answered_and_scored_later(
    broker, web_server, celery_worker, celery_beat, table, times, trouble
):
    seats = sit_down(times(4, 100))
    log, seconds = answered(seats), []
    site = web_server(threads=4)
    worker = celery_worker() if trouble == "silent" else None
    if trouble == "down":
        broker.stop()
    elif trouble == "full":
        with redis.Redis.from_url(broker.url) as client:
            client.config_set("maxmemory", 1)  # it lives, and refuses every message
    else:
        os.kill(broker.process.pid, signal.SIGSTOP)  # it takes every connection, and answers nothing

    for seat in seats:
        began = time.monotonic()
        response = Tab(site.url, seat).hand_in()
        seconds.append(time.monotonic() - began)
        assert (response.status, response.location) == (302, f"/attempts/{seat.attempt_id}/result/"), site

    assert Attempt.objects.filter(state=Attempt.State.SUBMITTED).count() == len(seats)
    if trouble == "silent":
        os.kill(broker.process.pid, signal.SIGCONT)
        assert worker.is_running, worker
    else:
        broker.stop()
        broker.start()
        celery_worker()
    recovered = recover(celery_beat)
    found = audit(log, [seat.attempt_id for seat in seats])
    slowest = f"{max(seconds):.2f} s"
    table(f"hand-ins with the broker {trouble}", len(seats), found, slowest=slowest, all_scored_after_s=recovered)
    assert_nothing_lost(found)


def test_silent_broker_is_asked_once_and_not_for_long(threaded_db):
    """A page that finds three scores due waits for one connection and one answer, which is less than a second."""
    later = timezone.now() + RESEND_AFTER + dt.timedelta(seconds=1)
    for seat in sit_down(3):
        Attempt.objects.filter(pk=seat.attempt_id).update(state=Attempt.State.SUBMITTED, submitted_at=timezone.now())
    with socket.create_server(("127.0.0.1", 0)) as server, redis_at(f"redis://127.0.0.1:{server.getsockname()[1]}/0"):
        assert resend_due(now=later) == 3
        server.setblocking(False)
        asked = 0
        with suppress(BlockingIOError):
            while True:
                server.accept()[0].close()
                asked += 1

    limits = settings.CELERY_BROKER_TRANSPORT_OPTIONS
    assert asked == 1
    assert limits["socket_connect_timeout"] + limits["socket_timeout"] < 1


def test_workers_killed_redis_emptied_and_messages_tripled(broker, celery_worker, celery_beat, table, times):
    """At random points: mostly a process of a pool, sometimes the whole worker, sometimes all that Redis holds."""
    kills, batch = times(2, 100), 20
    seats = sit_down(kills * batch)
    log = answered(seats)
    workers = [celery_worker("prefork", 2), celery_worker("prefork", 2)]
    flushed = 0
    for number in range(kills):
        for seat in seats[number * batch : (number + 1) * batch]:
            hand_in(seat)
            for _ in range(2):
                celery_app.send_task(SCORE_TASK, [str(seat.attempt_id)])
        time.sleep(random.random() / 10)  # the point is random; nothing is waited for
        chosen = random.randrange(2)
        if number % 10 == 1:
            workers[chosen].kill()
            workers[chosen] = celery_worker("prefork", 2)
        else:
            wait_until(partial(killed_one, workers[chosen]), 15, workers[chosen])
        if number % 5 == 0:
            with redis.Redis.from_url(broker.url) as client:
                client.flushdb()
            flushed += 1

    recovered = recover(celery_beat)
    found = audit(log, [seat.attempt_id for seat in seats])
    table("worker killed (kill -9)", kills, found, redis_emptied=flushed, all_scored_after_s=recovered)
    assert_nothing_lost(found)
    assert found.scored == len(seats)


def test_beat_closes_what_nobody_handed_in_and_one_poison_attempt_holds_up_none(
    broker, celery_worker, celery_beat, table, times
):
    count = times(20, 1_000)
    past = timezone.now() - dt.timedelta(hours=5)
    seats = sit_down(count, make_exam(), started_at=past, deadline_at=past + dt.timedelta(hours=1))
    log = answered(seats)
    poisoned, *others = seats
    log = [saved for saved in log if saved.attempt_id != poisoned.attempt_id]
    # What no rule expects: neither a list nor nothing.
    AttemptItem.objects.filter(attempt=poisoned.attempt_id, position=2).update(response=7)
    worker = celery_worker("prefork", 2)
    if IS_FULL:
        celery_beat()
    else:
        celery_app.send_task("exams.sweep")  # at once what beat asks for within 15 s
    began = time.monotonic()

    wait_until(lambda: unscored() == 1, 90, worker)

    took = round(time.monotonic() - began, 1)
    assert set(Attempt.objects.values_list("closed_by", flat=True)) == {Attempt.ClosedBy.DEADLINE}
    found = audit(log, [seat.attempt_id for seat in others])
    table("abandoned, closed by beat", count, found, after_s=took)
    assert_nothing_lost(found)

    def poison():
        return Attempt.objects.get(pk=poisoned.attempt_id)

    for tries in range(1, Attempt.MAX_SCORING_TRIES + 1):
        wait_until(lambda tries=tries: poison().scoring_tries == tries, 30, worker)
        asked_at = Attempt.objects.aggregate(at=Max("scoring_requested_at"))["at"]
        sent = resend_due(now=asked_at + RESEND_AFTER + dt.timedelta(seconds=1))
        assert sent == (tries < Attempt.MAX_SCORING_TRIES)
    table("one poison attempt among them", count, scored=found.scored, parked=1, tries=poison().scoring_tries)
    assert poison().is_parked
    assert poison().scoring_error.startswith("TypeError: ")
