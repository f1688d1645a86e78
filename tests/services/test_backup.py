"""Back-up and restore as docs/operations.md has them: pg_dump of a site in use, pg_restore into a new database."""

import subprocess
from contextlib import closing
from urllib.parse import urlsplit

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from exams.attempts.services.closing import submit_attempt
from exams.attempts.services.saving import Answer, save_answer
from exams.scoring.services import score_attempt
from tests.factories import make_attempt, make_exam
from tests.services.processes import database_url
from tests.services.test_production import Visitor

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def new_database():
    """The address of an empty database beside the test's own."""
    name = f"{connection.settings_dict['NAME']}_restored"
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
    yield urlsplit(database_url())._replace(path=f"/{name}").geturl()
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def content_of(url):
    """Return the number of rows and a digest of all their columns, by table, and the state of the sequences."""
    with closing(psycopg.connect(url)) as database:
        tables = database.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1"
        ).fetchall()
        rows = {
            table: database.execute(
                f'SELECT count(*), md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM "{table}" t'  # noqa: S608
            ).fetchone()
            for (table,) in tables
        }
        sequences = database.execute("SELECT sequencename, last_value FROM pg_sequences ORDER BY 1").fetchall()
        constraints = database.execute("SELECT conname FROM pg_constraint ORDER BY 1").fetchall()
        indexes = database.execute("SELECT indexname FROM pg_indexes ORDER BY 1").fetchall()
    return {"rows": rows, "sequences": sequences, "constraints": constraints, "indexes": indexes}


def make_site():
    """Return an attempt under way with an answer, beside one that was scored and one that waits for it."""
    exam, now = make_exam(), timezone.now()
    under_way = make_attempt(exam=exam)
    answer = Answer(position=1, chosen=(2,), is_flagged=True, struck=(0,), seconds_spent=30)
    save_answer(candidate=under_way.candidate, attempt_id=under_way.pk, answer=answer, now=now)
    scored, waiting = make_attempt(exam=exam), make_attempt(exam=exam)
    for attempt in (scored, waiting):
        submit_attempt(candidate=attempt.candidate, attempt_id=attempt.pk, now=now)
    score_attempt(attempt_id=scored.pk, now=now)
    return under_way, scored, waiting


def back_up_and_restore(dump, new_database):
    subprocess.run(["pg_dump", "--format=custom", f"--file={dump}", database_url()], check=True)
    subprocess.run(["pg_restore", "--no-owner", "--exit-on-error", f"--dbname={new_database}", dump], check=True)


def test_restored_database_is_the_same(tmp_path, new_database):
    make_site()

    back_up_and_restore(tmp_path / "exams.dump", new_database)

    before, after = content_of(database_url()), content_of(new_database)
    assert before["rows"]["exams_attempt"][0] == 3
    assert before["rows"]["exams_score"][0] == 1
    assert after == before


def test_exam_goes_on_in_the_restored_database(tmp_path, new_database, web_server):
    under_way, scored, waiting = make_site()
    login = Client()
    login.force_login(under_way.candidate)
    back_up_and_restore(tmp_path / "exams.dump", new_database)
    # Without a broker tasks run in the web process: no worker is needed here.
    server = web_server(workers=1, DATABASE_URL=new_database, REDIS_URL="")
    visitor = Visitor(server.url)
    visitor.cookies["sessionid"] = login.cookies[settings.SESSION_COOKIE_NAME].value
    page = reverse("exams:attempt", args=[under_way.pk])

    status, text = visitor.ask("GET", page)
    assert (status, "checked" in text) == (200, True), str(server)
    token = {"csrfmiddlewaretoken": visitor.cookies["csrftoken"]}
    fields = {"choice": 1, "sequence": 1, "page": "b" * 16, "count": 1, "seconds": 40}
    saved = visitor.ask("POST", f"{page}answers/1/", **token, **{f"q1-{name}": value for name, value in fields.items()})
    handed_in = visitor.ask("POST", f"{page}hand-in/", then="submit", **token)
    result = visitor.ask("GET", f"{page}result/")
    started = visitor.ask("POST", reverse("exams:exam-start", args=[under_way.exam.slug]), **token)

    assert [saved[0], handed_in[0], result[0], started[0]] == [200, 302, 200, 302], str(server)
    with closing(psycopg.connect(new_database)) as database:
        states = dict(database.execute("SELECT id, state FROM exams_attempt").fetchall())
        answers = database.execute(
            "SELECT count(*) FROM exams_attemptitem WHERE attempt_id = %s AND response IS NOT NULL", [under_way.pk]
        ).fetchone()
    assert [states.pop(attempt.pk) for attempt in (under_way, scored)] == ["scored", "scored"]
    assert states.pop(waiting.pk) == "submitted"  # the sweep or a visit asks for it
    assert list(states.values()) == ["in_progress"]  # the new one: its rows got numbers after the old ones
    assert answers == (1,)
