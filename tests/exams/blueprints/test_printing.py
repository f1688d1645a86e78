"""A form and its key on paper, read back from the PDF."""

import re
from io import BytesIO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from exams.blueprints.models import Exam
from exams.blueprints.paper.printing import Paper, PrintedOption, PrintedQuestion, form_pdf, key_pdf
from exams.blueprints.paper.queries import paper_of
from exams.blueprints.paper.text import unprintable
from exams.blueprints.services import draw_form
from questions.content import Option, Reference
from questions.kinds import OnPaper
from questions.rendering import render_inline, render_markdown
from tests.exams.helpers import START
from tests.factories import (
    KEY_COUNTS,
    DomainFactory,
    ExamFactory,
    QuestionFactory,
    RevisionFactory,
    TaskFactory,
    UserFactory,
    make_content,
    takes,
)

LABELS = {"single": "○", "multiple": "☐", "ordering": "____", "matching": "____"}


def read(pdf):
    """Return the text of each page, runs of white space made one space."""
    return [" ".join(page.extract_text().split()) for page in PdfReader(BytesIO(pdf)).pages]


def text_of(pdf):
    return " ".join(read(pdf))


def content(kind, mark):
    """Content of a kind; everything that only the key may show has the word `quokka`."""
    options = [
        Option(
            text=f"Option {number} of {mark}",
            key=number in (1, 3)[: KEY_COUNTS.get(kind, 0)],
            match=f"Match {number % 2} of {mark}" if takes(kind, "match") else "",
            rationale=f"quokka {number} of {mark}",
        )
        for number in range(4)
    ]
    return make_content(
        mark,
        kind=kind,
        case=f"Case of {mark}" if KEY_COUNTS.get(kind) == 1 else "",
        options=tuple(options),
        decoys=(f"Decoy of {mark}",) if takes(kind, "match") else (),
        explanation=f"quokka point of {mark}",
        service_note=f"quokka note of {mark}",
        references=(Reference(title=f"quokka guide to {mark}", section="Basics"),),
    )


@pytest.fixture
def form(db):
    exam = ExamFactory(
        title="A paper exam", question_count=8, unscored_count=3, minutes=45, form_kind=Exam.FormKind.FIXED
    )
    for number in (1, 2):
        task = TaskFactory(domain=DomainFactory(certification=exam.certification, number=number))
        for name in LABELS:
            QuestionFactory(code=f"{name}-{number}", task=task, content=content(name, f"{name}{number}"))
    return draw_form(exam=exam, by=UserFactory(), now=START, seed=3)[0]


def test_form_holds_every_question_and_option_and_nothing_of_the_key(form):
    text = text_of(form_pdf(paper_of(form)))

    for place in form.questions.select_related("question__published_revision"):
        revision = place.question.published_revision
        for part in (revision.stem, revision.case_text, *revision.options, *revision.choices):
            assert part in text
        assert place.question.code not in text
    for tell_tale in ("quokka", "✓", "unscored", "Answer:", "Key"):
        assert tell_tale not in text


def test_form_has_a_line_for_the_name_its_number_and_pages(form):
    paper = paper_of(form)

    pages = read(form_pdf(paper))

    assert "Name" in pages[0]
    assert "Date" in pages[0]
    assert "8 questions, 45 minutes." in pages[0]
    assert len(pages) > 1
    for number, page in enumerate(pages, start=1):
        assert f"A paper exam · form 1 · edition {paper.edition}" in page
        assert f"page {number} of {len(pages)}" in page


def test_form_says_how_each_kind_is_answered_and_has_a_box_for_each_option(form):
    text = text_of(form_pdf(paper_of(form)))

    for kind, box in LABELS.items():
        for number in (1, 2):
            block = text[text.index(f"Stem {kind}{number}") :]
            options = [f"Option {option} of {kind}{number}" for option in range(4)]
            shown = sorted(options, key=block.index)
            for letter, option in zip("ABCD", shown, strict=True):
                assert f"{box} {letter} {option}" in block
    assert text.count("More than one answer is right. Mark all right answers.") == 2
    assert text.count("On each line, write the option's place in the right order, beginning with 1.") == 2
    assert text.count("On each line, write the number of the match for the option.") == 2


def test_key_has_the_right_answer_of_every_question_as_the_form_letters_it(form):
    paper = paper_of(form)
    text = text_of(key_pdf(paper))

    for question, place in zip(paper.questions, form.questions.select_related("question"), strict=True):
        revision = place.question.published_revision
        own = [revision.options.index(option.text) for option in question.options]
        if takes(revision.kind, "key"):
            expected = ", ".join("ABCD"[shown] for shown, index in enumerate(own) if index in revision.key)
        else:
            expected = ", ".join(f"{'ABCD'[shown]}{revision.key[index] + 1}" for shown, index in enumerate(own))
        assert f"{question.position} {expected}" in text
        assert f"Answer: {expected}" in text
        for rationale in (*revision.rationales, revision.explanation, revision.service_note):
            assert rationale in text
        assert f"{place.question.code} · {question.task}{'' if place.is_scored else ' · unscored'}" in text
    assert text.count(" (unscored)") == 3


