"""Every text says in which characters it is written."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from tests.security.routes import all_routes

pytestmark = pytest.mark.django_db
TEXT = re.compile(r"(text/|[\w.]+/(?:[\w.-]+\+)?xml\b)")


def without_charset(answers):
    types = {name: answer.headers.get("Content-Type", "") for name, answer in answers.items()}
    return {
        name: said for name, said in types.items() if TEXT.match(said) and "charset=utf-8" not in said.replace('"', "")
    }


def test_every_text_names_its_charset(world):
    clients = {role: world.client(role) for role in ("candidate", "superuser")} | {"anonymous": Client()}

    answers = {(name, role): client.get(world.url(name)) for role, client in clients.items() for name in all_routes()}

    assert without_charset(answers) == {}


@pytest.mark.parametrize("name", ["csv", "yaml", "gift", "aiken", "text", "moodle"])
def test_exported_questions_name_their_charset(world, name):
    answer = world.client("superuser").post(reverse("admin:questions_question_export"), {"format": name})

    assert answer.status_code == 200
    assert without_charset({name: answer}) == {}


def test_short_refusals_name_their_charset(world):
    page = world.url("exams:answer-save")
    answers = {"401": Client().post(page, headers={"hx-request": "true"}), "ok": Client().get("/health/")}

    assert without_charset(answers) == {}
    assert answers["401"].status_code == 401
