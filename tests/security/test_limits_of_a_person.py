"""What one signed-in person may cause in a minute and in an hour: more than anybody needs, less than harms others."""

import datetime as dt

import pytest
import time_machine
from django.urls import resolve, reverse
from pytest_django.asserts import assertContains

from config.limiting import RULES
from config.settings import base
from exams.attempts.models import Attempt
from questions.models import ImportDraft
from tests.factories import UserFactory
from tests.security.factors import log_in
from tests.security.routes import all_routes

START = dt.datetime(2026, 11, 21, 9, 0, tzinfo=dt.UTC)
# name → (limit, role, method, fields)
ACTS = {
    "exams:exam-start": ("starts", "other", "post", {}),
    "exams:own-data": ("downloads", "candidate", "post", {"action": "download"}),
    "admin:accounts_user_data": ("downloads", "superuser", "post", {}),
    "admin:exams_cohort_export": ("downloads", "instructor", "get", {}),
    "admin:exams_exam_form_pdf": ("downloads", "instructor", "get", {}),
    "admin:exams_exam_key_pdf": ("downloads", "instructor", "get", {}),
    "admin:questions_question_export": ("downloads", "instructor", "post", {"format": "yaml"}),
    "admin:questions_question_import": ("imports", "instructor", "post", {}),
    "admin:questions_question_import_check": ("imports", "instructor", "get", {}),
    "admin:questions_question_import_refused": ("imports", "instructor", "get", {}),
    "admin:questions_question_import_template": ("downloads", "instructor", "get", {}),
    "admin:exams_exam_draw": ("draws", "instructor", "post", {}),
}


@pytest.mark.parametrize(("name", "act"), ACTS.items(), ids=ACTS)
def test_person_who_does_too_much_of_it_is_told_when_to_go_on(world, settings, name, act):
    limit, role, method, fields = act
    settings.LIMITS = {**settings.LIMITS, limit: "2/minute"}
    client, url = world.client(role), world.url(name)

    answers = [getattr(client, method)(url, fields) for _ in range(3)]

    assert [answer.status_code == 429 for answer in answers] == [False, False, True]
    assert "in a short time. Try again in a minute." in " ".join(answers[2].text.split())
    assert 0 < int(answers[2].headers["Retry-After"]) <= 60


def test_limit_is_each_persons_own_wherever_they_come_from(world, settings):
    settings.LIMITS = {**settings.LIMITS, "downloads": "1/minute"}
    url = reverse("exams:own-data")

    statuses = [
        world.client(role, REMOTE_ADDR=address).post(url, {"action": "download"}).status_code
        for role, address in [("candidate", "10.0.0.1"), ("candidate", "10.0.0.2"), ("other", "10.0.0.1")]
    ]

    assert statuses == [200, 429, 200]


def test_what_is_refused_starts_nothing_and_imports_nothing(world, settings):
    settings.LIMITS = {**settings.LIMITS, "starts": "1/hour", "imports": "1/hour"}
    other, instructor = world.client("other"), world.client("instructor")
    for _ in range(2):
        other.post(world.url("exams:exam-start"))
        instructor.get(world.url("admin:questions_question_import_check"))
    attempts = Attempt.objects.count()

    refused = other.post(world.url("exams:exam-start"))
    discarded = instructor.post(world.url("admin:questions_question_import_check"), {"discard": ""})

    assert (refused.status_code, discarded.status_code) == (429, 429)
    assert Attempt.objects.count() == attempts
    assert ImportDraft.objects.exists()


def test_saves_and_pages_of_an_exam_have_no_limit(world, settings):
    settings.LIMITS = {**settings.LIMITS, **dict.fromkeys(("starts", "downloads", "imports", "draws"), "1/hour")}
    client = world.client("candidate")

    pages = [client.get(world.url("exams:attempt")).status_code for _ in range(3)]
    clocks = [client.get(world.url("exams:attempt-clock")).status_code for _ in range(3)]

    assert (pages, clocks) == ([200] * 3, [200] * 3)


@pytest.mark.parametrize("name", ["starts", "downloads", "imports", "draws"])
def test_limits_in_force_are_generous(name):
    assert base.LIMITS[name] == "30/minute;300/hour"


def test_every_page_that_sends_a_file_has_a_limit():
    files = ("_pdf", "_export", "_data", "own-data", "import_refused", "import_template")
    sends = {name for name in all_routes() if name.endswith(files)}

    assert sends <= {name for name, rule in RULES.items() if rule.account}
    assert len(sends) == 8


# --- Keys that leave as a file ask for the password again ---------------------------------------------------


@pytest.fixture
def clock():
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


@pytest.fixture
def teacher(clock, db):
    return log_in(UserFactory(superuser=True))


@pytest.mark.parametrize(
    ("name", "method", "fields"),
    [
        ("admin:exams_exam_key_pdf", "get", {}),
        ("admin:questions_question_export", "post", {"format": "yaml"}),
        ("admin:questions_question_export", "post", {"format": "moodle"}),
    ],
)
def test_keys_as_a_file_ask_again_after_ten_minutes(world, teacher, clock, name, method, fields):
    url = world.url(name)
    clock.shift(dt.timedelta(minutes=9))
    early = getattr(teacher, method)(url, fields)
    clock.shift(dt.timedelta(minutes=2))

    late = getattr(teacher, method)(url, fields)

    assert (early.status_code, early.headers["Content-Disposition"][:10]) == (200, "attachment")
    assert late.status_code == 302
    assert resolve(late.url.partition("?")[0]).view_name == "account_reauthenticate"


def test_export_goes_on_where_it_was_after_the_password(world, teacher, clock):
    clock.shift(dt.timedelta(minutes=11))
    asked = teacher.post(world.url("admin:questions_question_export"), {"format": "yaml", "codes": "q-1"})

    page = teacher.post(asked.url, {"password": "secret-word-1"}, follow=True)

    assertContains(page, 'name="codes" value="q-1"')
    assert page.request["PATH_INFO"] == reverse("accounts:resume")
