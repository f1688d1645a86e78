"""What docs/operations.md and docker-compose.yml tell an operator to run, run against real servers."""

import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml
from django.conf import settings
from django.urls import reverse

from tests.services.processes import wait_until
from tests.services.test_production import Visitor

pytestmark = pytest.mark.django_db(transaction=True)

MANAGE = [sys.executable, "manage.py"]


def servers():
    """The module that starts PostgreSQL for the tests."""
    spec = importlib.util.spec_from_file_location("with_services", settings.BASE_DIR / ".ci/with_services.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def own_postgres():
    """A PostgreSQL for this test alone: its address and a function that restarts it."""
    with_services = servers()
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="own-")))
        if with_services.AS_USER:
            shutil.chown(directory, "postgres")
        url, server = with_services.postgres(directory)
        stack.enter_context(server)
        control = [with_services.find("pg_ctl"), "-D", directory / "postgres", "-w", "-m", "fast"]
        quiet = {"cwd": directory, "stdout": subprocess.DEVNULL, "check": True, **with_services.AS_USER}
        yield url, lambda: subprocess.run([*control, "restart"], **quiet)
        subprocess.run([*control, "stop"], **quiet)


def commands_of_the_document(url):
    """The lines of docs/operations.md that make user and database, for the server at that address."""
    text = (settings.BASE_DIR / "docs/operations.md").read_text()
    server = [f"--host={urlsplit(url).hostname}", f"--port={urlsplit(url).port}", "--username=postgres"]
    for line in re.findall(r"^sudo -u postgres (create(?:user|db) .+)$", text, re.MULTILINE):
        program, *arguments = shlex.split(line)
        # The server of the tests asks for no password, and nobody is there to type one.
        yield [program, *server, *(argument for argument in arguments if argument != "--pwprompt")]


def run(command, **variables):
    result = subprocess.run(
        command,
        cwd=settings.BASE_DIR,
        env={**os.environ, "REDIS_URL": "", "DJANGO_SETTINGS_MODULE": "config.settings.test", **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


SESSION = """
import django; django.setup()
from django.conf import settings
from django.test import Client
from accounts.models import User
client = Client()
client.force_login(User.objects.get(is_superuser=True))
print(client.cookies[settings.SESSION_COOKIE_NAME].value)
"""


def test_site_made_as_the_document_says_works_and_outlives_a_restart_of_its_database(own_postgres, web_server):
    url, restart = own_postgres
    commands = list(commands_of_the_document(url))
    assert [command[0] for command in commands] == ["createuser", "createdb"]

    for command in commands:
        run(command)
    own = urlsplit(url)._replace(netloc=f"exams@{urlsplit(url).hostname}:{urlsplit(url).port}", path="/exams").geturl()
    run([*MANAGE, "migrate", "--verbosity=0"], DATABASE_URL=own)
    password = {"DJANGO_SUPERUSER_PASSWORD": "rather-long-1", "DJANGO_SUPERUSER_EMAIL": "first@example.com"}
    run([*MANAGE, "createsuperuser", "--noinput"], DATABASE_URL=own, **password)
    server = web_server(workers=1, threads=2, DATABASE_URL=own, REDIS_URL="")
    visitor = Visitor(server.url)
    visitor.cookies[settings.SESSION_COOKIE_NAME] = run([sys.executable, "-c", SESSION], DATABASE_URL=own).strip()
    pages = [reverse("exams:home"), reverse("accounts:preferences"), reverse("exams:history")]
    before = [visitor.ask("GET", page)[0] for page in pages]
    restart()
    after = [visitor.ask("GET", page)[0] for page in pages]

    assert before == [200] * 3, str(server)
    assert after == [200] * 3, str(server)


def health_check(service):
    """The command that docker-compose runs to see whether the service is well, for a shell."""
    compose = yaml.safe_load((settings.BASE_DIR / "docker-compose.yml").read_text())
    return compose["services"][service]["healthcheck"]["test"].replace("$$", "$")


def is_well(command, **variables):
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "DJANGO_SETTINGS_MODULE": "config.settings.test", **variables}
    return subprocess.run(["sh", "-c", command], cwd=settings.BASE_DIR, env=environment, check=False).returncode == 0


def test_health_check_of_the_worker_tells_a_living_one_from_a_dead_one(broker, celery_worker):
    worker = celery_worker("solo", 1, "-n", "celery@of-this-test")
    check = {"HOSTNAME": "of-this-test", "REDIS_URL": broker.url}

    alive = is_well(health_check("worker"), **check)
    worker.kill()
    dead = is_well(health_check("worker"), **check)

    assert (alive, dead) == (True, False)


def test_health_check_of_beat_tells_one_that_writes_its_schedule(broker, celery_beat, tmp_path):
    directory = tmp_path / "schedule"
    directory.mkdir()
    check = health_check("beat").replace("/tmp", str(directory))  # noqa: S108 (what is replaced)
    before = is_well(check)

    beat = celery_beat(schedule=directory / "beat")
    wait_until(lambda: any(directory.iterdir()), 30, beat)
    after = is_well(check)
    for file in directory.iterdir():
        os.utime(file, (0, 0))  # it has written nothing since
    later = is_well(check)

    assert (before, after, later) == (False, True, False)
