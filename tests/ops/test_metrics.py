import datetime as dt
import os
import re
import subprocess
import sys

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from exams.attempts.models import Attempt
from exams.attempts.services.closing import submit_attempt
from exams.scoring import services as scoring_services
from exams.tasks import score_attempt
from tests.exams.helpers import client_of, item_of, posted
from tests.factories import make_attempt
from tests.queries import count_queries

pytestmark = pytest.mark.django_db

TOKEN = "a-token-of-the-operator"


@pytest.fixture(autouse=True)
def _token(settings):
    settings.METRICS_TOKEN = TOKEN


def scrape():
    """Return name (with labels) → value, as Prometheus reads them."""
    response = Client(headers={"authorization": f"Bearer {TOKEN}"}).get("/metrics/")
    assert response.status_code == 200
    return {name: float(value) for name, value in re.findall(r"^([^#\s]\S*) (\S+)$", response.text, re.MULTILINE)}


def changes(before, after):
    """Return what was counted in between; sums of seconds left out."""
    return {
        name: value - before.get(name, 0)
        for name, value in after.items()
        if value != before.get(name, 0) and "_bucket" not in name and "_sum" not in name
    }


@pytest.mark.parametrize(
    "header",
    [None, "", "Bearer", "Bearer ", f"Bearer {TOKEN}x", TOKEN, f"Basic {TOKEN}", "Bearer é", f"bearer {TOKEN}"],
)
def test_without_the_token_there_is_no_such_page(header):
    headers = {} if header is None else {"authorization": header}

    refused, missing = Client(headers=headers).get("/metrics/"), Client(headers=headers).get("/nothing/")

    assert (refused.status_code, refused.content) == (404, missing.content)


def test_without_a_configured_token_nobody_has_it(settings):
    settings.METRICS_TOKEN = ""

    for header in ("Bearer ", "Bearer", ""):
        assert Client(headers={"authorization": header}).get("/metrics/").status_code == 404


def submitted(minutes, **fields):
    attempt = make_attempt()
    at = timezone.now() - dt.timedelta(minutes=minutes)
    Attempt.objects.filter(pk=attempt.pk).update(
        state="submitted", submitted_at=at, scoring_requested_at=timezone.now(), **fields
    )
    return attempt


def test_attempts_are_counted_by_what_they_wait_for():
    make_attempt()
    overdue = make_attempt()
    now = timezone.now()
    Attempt.objects.filter(pk=overdue.pk).update(
        started_at=now - dt.timedelta(hours=3), deadline_at=now - dt.timedelta(seconds=60)
    )
    submitted(5)
    submitted(2, scoring_tries=4)
    submitted(60, scoring_tries=5, scoring_error="ValueError: no")
    scored = make_attempt()
    submit_attempt(candidate=scored.candidate, attempt_id=scored.pk, now=now)
    scoring_services.score_attempt(attempt_id=scored.pk, now=now)

    values = scrape()

    names = ["open", "overdue", "due", "parked"]
    assert [values[f"exam_attempts_{name}"] for name in names] == [2, 1, 2, 1]
    assert 300 <= values["exam_oldest_due_seconds"] < 600


def test_nothing_due_is_zero_seconds_old():
    values = scrape()

    assert (values["exam_attempts_due"], values["exam_oldest_due_seconds"]) == (0, 0)


def test_scrape_asks_the_database_five_times_however_many_attempts():
    for _ in range(2):
        with count_queries() as counted:
            scrape()
        assert counted.number == 5
        make_attempt()
        submitted(5)


def test_saves_are_counted_by_result():
    attempt = make_attempt()
    client, url = client_of(attempt.candidate), reverse("exams:answer-save", args=[attempt.pk, 1])
    before = scrape()

    client.post(url, posted(item_of(attempt), 1))
    client.post(url, {**posted(item_of(attempt), 2), "q1-sequence": 0, "q1-page": "b" * 16})
    client.post(url, {"q1-choice": "x"})
    Client().post(url)
    submit_attempt(candidate=attempt.candidate, attempt_id=attempt.pk, now=timezone.now())
    client.post(url, posted(item_of(attempt), 1))

    counted = changes(before, scrape())
    saves = {name: value for name, value in counted.items() if name.startswith("exam_save_seconds")}
    assert saves == {
        'exam_save_seconds_count{result="saved"}': 1,
        'exam_save_seconds_count{result="stale"}': 1,
        'exam_save_seconds_count{result="refused"}': 2,
        'exam_save_seconds_count{result="closed"}': 1,
    }


def test_hand_ins_and_scorings_are_counted():
    attempt = make_attempt()
    client, url = client_of(attempt.candidate), reverse("exams:attempt-hand-in", args=[attempt.pk])
    before = scrape()

    client.post(url, {**posted(item_of(attempt), 1), "then": "stay"})
    client.post(url, {"then": "submit", **posted(item_of(attempt), "x")})
    Client().post(url, {"then": "submit"})
    client.post(url, {"then": "submit"})
    score_attempt.apply(args=[str(attempt.pk)])
    client.get(url)

    counted = changes(before, scrape())
    assert counted.pop("exam_attempts_open", 0) + counted.pop("exam_attempts_due", 0) == -1
    counted.pop("exam_oldest_due_seconds", None)
    assert counted == {
        'exam_hand_ins_total{result="saved"}': 1,
        'exam_hand_ins_total{result="refused"}': 2,
        'exam_hand_ins_total{result="handed_in"}': 1,
        'exam_scoring_seconds_count{outcome="success"}': 1,
    }


def test_nothing_is_counted_where_nobody_can_ask(settings):
    attempt = make_attempt()
    before = scrape()
    settings.METRICS_TOKEN = ""

    client_of(attempt.candidate).post(reverse("exams:answer-save", args=[attempt.pk, 1]), posted(item_of(attempt), 1))
    score_attempt.apply(args=[str(attempt.pk)])

    settings.METRICS_TOKEN = TOKEN
    assert changes(before, scrape()) == {}


def test_failed_scoring_is_counted(monkeypatch):
    attempt = submitted(1)
    monkeypatch.setattr("exams.scoring.services.judge", lambda *args: 1 / 0)
    before = scrape()

    score_attempt.apply(args=[str(attempt.pk)])

    assert changes(before, scrape())['exam_scoring_seconds_count{outcome="failure"}'] == 1


def test_processes_that_share_a_directory_are_counted_together(tmp_path):
    """As gunicorn's processes and a worker do, and two containers whose processes have the same numbers."""
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    token = "from django.conf import settings; settings.METRICS_TOKEN = 'x';"
    count = "from config import metrics; metrics.count_task('exams.score_attempt', 'SUCCESS', 0.5);"
    show = "print(metrics.generate_latest(metrics.counted()).decode())"

    def run(script, before=""):
        command = [sys.executable, "-c", f"{before}import django; django.setup(); {token}{script}"]
        return subprocess.run(
            command, cwd=django_settings.BASE_DIR, env=environment, capture_output=True, text=True, check=True
        ).stdout

    seven = "import os; os.getpid = lambda: 7;"
    run(count)
    run(count, seven)
    text = run(count + show, seven + "import socket; socket.gethostname = lambda: 'other';")

    assert 'exam_scoring_seconds_count{outcome="success"} 3.0' in text
    assert 'exam_scoring_seconds_bucket{le="0.5",outcome="success"} 3.0' in text
    assert len(list(tmp_path.glob("histogram_*-7.db"))) == 2
    assert run("from config import metrics;" + show) == text
    assert len(list(tmp_path.iterdir())) == 3  # who counts nothing leaves nothing
