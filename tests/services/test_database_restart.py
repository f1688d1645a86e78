"""What a restart of PostgreSQL, or its absence, does to a site in use."""

import re
import socket
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from tests.factories import UserFactory
from tests.faults.test_connections import cut_connections
from tests.services.test_production import PRODUCTION, Visitor, _static_files  # noqa: F401 (a fixture)

pytestmark = pytest.mark.django_db(transaction=True)

TOKEN = "of-the-operator"


def test_signed_in_requests_after_a_restart_are_all_answered(web_server):
    login = Client()
    login.force_login(UserFactory())
    session = login.cookies[settings.SESSION_COOKIE_NAME].value
    server = web_server(workers=2, threads=4)
    paths = [reverse("exams:home"), reverse("exams:history"), reverse("accounts:preferences")] * 14

    def ask(path):
        visitor = Visitor(server.url)
        visitor.cookies["sessionid"] = session
        return visitor.ask("GET", path)[0]

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(ask, paths)) == {200}, str(server)  # every thread has a connection now
        cut_connections()
        statuses = list(pool.map(ask, paths))

    assert statuses == [200] * len(paths), str(server)


@pytest.mark.usefixtures("_static_files")
def test_failed_saves_are_counted_and_metrics_answer_without_the_database(web_server, tmp_path):
    save = reverse("exams:answer-save", args=[uuid.uuid4(), 1])
    shared = {**PRODUCTION, "METRICS_TOKEN": TOKEN, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    with closing(socket.socket()) as refuses:
        refuses.bind(("127.0.0.1", 0))  # bound and not listening: whoever connects is refused at once
        nowhere = f"postgres://nobody@127.0.0.1:{refuses.getsockname()[1]}/none"
        server = web_server(asking="/health/", DATABASE_URL=nowhere, **shared)
        visitor = Visitor(server.url)
        visitor.cookies["__Host-sessionid"] = "a-session-that-cannot-be-read"
        assert [visitor.ask("POST", save)[0] for _ in range(3)] == [500] * 3

        status, numbers = Visitor(server.url).ask("GET", "/metrics/", token=TOKEN)

    assert status == 200, str(server)
    assert 'exam_save_seconds_count{result="failed"} 3.0' in numbers
    assert re.search(r"^exam_database_up 0\.0$", numbers, re.MULTILINE)
    assert "exam_attempts_open" not in numbers
