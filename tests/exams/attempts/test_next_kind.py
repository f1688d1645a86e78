"""A kind of question that nobody planned goes through a file, an exam and a score: no existing file knows it.

What a real one changes in existing files: CONTRIBUTING.md, “a new kind of question”.
"""

import re

import pytest
from django.urls import reverse

from exams.scoring.services import score_attempt
from questions import services
from questions.formats.base import Defaults
from questions.formats.gift_parts import Answers, GiftMapping
from questions.formats.registry import FORMATS
from questions.kinds import KINDS
from questions.kinds.entry import Entry
from questions.models import Question
from questions.parts import Content, Problem
from questions.services.exporting import export_questions, with_content
from tests.exams.helpers import START, client_of, close, item_of, make_exam_of, posted
from tests.factories import make_attempt

pytestmark = pytest.mark.django_db

FILE = b"::the-eye::[markdown]Where is the eye of the storm?{\n  @40,30,5\n}\n"


class Spot(Content):
    x: int = 0
    y: int = 0
    radius: int = 0


class HotspotGift(GiftMapping):
    def write(self, content):
        return [f"@{content.answer['x']},{content.answer['y']},{content.answer['radius']}"]

    def read(self, answers: Answers):
        found = re.fullmatch(r"@(\d{1,4}),(\d{1,4}),(\d{1,4})", answers.inner)
        return {"answer": dict(zip(("x", "y", "radius"), map(int, found.groups()), strict=True))} if found else None


class Hotspot(Entry):
    """A point of a map to be found; a real one would show the map."""

    name = "hotspot"
    label = "a place on a map"
    model = Spot
    direction = "Write the place on the line."
    gift = HotspotGift()

    def key_problems(self, content):
        return [] if content.answer.get("radius") else [Problem("answer", "no place is right; write one.")]

    def is_complete(self, response, choose=None):
        return bool(re.fullmatch(r"\d{1,4},\d{1,4}", response or ""))

    def points(self, key, response):
        if not self.is_complete(response):
            return 0
        x, y = map(int, response.split(","))
        return int((x - key["x"]) ** 2 + (y - key["y"]) ** 2 <= key["radius"] ** 2)

    def answers(self, told, key):
        return [f"{key['x']},{key['y']}"]


@pytest.fixture(autouse=True)
def hotspot(monkeypatch):
    monkeypatch.setitem(KINDS, Hotspot.name, Hotspot())


def read(data=FILE):
    return FORMATS["gift"].read(data, Defaults(valid_as_of=START.date()))


def test_next_kind_is_imported_and_exported():
    services.apply_import(read(), by=None, now=START, source="spots.gift")
    questions = with_content(Question.objects.filter(code="the-eye"))
    exports = {name: export_questions(questions, FORMATS[name]) for name in FORMATS}

    (question,) = read(exports["gift"].data)
    assert (question.problems, question.entry.kind) == ((), "hotspot")
    assert question.entry.answer == questions[0].revisions.get().content.answer == {"x": 40, "y": 30, "radius": 5}
    assert {name for name, export in exports.items() if export.written} == {"gift", "yaml"}
    assert exports["moodle"].left_out == (("the-eye", "Moodle has no hotspot questions"),)
    assert {why for name in ("qti21", "qti22", "qti30") for _, why in exports[name].left_out} == {
        "QTI has no hotspot questions"
    }


@pytest.mark.parametrize(("text", "right"), [("43,34", 1), ("44,34", 0), ("somewhere", 0), ("", 0)])
def test_next_kind_is_asked_saved_and_judged(clock, text, right):
    (question,) = read()
    attempt = make_attempt(exam=make_exam_of(question.entry), now=START)
    client, item = client_of(attempt.candidate), item_of(attempt)

    page = client.get(reverse("exams:attempt", args=[attempt.pk])).text
    saved = client.post(reverse("exams:answer-save", args=[attempt.pk, 1]), posted(item, text=text))
    close(attempt)
    score = score_attempt(attempt_id=attempt.pk, now=START)
    review = client.get(reverse("exams:review-all", args=[attempt.pk])).text

    assert (saved.status_code, score.correct, score.total) == (200, right, 1)
    assert ("Where is the eye of the storm?" in page, "40,30" in page, "40,30" in review) == (True, False, True)