def test_options_are_shuffled_but_the_same_in_form_and_key(form):
    form_text, key_text = text_of(form_pdf(paper_of(form))), text_of(key_pdf(paper_of(form)))
    orders = []
    for name in LABELS:
        options = [f"Option {number} of {name}1" for number in range(4)]
        assert sorted(options, key=form_text.index) == sorted(options, key=key_text.index)
        orders.append(sorted(options, key=form_text.index) == options)

    assert not all(orders)


def test_options_of_a_question_that_keeps_its_order_are_not_shuffled(form):
    place = form.questions.get(question__code="single-1")
    revision = RevisionFactory(question=place.question, number=2, content=make_content("kept", shuffle=False))
    place.question.published_revision = revision
    place.question.save()

    text = text_of(form_pdf(paper_of(form)))

    assert re.search(r"○ A Option 0 of kept.*○ B Option 1.*○ C Option 2.*○ D Option 3", text)


def test_edition_changes_with_what_is_printed_and_with_nothing_else(form):
    before = paper_of(form).edition
    assert paper_of(form).edition == before

    place = form.questions.get(position=1)
    revision = RevisionFactory(question=place.question, number=2, content=make_content("new"))
    place.question.published_revision = revision
    place.question.save()

    assert paper_of(form).edition != before


def test_the_same_paper_is_the_same_file(form):
    assert form_pdf(paper_of(form)) == form_pdf(paper_of(form))


# --- Markdown on paper ------------------------------------------------------------------------------------------


def printed(text, **changes):
    fields = {
        "position": 1,
        "how": OnPaper("", "A", "○", 11),
        "code": "q-1",
        "task": "1.1 Task",
        "is_scored": True,
        "case": "",
        "stem": render_markdown(text),
        "options": [PrintedOption("A", render_inline(text), "✓", render_markdown(text))],
        "explanations": [render_markdown(text)],
        "references": [],
        **changes,
    }
    return Paper("Title", "form 1", "abcdef", 30, [PrintedQuestion(**fields)])


MARKDOWN = """**Bold**, *italic*, ~~struck~~ and `x < 3 && y`; → λ Σ √ ≤ ≈ × − “quotes” ü.

| Name | Size |
|:---|---:|
| *small* | 1 & 2 |

```
if a < b:
    pass
```

3. third
4. fourth
   - nested

> quoted

[a guide](https://example.org/guide?a=1&b=2)
"""


def test_markdown_is_set_as_text():
    text = text_of(form_pdf(printed(MARKDOWN)))

    for part in (
        "Bold, italic, struck and x < 3 && y; → λ Σ √ ≤ ≈ × − “quotes” ü.",
        "Name Size small 1 & 2",
        "if a < b:",
        "3. third 4. fourth • nested",
        "quoted",
        "a guide (https://example.org/guide?a=1&b=2)",
    ):
        assert part in text


def test_pdf_carries_its_fonts():
    page = PdfReader(BytesIO(form_pdf(printed(MARKDOWN)))).pages[0]
    fonts = [font.get_object() for font in page["/Resources"]["/Font"].values()]

    embedded = {
        font["/BaseFont"].partition("+")[2] for font in fonts if "/FontFile2" in font.get("/FontDescriptor", {})
    }
    assert {"DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique", "DejaVuSansMono"} <= embedded


def test_characters_without_a_letter_are_named():
    assert unprintable("a → λ 漢 ü 字 \n") == {"漢", "字"}


@pytest.mark.parametrize(
    "text",
    [
        "x" * 3000,
        "```\n" + "y" * 5000 + "\n```",
        "```\n" + "line\n" * 400 + "```",
        "| a | b |\n|---|---|\n| " + "word " * 2000 + " | c |",
        "| a | b |\n|---|---|\n| " + "w" * 2000 + " | c |",
        "|" + "a|" * 60 + "\n|" + "-|" * 60 + "\n|" + "b|" * 60,
        "| a |\n|---|",
        ">" * 90 + " x",
        "\n".join("  " * depth + "- x" for depth in range(60)),
        "999999999. x",
        "-\n-\n",
        "---\n\n***",
        "paragraph\n\n" * 150,
        "<para><font color=red> &lt; &amp; &nbsp; <br/> <a href=x>",
        "a\u0001b\u202ec\ufeff 漢字 😀 שלום",
        "` `",
    ],
    ids=lambda text: repr(text[:20]),
)
def test_nothing_is_too_wide_too_tall_or_too_deep_for_paper(text):
    paper = printed(text)

    assert len(read(form_pdf(paper))) >= 1
    assert len(read(key_pdf(paper))) >= 1


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.one_of(
            st.text(max_size=40),
            st.sampled_from(
                [
                    "- ",
                    "1. ",
                    "> ",
                    "```\n",
                    "| a | b |\n|---|---|\n",
                    "**",
                    "`",
                    "~~",
                    "\n\n",
                    "    ",
                    "[x](http://a.b/<)",
                ]
            ),
        ),
        max_size=12,
    ).map("".join)
)
def test_any_markdown_can_be_printed(text):
    assert form_pdf(printed(text)).startswith(b"%PDF")
    assert key_pdf(printed(text)).startswith(b"%PDF")
