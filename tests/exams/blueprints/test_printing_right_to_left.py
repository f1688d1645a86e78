"""Arabic and Hebrew on paper, and characters that no font has."""

import io

import pytest
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from exams.blueprints import services
from exams.blueprints.paper import bidi as paper_bidi
from exams.blueprints.paper.printing import form_pdf, key_pdf
from exams.blueprints.paper.text import drawable, unprintable
from tests.exams.blueprints.test_printing import printed
from tests.exams.helpers import client_of, make_exam_of
from tests.factories import UserFactory, make_content

HEBREW, ARABIC = "שלום עולם", "سلام"


def drawn(pdf):
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("S3 (EC2)?", "S3 (EC2)?"),
        (HEBREW, HEBREW[::-1]),
        (f"{HEBREW} (S3)?", f"?(S3) {HEBREW[::-1]}"),
        (f"Which is {HEBREW}?", f"Which is {HEBREW[::-1]}?"),
        (f"{HEBREW} 12,345", f"12,345 {HEBREW[::-1]}"),
        (ARABIC, "\ufee1\ufefc\ufeb3"),  # joined: initial seen, lam with alef, meem
    ],
)
def test_line_is_put_into_the_order_of_sight(text, expected):
    assert paper_bidi.in_order_of_sight(text) == expected


def test_lines_are_broken_in_the_order_of_reading():
    words = [letter * 4 for letter in "אבגדהו"]

    lines = paper_bidi.lines_of_sight(" ".join(words), 12, len)

    assert lines == [" ".join(reversed(words[:2])), " ".join(reversed(words[2:4])), " ".join(reversed(words[4:]))]


def test_word_wider_than_the_line_is_broken():
    assert paper_bidi.lines_of_sight("א" * 25, 10, len) == ["א" * 10, "א" * 10, "א" * 5]


@pytest.mark.parametrize("make", [form_pdf, key_pdf])
def test_paper_draws_right_to_left_texts_from_the_right(make):
    text = f"{HEBREW} (S3)?\n\n| {HEBREW} | b |\n|---|---|\n| {ARABIC} | 2 |\n\n- {ARABIC}!\n\n`{HEBREW}`"

    found = drawn(make(printed(text, case=f"<p>{HEBREW}</p>")))

    # Extracted in the order in which the characters are drawn.
    assert "םולש" in found or HEBREW in found
    assert "\ufefc" in found or ARABIC in found
    assert "▯" not in found


def test_long_hebrew_paragraph_keeps_every_word_and_the_order_of_its_lines():
    words = [f"{letter}{letter}{number}" for number, letter in enumerate("אבגדהוזחטיכלמנסעפצקרשת" * 4, start=200)]

    found = drawn(form_pdf(printed(" ".join(words), options=[])))

    positions = [found.index(str(number)) for number in range(200, 200 + len(words))]
    lines = [found[:position].count("\n") for position in positions]
    assert lines == sorted(lines)
    assert lines[0] < lines[-1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("abc → ≤ λ", set()),
        (f"{HEBREW}{ARABIC}", set()),
        ("中 a 文", {"中", "文"}),
        ("a\u200fb\u2066c", set()),
        ("ก𓀀", {"ก", "𓀀"}),
    ],
)
def test_characters_without_a_picture_are_known(text, expected):
    assert unprintable(text) == expected
    assert drawable(text).count("▯") == len(expected)


def test_character_that_no_font_has_leaves_a_box_on_paper():
    assert "a▯b" in drawn(form_pdf(printed("a中b")))


@pytest.mark.django_db
@pytest.mark.parametrize("field", ["stem", "case", "explanation", "service_note"])
def test_instructor_reads_which_characters_the_paper_lacks_wherever_they_stand(field):
    exam = make_exam_of(make_content("x", **{field: "Which 中?"}))
    instructor = UserFactory(superuser=True)
    services.draw_form(exam=exam, by=instructor, now=timezone.now(), seed=1)

    page = client_of(instructor).get(reverse("admin:exams_exam_form", args=[exam.pk, 1]))

    assert page.context["unprintable"] == ["中"]
