"""Every documented environment variable arrives: in the settings, through a shell, and through docker-compose."""

import json
import os
import re
import shlex
import subprocess
import sys

import pytest
import yaml
from django.conf import settings

from tests.ops.test_compose import REQUIRED

DOCUMENT = settings.BASE_DIR / "docs" / "operations.md"
SECRET = "8c1f0a6e2b9d47f3a5e01c7d94b826fe3d70a15c9be248f61d3a7e0c52b4f986"
# A value that is no default, where the settings keep it, and what they keep.
VARIABLES = {
    "SECRET_KEY": (SECRET, "settings.SECRET_KEY", SECRET),
    "SECRET_KEY_FALLBACKS": ("old-key-1,old-key-2", "settings.SECRET_KEY_FALLBACKS", ["old-key-1", "old-key-2"]),
    "ALLOWED_HOSTS": ("a.example.org,b.example.org", "settings.ALLOWED_HOSTS", ["a.example.org", "b.example.org"]),
    "SITE_URL": ("https://b.example.org", "settings.SITE_URL", "https://b.example.org"),
    "DATABASE_URL": ("postgres://u:p%40ss@db/exams", "settings.DATABASES['default']['PASSWORD']", "p@ss"),
    "REDIS_URL": ("redis://cache:6380/3", "settings.CELERY_BROKER_URL", "redis://cache:6380/3"),
    "BEHIND_TLS_PROXY": ("on", "settings.SECURE_PROXY_SSL_HEADER", ["HTTP_X_FORWARDED_PROTO", "https"]),
    "TRUSTED_PROXIES": ("3", "settings.ALLAUTH_TRUSTED_PROXY_COUNT", 3),
    "SECURE_SSL_REDIRECT": ("off", "settings.SECURE_SSL_REDIRECT", False),
    "HSTS_SECONDS": ("3600", "settings.SECURE_HSTS_SECONDS", 3600),
    "HSTS_SUBDOMAINS": ("off", "settings.SECURE_HSTS_PRELOAD", False),
    "EMAIL_HOST": ("mail.example.org", "settings.EMAIL_HOST", "mail.example.org"),
    "EMAIL_PORT": ("2525", "settings.EMAIL_PORT", 2525),
    "EMAIL_HOST_USER": ("exams", "settings.EMAIL_HOST_USER", "exams"),
    "EMAIL_HOST_PASSWORD": ("a $ign & 'quote", "settings.EMAIL_HOST_PASSWORD", "a $ign & 'quote"),
    "EMAIL_USE_TLS": ("off", "settings.EMAIL_USE_TLS", False),
    "EMAIL_USE_SSL": ("on", "settings.EMAIL_USE_SSL", True),
    "DEFAULT_FROM_EMAIL": (
        "Our exams <exams@example.org>",
        "settings.DEFAULT_FROM_EMAIL",
        "Our exams <exams@example.org>",
    ),
    "SIGN_UP": ("closed", "settings.SIGN_UP", "closed"),
    "TWO_PERSON_RULE": ("on", "settings.TWO_PERSON_RULE", True),
    "DEFAULT_TIME_ZONE": ("Europe/Berlin", "settings.DEFAULT_TIME_ZONE", "Europe/Berlin"),
    "AUDIT_RETENTION_DAYS": ("365", "settings.AUDIT_RETENTION_DAYS", 365),
    "INACTIVE_ACCOUNT_DAYS": ("1000", "settings.INACTIVE_ACCOUNT_DAYS", 1000),
    "UNCONFIRMED_ACCOUNT_DAYS": ("30", "settings.UNCONFIRMED_ACCOUNT_DAYS", 30),
    "SITE_NAME": ("Our mock exams", "settings.SITE_NAME", "Our mock exams"),
    "LOG_LEVEL": ("warning", "settings.LOGGING['root']['level']", "WARNING"),
    "METRICS_TOKEN": ("of-the-operator", "settings.METRICS_TOKEN", "of-the-operator"),
    "PROMETHEUS_MULTIPROC_DIR": ("", "str(settings.METRICS_DIR)", ""),  # a directory of the test
    "DOOR": ("on", "settings.IS_DOOR", True),
    "WORKER_CONCURRENCY": ("5", "settings.CELERY_WORKER_CONCURRENCY", 5),
    "WEB_CONCURRENCY": ("7", "gunicorn.settings['workers'].get()", 7),
}
EXPRESSIONS = ", ".join(f"{name!r}: {expression}" for name, (_, expression, _) in VARIABLES.items())
READ = f"""
import json, django
from django.conf import settings
from gunicorn.config import Config
django.setup()
gunicorn = Config()
print(json.dumps({{{EXPRESSIONS}}}))
"""
# Compose sets these itself.
OWN_OF_COMPOSE = {"DATABASE_URL", "REDIS_URL", "PROMETHEUS_MULTIPROC_DIR", "DOOR"}


