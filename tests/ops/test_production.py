import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.core.management import call_command

RANDOM = "8c1f0a6e2b9d47f3a5e01c7d94b826fe3d70a15c9be248f61d3a7e0c52b4f986"
COMPLETE = {
    "DJANGO_SETTINGS_MODULE": "config.settings.prod",
    "SECRET_KEY": RANDOM,
    "ALLOWED_HOSTS": "exams.example.org",
    "DATABASE_URL": "postgres://db/exams",
    "REDIS_URL": "redis://redis",
}


def check(**values):
    environment = {"PATH": os.environ["PATH"], **COMPLETE, **values}
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    return subprocess.run(command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=False)


def test_complete_settings_pass():
    result = check()

    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("name", [name for name in COMPLETE if name != "DJANGO_SETTINGS_MODULE"])
def test_missing_variable_stops_the_start(name):
    result = check(**{name: ""})

    assert result.returncode != 0
    assert f"Set the environment variable {name}" in result.stderr


@pytest.mark.parametrize(
    "secret",
    [
        "demo-only-this-key-is-public-and-the-production-settings-refuse-it",
        "django-insecure-" + RANDOM,
        "change-me" + RANDOM,
        RANDOM[:49],
        "ab" * 40,
    ],
)
def test_default_or_weak_secret_stops_the_start(secret):
    result = check(SECRET_KEY=secret)

    assert result.returncode != 0
    assert "SECRET_KEY is a default or too weak" in result.stderr


@pytest.mark.parametrize("hosts", ["*", ".", "exams.example.org,", "exams.example.org, *"])
def test_host_names_that_anybody_may_choose_stop_the_start(hosts):
    result = check(ALLOWED_HOSTS=hosts)

    assert result.returncode != 0
    assert "ALLOWED_HOSTS has" in result.stderr


def test_address_for_links_that_is_not_ours_stops_the_start():
    result = check(SITE_URL="https://evil.example.net")

    assert result.returncode != 0
    assert "SITE_URL is" in result.stderr


def test_metrics_want_a_directory_that_the_processes_share(tmp_path):
    token = {"METRICS_TOKEN": "of-the-operator"}

    missing = check(**token)
    assert missing.returncode != 0
    assert "Set the environment variable PROMETHEUS_MULTIPROC_DIR" in missing.stderr
    assert check(**token, PROMETHEUS_MULTIPROC_DIR=str(tmp_path / "new" / "one")).returncode == 0
    assert (tmp_path / "new" / "one").is_dir()
    (tmp_path / "file").touch()
    assert check(**token, PROMETHEUS_MULTIPROC_DIR=str(tmp_path / "file")).returncode != 0


def test_static_files_can_be_collected(settings, tmp_path):
    """The manifest storage stops at a reference to a file that is not there; only the image's build would show it."""
    settings.STATIC_ROOT = tmp_path
    storage = "config.static_files.StaticFiles"
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": storage}}

    call_command("collectstatic", interactive=False, verbosity=0)

    assert (tmp_path / "staticfiles.json").exists()


def test_options_of_the_database_url_are_kept():
    from config.settings.base import database

    options = database("postgres://exams:x@db/exams?sslmode=verify-full")["OPTIONS"]

    assert options == {"sslmode": "verify-full"}
