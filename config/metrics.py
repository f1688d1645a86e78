"""What Prometheus may ask. Counters and timings of all processes of a machine meet in PROMETHEUS_MULTIPROC_DIR;
what is open and due is counted in the database when it is asked for, and is the same wherever one asks.
"""

import datetime as dt
import logging
import os
import socket
from collections.abc import Iterable

from django.conf import settings
from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, ResolverMatch, resolve, reverse
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    disable_created_metrics,
    generate_latest,
    multiprocess,
    values,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

logger = logging.getLogger(__name__)

# Several processes, on one machine or in containers that share a volume: each writes files of its own. The library
# names them by the process's number alone, and containers have the same numbers.
IS_SHARED = "PROMETHEUS_MULTIPROC_DIR" in os.environ
if IS_SHARED:
    HOST = socket.gethostname()
    values.ValueClass = values.MultiProcessValue(  # type: ignore[no-untyped-call]
        process_identifier=lambda: f"{HOST}-{os.getpid()}"
    )

disable_created_metrics()  # type: ignore[no-untyped-call]  # a series more for each series, which nobody reads

# All have a label, also where one would do: without one, merely importing this module would make files for a process
# that counts nothing.
SAVES = Histogram(
    "exam_save_seconds",
    "Time to answer the save of one answer, by result: saved, stale, closed, refused, failed.",
    ["result"],
    buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5),
    registry=None,
)
HAND_INS = Counter(
    "exam_hand_ins",
    "Answers to hand-ins, by result: handed_in, saved, stale, refused, failed.",
    ["result"],
    registry=None,
)
SCORINGS = Histogram(
    "exam_scoring_seconds",
    "Time that a task took to score an attempt, by outcome: success, failure, retry.",
    ["outcome"],
    buckets=(0.01, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30),
    registry=None,
)
RESULTS = {200: "saved", 409: "stale", 410: "closed"}


def count(request: HttpRequest, response: HttpResponse, seconds: float) -> None:
    """Count a request that saved or handed in, if anybody can ask for the numbers."""
    if not settings.METRICS_TOKEN or request.method != "POST":
        return
    if "X-Accel-Redirect" in response.headers:  # the door answers and counts it
        return
    match = request.resolver_match or _match(request)
    if match is None or match.namespace != "exams":
        return
    result = RESULTS.get(response.status_code, "failed" if response.status_code >= 500 else "refused")
    if match.url_name == "answer-save":
        SAVES.labels(result).observe(seconds)
    elif match.url_name == "attempt-hand-in":
        went_to = response.headers.get("Location", "")
        if went_to == reverse("exams:attempt-result", kwargs=match.kwargs):
            result = "handed_in"
        elif went_to.startswith(reverse("exams:attempt", kwargs=match.kwargs)):
            result = "saved"
        HAND_INS.labels(result).inc()


def _match(request: HttpRequest) -> ResolverMatch | None:
    """Return where a request was going that failed before it got there, as all do when the database is down."""
    try:
        return resolve(request.path_info)
    except Resolver404:
        return None


def count_task(name: str, state: str, seconds: float) -> None:
    """Count a task that ended, `state` being Celery's word for how."""
    if settings.METRICS_TOKEN and name == "exams.score_attempt":
        SCORINGS.labels(state.lower()).observe(seconds)


class BacklogCollector(Collector):
    def __init__(self, now: dt.datetime) -> None:
        self.now = now

    def collect(self) -> Iterable[GaugeMetricFamily]:
        from exams.operating.queries import backlog  # workers count, too, and import this before there are models

        is_up = GaugeMetricFamily(
            "exam_database_up", "1 if the database answered; if 0, there are no numbers of attempts."
        )
        try:
            counts = backlog(self.now)
        except Error:
            # What the processes counted is needed most just now.
            logger.warning("metrics without the numbers of attempts: the database does not answer", exc_info=True)
            is_up.add_metric([], 0)
            yield is_up
            return
        is_up.add_metric([], 1)
        yield is_up
        age = (self.now - counts.oldest_due_at).total_seconds() if counts.oldest_due_at else 0
        for name, text, value in (
            ("exam_attempts_open", "Attempts under way, overdue ones too.", counts.open),
            ("exam_attempts_overdue", "Open past deadline and grace: nobody closed them yet.", counts.overdue),
            ("exam_attempts_due", "Handed in and not scored yet.", counts.due),
            ("exam_attempts_parked", "Scoring was given up: see manage.py parked_attempts.", counts.parked),
            ("exam_rescores_parked", "Attempts that a re-score has given up.", counts.parked_rescores),
            ("exam_statistics_parked", "Questions and exams whose statistics fail.", counts.parked_statistics),
            ("exam_oldest_due_seconds", "Age of the oldest hand-in without a score.", age),
        ):
            yield GaugeMetricFamily(name, text, value)


def counted() -> CollectorRegistry:
    """Return what all processes that share a directory have counted, or else this one."""
    registry = CollectorRegistry()
    if IS_SHARED:
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        for metric in (SAVES, HAND_INS, SCORINGS):
            registry.register(metric)
    return registry


def exposition(now: dt.datetime) -> bytes:
    """Return everything in Prometheus' text format."""
    registry = counted()
    registry.register(BacklogCollector(now))
    return generate_latest(registry)
