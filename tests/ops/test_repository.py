import os
import re

import pytest
from django.conf import settings


@pytest.mark.parametrize("name", ["base.txt", "dev.txt"])
def test_lock_file_has_a_hash_for_everything_and_no_address(name):
    text = (settings.BASE_DIR / "config" / "requirements" / name).read_text()
    requirements = re.findall(r"^(\S+)==.*(?:\\\n.*)+", text, flags=re.MULTILINE)
    pinned = re.findall(r"^\S+==\S+ \\\n    --hash=sha256:[0-9a-f]{64}", text, flags=re.MULTILINE)

    assert len(pinned) == len(requirements) > 20
    assert "://" not in text
    assert not re.search(r"^\s*-(?!-hash)", text, flags=re.MULTILINE)


def test_lock_files_agree():
    base, dev = (
        set(re.findall(r"^\S+==\S+", (settings.BASE_DIR / "config/requirements" / name).read_text(), re.MULTILINE))
        for name in ("base.txt", "dev.txt")
    )
    assert base <= dev


@pytest.mark.parametrize("script", ["run", "packages", "venv", "with_services.py"])
def test_script_can_be_run(script):
    assert os.access(settings.BASE_DIR / ".ci" / script, os.X_OK)
