"""`systemctl reload exams-web` sends HUP to gunicorn: new processes take over and no request is lost."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.urls import reverse

from tests.services.test_production import Visitor

pytestmark = pytest.mark.django_db(transaction=True)


class PatientVisitor(Visitor):
    timeout = 60  # until the new processes have started, nobody answers


def children_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return set(file.read().split())


def test_reload_fails_no_request(web_server):
    server = web_server(workers=2, threads=4)
    before = children_of(server.pid)

    def is_replaced():
        return len(children_of(server.pid)) == 2 and not children_of(server.pid) & before

    statuses = []

    def ask(_):
        statuses.append(PatientVisitor(server.url).ask("GET", reverse("exams:home"))[0])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(ask, range(20)))
        os.kill(server.pid, signal.SIGHUP)
        while not is_replaced():
            list(pool.map(ask, range(8)))
        list(pool.map(ask, range(20)))

    assert set(statuses) == {200}, str(server)
    assert len(statuses) >= 48