@pytest.fixture
def values(tmp_path):
    return {name: value for name, (value, _, _) in VARIABLES.items()} | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}


@pytest.fixture
def expected(tmp_path):
    return {name: kept for name, (_, _, kept) in VARIABLES.items()} | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}


def read(command, **environment):
    environment = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "config.settings.prod", **environment}
    result = subprocess.run(
        command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def test_table_of_the_document_is_complete():
    text = DOCUMENT.read_text()
    table = text[text.index("## Environment variables") : text.index("## With docker-compose")]
    documented = {
        name for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)
    }
    read_by_settings = {
        name
        for path in (settings.BASE_DIR / "config" / "settings").glob("*.py")
        for name in re.findall(r"env\.\w+\(\s*\"(\w+)\"", path.read_text())
    }

    assert documented == set(VARIABLES)
    assert read_by_settings <= documented


def test_variables_arrive_in_the_settings(values, expected):
    assert read([sys.executable, "-c", READ], **values) == expected


def test_variables_arrive_through_the_documented_shell_line(values, expected, tmp_path):
    file = tmp_path / "exams.env"
    file.write_text("".join(f"{name}={shlex.quote(value)}\n" for name, value in values.items()))
    line = "set -a; . /etc/exams.env; set +a"
    assert line in DOCUMENT.read_text()

    command = line.replace("/etc/exams.env", str(file)) + f"; exec {sys.executable} -c {shlex.quote(READ)}"

    assert read(["sh", "-c", command]) == expected


def test_empty_variable_means_the_default(values):
    kept = {name: values[name] for name in ("SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL", "REDIS_URL")}
    metrics = {name: values[name] for name in ("METRICS_TOKEN", "PROMETHEUS_MULTIPROC_DIR")}
    on = {"BEHIND_TLS_PROXY": "on"}  # without one there are no proxies to count

    without = read([sys.executable, "-c", READ], WEB_CONCURRENCY="4", **kept, **metrics, **on)
    empty = dict.fromkeys(values, "") | kept | metrics | on | {"WEB_CONCURRENCY": "4"}

    assert read([sys.executable, "-c", READ], **empty) == without


@pytest.mark.parametrize("service", ["web", "worker", "beat", "migrate"])
def test_variables_arrive_through_the_env_file_of_compose(values, service, tmp_path):
    file = tmp_path / ".env"
    given = {**values, **REQUIRED, "EMAIL_HOST_PASSWORD": "a long pass-phrase"}
    file.write_text("".join(f'{name}="{value}"\n' for name, value in given.items()))
    compose = ["docker-compose", "--env-file", file, "--file", settings.BASE_DIR / "docker-compose.yml", "config"]
    result = subprocess.run(compose, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, check=True)

    environment = yaml.safe_load(result.stdout)["services"][service]["environment"]

    assert {name: str(environment[name]) for name in VARIABLES.keys() - OWN_OF_COMPOSE} == {
        name: given[name] for name in VARIABLES.keys() - OWN_OF_COMPOSE
    }


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("TWO_PERSON_RULE", "yess", "TWO_PERSON_RULE is “yess”; set it to on or off."),
        ("HSTS_SECONDS", "a year", "HSTS_SECONDS is “a year”; set it to a whole number such as 31536000."),
        ("EMAIL_PORT", "-25", "EMAIL_PORT is “-25”; set it to a whole number such as 465."),
        ("SIGN_UP", "invited", "SIGN_UP is “invited”; set it to open or closed."),
        ("LOG_LEVEL", "loud", "LOG_LEVEL is “loud”; set it to info or debug or warning or error or critical."),
        ("EMAIL_USE_TLS", "on", "EMAIL_USE_SSL and EMAIL_USE_TLS exclude each other; set one of them to off."),
    ],
)
def test_value_that_cannot_be_meant_stops_the_start(values, name, value, message):
    environment = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "config.settings.prod", **values, name: value}
    result = subprocess.run(
        [sys.executable, "-c", READ],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode != 0
    assert message in result.stderr
