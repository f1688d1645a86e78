import json
import os
import re
import subprocess
import sys
from http.client import HTTPConnection
from urllib.parse import urlencode, urlsplit

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher

from accounts.models import User
from config import celery_app
from tests.factories import make_attempt
from tests.services.processes import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "config.settings.prod",
    "SECRET_KEY": "8c1f0a6e2b9d47f3a5e01c7d94b826fe3d70a15c9be248f61d3a7e0c52b4f986",
    "ALLOWED_HOSTS": "127.0.0.1",
    "BEHIND_TLS_PROXY": "on",
}


class Visitor:
    """Someone behind a proxy that ends TLS: the cookies are for https only, which urllib would not send here."""

    timeout = 20

    def __init__(self, url):
        self.address = urlsplit(url).netloc
        self.cookies = {}

    def ask(self, method, path, request_id="", token="", **fields):
        connection = HTTPConnection(self.address, timeout=self.timeout)
        headers = {
            "X-Forwarded-Proto": "https",
            "Referer": f"https://{self.address}{path}",
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Request-ID": request_id,
            "Authorization": f"Bearer {token}",
        }
        connection.request(method, path, urlencode(fields), headers)
        response = connection.getresponse()
        for cookie in response.headers.get_all("Set-Cookie", []):
            name, value = cookie.split(";")[0].split("=", 1)
            self.cookies[name] = value
        page = response.read().decode()
        connection.close()
        return response.status, page

    def log_in(self, email, password):
        _, page = self.ask("GET", "/accounts/login/")
        token = re.search(r'csrfmiddlewaretoken" value="([^"]+)', page).group(1)
        return self.ask("POST", "/accounts/login/", csrfmiddlewaretoken=token, login=email, password=password)[0]


@pytest.fixture
def account(django_user_model):
    # Not with the hasher of the test settings, which production does not know.
    password = PBKDF2PasswordHasher().encode("rather-long-1", "salt", iterations=1)
    user = django_user_model.objects.create(email="candidate@example.com", password=password)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user.email, "rather-long-1"


@pytest.fixture
def _static_files():
    collect = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity=0"]
    subprocess.run(collect, cwd=settings.BASE_DIR, env={**os.environ, **PRODUCTION}, check=True)


@pytest.mark.usefixtures("_static_files")
def test_pages_and_log_in_work_while_redis_is_down(broker, web_server, account):
    server = web_server(workers=1, **PRODUCTION)
    visitor = Visitor(server.url)
    assert visitor.log_in(*account) == 302

    broker.stop()

    for path in ("/", "/accounts/preferences/", "/health/"):
        assert visitor.ask("GET", path)[0] == 200, str(server)
    assert Visitor(server.url).log_in(*account) == 302, str(server)
    without_broker = (200, '{"database": "ok", "broker": "unreachable"}')
    wait_until(lambda: visitor.ask("GET", "/ready/") == without_broker, what="the notice that Redis is down")


@pytest.mark.usefixtures("_static_files")
def test_request_is_followed_through_web_and_worker_and_counted_by_all_processes(
    web_server, celery_worker, account, tmp_path
):
    shared = {**PRODUCTION, "METRICS_TOKEN": "of-the-operator", "PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "metrics")}
    attempt = make_attempt(candidate=User.objects.get())
    celery_app.control.purge()  # what tests without a worker asked for
    worker, server = celery_worker("prefork", 2, **shared), web_server(workers=2, **shared)
    visitor = Visitor(server.url)
    assert visitor.log_in(*account) == 302
    page = f"/attempts/{attempt.pk}/"
    token = {"csrfmiddlewaretoken": re.search(r'csrfmiddlewaretoken" value="([^"]+)', visitor.ask("GET", page)[1])[1]}
    for count in range(1, 11):
        fields = {f"q1-{name}": value for name, value in posted_fields(count).items()}
        assert visitor.ask("POST", f"{page}answers/1/", **token, **fields)[0] == 200

    assert visitor.ask("POST", f"{page}hand-in/", request_id="the-hand-in", then="submit", **token)[0] == 302

    wait_until(lambda: "succeeded" in worker.output, 30, worker)
    (done,) = (line for line in json_lines(worker) if "succeeded" in line["message"])
    assert (done["request_id"], done["attempt_id"]) == ("the-hand-in", str(attempt.pk))
    (asked,) = (line for line in json_lines(server) if line.get("request_id") == "the-hand-in")
    assert (asked["logger"], asked["path"], asked["status"]) == ("access", f"{page}hand-in/", 302)
    # Whichever of the processes answers.
    for _ in range(8):
        status, numbers = visitor.ask("GET", "/metrics/", token="of-the-operator")
        assert status == 200
        assert 'exam_save_seconds_count{result="saved"} 10.0' in numbers
        assert 'exam_hand_ins_total{result="handed_in"} 1.0' in numbers
        assert 'exam_scoring_seconds_count{outcome="success"} 1.0' in numbers
        assert "exam_attempts_open 0.0" in numbers
    assert visitor.ask("GET", "/metrics/", token="guessed")[0] == 404


def posted_fields(count):
    return {"choice": count % 2, "sequence": 0, "page": "a" * 16, "count": count, "seconds": count}


def json_lines(process):
    return [json.loads(line) for line in process.output.splitlines() if line.startswith("{")]
