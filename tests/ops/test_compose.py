import os
import subprocess

import pytest
import yaml
from django.conf import settings

REQUIRED = {
    "SECRET_KEY": "s",
    "POSTGRES_PASSWORD": "p",
    "REDIS_PASSWORD": "r",
    "ALLOWED_HOSTS": "exams.example.org",
    "EMAIL_HOST": "mail",
}


def compose_config(directory, values):
    no_file = directory / "empty"  # instead of an .env that may be there
    no_file.touch()
    return subprocess.run(
        ["docker-compose", "--env-file", no_file, "--file", settings.BASE_DIR / "docker-compose.yml", "config"],
        env={"PATH": os.environ["PATH"], **values},
        capture_output=True,
        text=True,
        check=False,
    )


def test_compose_file_is_accepted(tmp_path):
    result = compose_config(tmp_path, REQUIRED)

    assert result.returncode == 0, result.stderr
    services = yaml.safe_load(result.stdout)["services"]
    assert set(services) == {"web", "door", "worker", "beat", "migrate", "db", "redis"}
    assert services["web"]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}


@pytest.mark.parametrize("name", REQUIRED)
def test_compose_refuses_to_start_without(tmp_path, name):
    result = compose_config(tmp_path, {key: value for key, value in REQUIRED.items() if key != name})

    assert result.returncode != 0
    assert result.stderr.rstrip().endswith(f"set {name} in .env, see docs/operations.md")
