"""A database of an earlier version, migrated by this one: nothing that was known is lost or different."""

import json
import lzma
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection

from tests.services.processes import database_url

pytestmark = pytest.mark.django_db(transaction=True)

HERE = Path(__file__).parent


def unpacked(name):
    return lzma.decompress((HERE / name).read_bytes())


@pytest.fixture(params=["2026-11-26"])
def old_site(request, tmp_path):
    """The address of a database as the named version left it, and the facts that version read from it."""
    facts = json.loads(unpacked(f"{request.param}-{connection.vendor}.json.xz"))
    if connection.vendor == "sqlite":
        path = tmp_path / "site.sqlite3"
        path.write_bytes(unpacked(f"{request.param}.sqlite3.xz"))
        yield f"sqlite:///{path}", facts
        return
    name = f"{connection.settings_dict['NAME']}_upgraded"
    url = urlsplit(database_url())._replace(path=f"/{name}").geturl()
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
    dump = unpacked(f"{request.param}.sql.xz")
    subprocess.run(["psql", "--quiet", "--set=ON_ERROR_STOP=1", url], input=dump, check=True, stdout=subprocess.DEVNULL)
    yield url, facts
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def run(url, *command):
    environment = {**os.environ, "DATABASE_URL": url, "REDIS_URL": "", "DJANGO_SETTINGS_MODULE": "config.settings.test"}
    result = subprocess.run(
        [sys.executable, *command], cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_upgraded_site_knows_all_that_it_knew(old_site):
    url, expected = old_site

    run(url, "manage.py", "migrate", "--verbosity=0")

    found = json.loads(run(url, "-m", "tests.upgrade.facts", "--visit", "--erase"))
    assert found.pop("visits") == {}
    assert found.pop("left of an erased person") == []
    assert sorted(found) == sorted(expected)
    for subject, rows in expected.items():
        assert found[subject] == rows, subject
