"""Typed answers where instructors look: on paper, in statistics, in a corrected key."""

from io import BytesIO

import pytest
from django.urls import reverse
from pypdf import PdfReader

from exams.blueprints.paper.printing import form_pdf, key_pdf
from exams.blueprints.paper.queries import paper_of
from exams.blueprints.services import draw_form
from questions.kinds import KINDS
from tests.exams.helpers import START, client_of, make_exam_of
from tests.factories import UserFactory, make_content, takes

pytestmark = pytest.mark.django_db

TYPED = [name for name in KINDS if takes(name, "answer")]
WORDS = {"numeric": "2.5 ± 0.5 ms", "short_text": "Amazon S3 / S3"}


def text_of(pdf):
    return " ".join(" ".join(page.extract_text().split()) for page in PdfReader(BytesIO(pdf)).pages)


@pytest.mark.parametrize("kind", TYPED)
def test_paper_has_a_line_and_its_key_the_answer(kind):
    exam = make_exam_of(make_content("x", kind), form_kind="fixed")
    (form,) = draw_form(exam=exam, by=UserFactory(), now=START, seed=1)[:1]

    form_text, key_text = text_of(form_pdf(paper_of(form))), text_of(key_pdf(paper_of(form)))

    assert "_" * 24 in form_text
    assert WORDS[kind] not in form_text
    assert f"Answer: {WORDS[kind]}" in key_text


@pytest.mark.parametrize("kind", TYPED)
def test_draft_without_an_answer_is_previewed(kind):
    fields = {"kind": kind, "stem": "How long?", "valid_as_of": "2026-11-21", f"{kind}_unit": "ms"}

    page = client_of(UserFactory(instructor=True)).post(reverse("admin:questions_question_live_preview"), fields)

    assert page.status_code == 200
    assert "none yet" in page.text
