"""The catalogs hold what the sources say now. It needs gettext, which only `make messages` and this test do."""

import re
import shutil
import subprocess
import sys

import pytest
from babel.messages.pofile import read_po
from django.conf import settings

ROOT = settings.BASE_DIR
LANGUAGES = sorted(path.name for path in (ROOT / "locale").iterdir())
APPLICATION = ("accounts", "config", "exams", "questions", "templates", "locale", "manage.py")


@pytest.fixture(scope="module")
def collected(tmp_path_factory):
    """A copy of the application in which the messages were collected by the Makefile's own command."""
    copy = tmp_path_factory.mktemp("collected")
    for name in APPLICATION:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, copy / name)
    command = re.search(r"makemessages (.*?[^\\])\n", (ROOT / "Makefile").read_text(), re.DOTALL)[1]
    arguments = command.replace("\\", " ").split()
    subprocess.run([sys.executable, "manage.py", "makemessages", *arguments, "-v", "0"], cwd=copy, check=True)
    return copy / "locale"


def message_ids(path):
    with path.open("rb") as file:
        return {(message.context, message.id) for message in read_po(file) if message.id}


@pytest.mark.parametrize("language", LANGUAGES)
def test_catalog_holds_exactly_what_the_sources_say(collected, language):
    name = f"{language}/LC_MESSAGES/django.po"

    now, kept = message_ids(collected / name), message_ids(ROOT / "locale" / name)
    assert (now - kept, kept - now) == (set(), set()), "run: make messages"
