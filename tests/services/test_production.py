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

pytestmark = pytest.mark.django_db(transaction=True)

PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "config.settings.prod",
    "SECRET_KEY": "8c1f0a6e2b9d47f3a5e01c7d94b826fe3d70a15c9be248f61d3a7e0c52b4f986",
    "ALLOWED_HOSTS": "127.0.0.1",
    "BEHIND_TLS_PROXY": "on",
}


class Visitor:
    """Someone behind a proxy that ends TLS: the cookies are for https only, which urllib would not send here."""

    def __init__(self, url):
        self.address = urlsplit(url).netloc
        self.cookies = {}

    def ask(self, method, path, **fields):
        connection = HTTPConnection(self.address, timeout=20)
        headers = {
            "X-Forwarded-Proto": "https",
            "Referer": f"https://{self.address}{path}",
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "Content-Type": "application/x-www-form-urlencoded",
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


def test_pages_and_log_in_work_while_redis_is_down(broker, web_server, account):
    collect = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity=0"]
    subprocess.run(collect, cwd=settings.BASE_DIR, env={**os.environ, **PRODUCTION}, check=True)
    server = web_server(workers=1, **PRODUCTION)
    visitor = Visitor(server.url)
    assert visitor.log_in(*account) == 302

    broker.stop()

    for path in ("/", "/accounts/preferences/", "/health/"):
        assert visitor.ask("GET", path)[0] == 200, str(server)
    assert Visitor(server.url).log_in(*account) == 302, str(server)
