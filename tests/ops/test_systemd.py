"""The units of config/systemd: hardened as docs/operations.md says. They are not started here: no systemd runs."""

import shutil
import subprocess

import pytest
from django.conf import settings

UNITS = settings.BASE_DIR / "config" / "systemd"
SERVICES = [f"exams-{name}.service" for name in ("web", "door", "worker", "beat")]


@pytest.fixture
def root(tmp_path):
    """A directory tree with the units where systemd looks for them, and the programs that they start."""
    shutil.copytree(UNITS, tmp_path / "etc" / "systemd" / "system")
    for program in ("srv/exams/.venv/bin/gunicorn", "srv/exams/.venv/bin/celery", "bin/kill"):
        path = tmp_path / program
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o755)
    return tmp_path


def analyze(*arguments):
    return subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("service", SERVICES)
def test_exposure_is_under_two_of_ten(root, service):
    result = analyze("security", "--offline=true", f"--root={root}", "--threshold=20", service)

    assert result.returncode == 0, result.stdout


def test_units_hold_no_unknown_setting(root):
    result = analyze("verify", f"--root={root}", *SERVICES)

    complaints = [line for line in result.stderr.splitlines() if "sysinit.target not found" not in line]
    assert complaints == []
